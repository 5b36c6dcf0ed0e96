"""Two small FinOps agents that answer plain questions from a FOCUS cost export."""
