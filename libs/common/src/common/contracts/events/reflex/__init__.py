"""What the loops say, and what is said to them."""
