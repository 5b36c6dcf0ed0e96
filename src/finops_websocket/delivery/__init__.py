"""Telling clients what is stored of their jobs, until they know the end."""
