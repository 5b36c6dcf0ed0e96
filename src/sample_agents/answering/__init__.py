"""Typed queries answered: as SQL, as figures, and in words."""
