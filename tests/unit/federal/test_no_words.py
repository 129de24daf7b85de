"""What waits at the centre for its tick holds no words of citizens or officials."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events import region, routing
from common.contracts.events.base import Event
from federal import facts_until_tick

NOW = datetime(2011, 7, 1, 14, tzinfo=UTC)
WORDS = "the red house by the river"
STEP = {"case_id": "c1", "region": "north", "authority": "yard-01", "actor": "ann", "state": "accepted"}
HEARD: list[Event] = [
    region.CaseReopened(**STEP, rating=1, times=1, due_at=NOW, reason=WORDS),  # type: ignore[arg-type]
    region.CaseWithdrawn(**STEP, reason=WORDS),  # type: ignore[arg-type]
    region.CaseExtended(**STEP, by_minutes=60, due_at=NOW, reason=WORDS),  # type: ignore[arg-type]
    routing.TriageRequested(
        case_id="c1", reference="R-1", message_id="m1", channel="web", citizen="ann", text=WORDS, received_at=NOW,
        reason="no_place", missing=("area",),
    ),
]  # fmt: skip


@pytest.mark.parametrize("event", HEARD, ids=lambda event: event.type)
def test_a_fact_waits_without_words_and_is_read_again(event: Event) -> None:
    delivery = Delivery(Envelope("e", "s", event.type, NOW, "c1", "c1"), event, "topic", 0, 0, "c1")
    kept = facts_until_tick.kept(delivery)
    assert WORDS.encode() not in kept.body
    read = facts_until_tick.read(kept).event
    assert type(read) is type(event)
    assert getattr(read, "case_id", None) == "c1"
