"""Hostile HTTP: slow, huge, deep, many and malformed requests over raw sockets, with honest posts between them."""
