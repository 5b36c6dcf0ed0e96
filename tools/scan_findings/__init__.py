"""What scanners find, and which of it is waived, where and why."""
