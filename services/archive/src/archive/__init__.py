"""The past in columns, and what may be concluded from it."""
