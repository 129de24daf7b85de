"""How cases went, each counted once at ages that are equal for all, for loops that compare places. Pure."""
