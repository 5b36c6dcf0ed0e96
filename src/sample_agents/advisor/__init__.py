"""The advisor: where money can be saved (`trusted-advisor-agent-trusted-advisor-agent`)."""
