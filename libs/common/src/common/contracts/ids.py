"""Ids that follow from what a citizen sent: whoever knows the sender's own id of it knows them too."""

from __future__ import annotations

from common.contracts.envelope import derived_id


def message_id_of(source: str, event_id: str) -> str:
    """Of the message that a record of a channel brought; two senders may use the same id."""
    return derived_id("message", source, event_id)


def case_id_of(source: str, event_id: str) -> str:
    """Of the case that such a record opens, where it is the first of its conversation."""
    return derived_id("case", source, event_id)
