"""Cost exports in FOCUS format, read into DuckDB."""
