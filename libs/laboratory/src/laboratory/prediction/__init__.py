"""How the prediction loop is judged."""
