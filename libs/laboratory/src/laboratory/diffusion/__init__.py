"""The loop diffusion on a log: what a region does better in the first half, and what is left of it in the second."""
