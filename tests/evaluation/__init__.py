"""How well the loops do on real logs."""
