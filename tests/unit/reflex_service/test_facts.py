"""What loops are given of an event, and what is shown of their evidence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from common.contracts.envelope import Envelope
from common.contracts.events.base import Place
from common.contracts.events.region import CaseOpened
from reflex.facts import fact_of
from reflex.handlers import MAX_CASES, bounded

T = datetime(2015, 3, 2, 12, tzinfo=UTC)


def opened() -> CaseOpened:
    return CaseOpened(
        case_id="c", region="north", authority="yard", actor="routing", state="assigned", reference="R-1",
        message_id="m", area="01", category="pothole", priority=1, channel="web", citizen="p-123",
        text="my street is broken", place=Place(lat=1.0, lon=2.0), received_at=T, due_at=T, release="national:1",
    )  # fmt: skip


def test_a_fact_says_nothing_about_the_citizen_and_what_they_wrote() -> None:
    fact = fact_of(opened(), Envelope("e", "regional-north", CaseOpened.type, T, "c", "c"))
    said = str(fact)
    assert "p-123" not in said
    assert "broken" not in said
    assert (fact["case_id"], fact["area"], fact["authority"]) == ("c", "01", "yard")


def test_times_of_facts_are_in_one_zone_whatever_the_event_used() -> None:
    elsewhere = T.astimezone(timezone(timedelta(hours=5)))
    for at in (T, elsewhere):
        assert fact_of(opened(), Envelope("e", "x", CaseOpened.type, at, "c", "c"))["at"] == "2015-03-02T12:00:00+00:00"


def test_evidence_shows_the_last_cases_and_everything_else_whole() -> None:
    shown = bounded({"cases": [str(n) for n in range(200)], "cells": list(range(80)), "statistic": 1.0})
    assert shown["cases"] == [str(n) for n in range(200 - MAX_CASES, 200)]
    assert len(shown["cells"]) == 80
