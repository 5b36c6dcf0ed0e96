"""What ops/health_check.sh checks, functions that answer and resources that are there."""
