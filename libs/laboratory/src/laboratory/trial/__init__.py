"""Judges the trial loop: what it does with changes that do harm, that help, and that do nothing."""
