"""What ./run_local.sh does once .venv is there: a local cloud, the stack, the agents, and a question answered."""
