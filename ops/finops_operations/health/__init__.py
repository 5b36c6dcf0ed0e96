"""What ops/health_check.sh checks, in a module for each kind of thing that a deployed stack consists of."""
