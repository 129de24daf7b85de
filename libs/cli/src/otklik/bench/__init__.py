"""How fast: the product's path against a bare pipe of the same number of durable hops, in one run."""
