"""What they ask: questions, their jobs, and everything that no route names."""
