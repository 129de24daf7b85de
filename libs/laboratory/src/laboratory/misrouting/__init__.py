"""How the misrouting loop is judged."""
