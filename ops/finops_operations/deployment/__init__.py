"""Deploying the stack, and going back to what was deployed before."""
