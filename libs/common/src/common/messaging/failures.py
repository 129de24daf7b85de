"""Two kinds of failure: what may pass, and what will not."""

from __future__ import annotations


class TransientError(Exception):
    """May pass (database, broker, a release not yet here): retried with backoff, never dead-lettered."""


class PermanentError(Exception):
    """Will not pass: the record that causes it is dead-lettered at once, with this message as the reason."""


class Forged(PermanentError):
    """What its writer may not say: a dead letter that parks nothing and counts towards no stop."""
