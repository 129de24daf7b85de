"""The cases of one region."""
