"""What ./benchmarks/run.sh measures: a module for each part, and what they give in common (`results.py`)."""
