"""Connections: what each has shown of its user, how much it may send, and the way back to it."""
