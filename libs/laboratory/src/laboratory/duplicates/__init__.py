"""How the duplicates loop is judged."""
