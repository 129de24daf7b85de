"""Channels: the edges through which citizens speak and are answered, one folder an adapter."""
