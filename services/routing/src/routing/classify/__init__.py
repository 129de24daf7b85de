"""Which category a text is about, how sure that is, and which others it may be."""
