"""What can go wrong on a bare machine, in words that say what to do."""

from __future__ import annotations


class EmbeddedError(RuntimeError):
    """A server could not be started, stopped or prepared."""
