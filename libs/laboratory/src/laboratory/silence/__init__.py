"""How the loop silence is judged."""
