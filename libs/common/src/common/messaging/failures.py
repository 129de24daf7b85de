"""Two kinds of failure: what may pass, and what will not."""

from __future__ import annotations


class Passing(Exception):
    """May pass (database, broker, a release not yet here): retried with backoff, never dead-lettered."""


class Permanent(Exception):
    """Will not pass: the record that causes it is dead-lettered at once, with this message as the reason."""


class Forged(Permanent):
    """What its writer may not say: a dead letter that parks nothing and counts towards no stop."""
