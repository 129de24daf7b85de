"""What ticks say, and whether they may be believed."""
