"""What they ask: finops_query, and everything that no route names."""
