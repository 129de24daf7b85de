"""The outside world: citizens and desks replayed from real logs."""
