"""What can go wrong while servers are prepared, in words that say what to do."""

from __future__ import annotations


class ProvisionError(RuntimeError):
    """A server refused or did not answer, or something that is needed is not there."""
