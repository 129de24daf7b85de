"""Word of what became of a request, for whoever asks over HTTP. Pure."""

from __future__ import annotations

from datetime import datetime

from common.contracts.delivery import Emit
from common.contracts.envelope import derived_id
from common.contracts.events.intake import RequestNoted

from intake.domain import TOPIC, Incoming, message_id_of


def noted(incoming: Incoming, state: str, at: datetime) -> list[Emit]:
    """`state` as RequestNoted has it; nothing where the request did not come over HTTP."""
    if not incoming.by_edge:
        return []
    message_id = message_id_of(incoming.cause)
    event = RequestNoted(message_id=message_id, channel=incoming.channel, state=state)
    return [Emit(TOPIC, message_id, event, incoming.cause, at, id=derived_id("noted", message_id, state))]
