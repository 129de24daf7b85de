"""Does a channel keep the contract: what an integrator sends, in what order, and what became of what it was told."""
