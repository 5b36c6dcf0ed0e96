"""Questions in plain English as typed queries, and typed queries in words."""

from sample_agents.understanding.grammar import understand

__all__ = ["understand"]
