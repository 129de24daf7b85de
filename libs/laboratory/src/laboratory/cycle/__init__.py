"""How the whole cycle is judged: loops, deliberation, trial, adoption and review together."""
