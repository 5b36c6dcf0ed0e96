"""What ops/health_check.sh looks at: a module for each kind of thing that a deployed stack consists of."""
