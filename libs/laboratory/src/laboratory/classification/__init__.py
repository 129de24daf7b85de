"""How the classification loop is judged."""
