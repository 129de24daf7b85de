"""The loop introspection on a log: whether its intervals hold what is true."""
