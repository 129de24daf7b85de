"""The loops: pure, no I/O, no wall clock."""
