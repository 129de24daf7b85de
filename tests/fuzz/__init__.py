"""Hostile input in numbers, with a seed."""
