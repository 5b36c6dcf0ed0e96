"""What ops/dead_letters.sh does with jobs that failed for good, and with messages of the dead-letter queue."""
