"""How the loop deadline is judged."""
