"""Rulebook releases, proposals and the chained record."""
