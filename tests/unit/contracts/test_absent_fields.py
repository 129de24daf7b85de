"""Empty fields are left out of a record, except where every reader insists on them."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
from common.contracts.events.base import Actor
from common.contracts.events.federal import CaseEscalated
from common.contracts.events.region import AcceptCase


def test_an_escalation_of_a_case_that_nobody_holds_can_be_read() -> None:
    due = datetime(2011, 7, 1, tzinfo=UTC)
    event = CaseEscalated(case_id="c", region=None, authority=None, level=1, to="authority_head", due_at=due)
    assert CaseEscalated.model_validate_json(event.wire()) == event
    assert orjson.loads(event.wire())["region"] is None


def test_an_empty_field_that_nobody_insists_on_is_left_out() -> None:
    event = AcceptCase(actor=Actor(id="a", role="desk"), case_id="c")
    assert AcceptCase.required_nullable == frozenset()
    assert None not in orjson.loads(event.wire()).values()
