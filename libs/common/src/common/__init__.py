"""Shared contracts and plumbing of Otklik."""
