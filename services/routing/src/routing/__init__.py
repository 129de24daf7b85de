"""Which region, authority and deadline, by which rule."""
