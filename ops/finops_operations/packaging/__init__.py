"""How the functions' packages are made. Runs with any Python from 3.11 on that has pip: nothing else is imported."""
