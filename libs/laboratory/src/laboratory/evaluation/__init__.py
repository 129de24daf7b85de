"""How the evaluation loop is judged."""
