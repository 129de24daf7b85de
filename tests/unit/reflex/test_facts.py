"""What loops are given of an event, and what is shown of their evidence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from common.contracts.envelope import Envelope
from common.contracts.events.base import Place
from common.contracts.events.region import CaseOpened
from reflex.facts import KINDS, Point, fact_of, fact_of_text, text_of_fact
from reflex.facts import CaseOpened as OpenedFact
from reflex.runner import MAX_CASES, bounded
from reflex.sortable_times import text_of

T = datetime(2015, 3, 2, 12, tzinfo=UTC)


def opened() -> CaseOpened:
    return CaseOpened(
        case_id="c", region="north", authority="yard", actor="routing", state="assigned", reference="R-1",
        message_id="m", area="01", category="pothole", priority=1, channel="web", citizen="p-123",
        text="my street is broken", place=Place(lat=1.0, lon=2.0), received_at=T, due_at=T, release="national:1",
    )  # fmt: skip


def envelope(at: datetime = T) -> Envelope:
    return Envelope("e", "regional-north", CaseOpened.type, at, "c", "c")


def test_a_fact_says_nothing_about_the_citizen_and_what_they_wrote() -> None:
    fact = fact_of(opened(), envelope())
    said = str(fact) + text_of_fact(opened(), envelope())
    assert "p-123" not in said
    assert "broken" not in said
    assert isinstance(fact, OpenedFact)
    assert (fact.case_id, fact.area, fact.authority, fact.point) == ("c", "01", "yard", Point(1.0, 2.0))


def test_times_of_facts_are_in_one_zone_whatever_the_event_used() -> None:
    elsewhere = T.astimezone(timezone(timedelta(hours=5)))
    for at in (T, elsewhere):
        fact = fact_of_text(text_of_fact(opened(), envelope(at)))
        assert text_of(fact.at) == "2015-03-02T12:00:00+00:00"


def test_a_fact_is_the_same_after_it_was_kept() -> None:
    assert fact_of_text(text_of_fact(opened(), envelope())) == fact_of(opened(), envelope())


def test_a_place_without_a_point_gives_none() -> None:
    nowhere = opened().model_copy(update={"place": Place(address="behind the school")})
    fact = fact_of(nowhere, envelope())
    assert isinstance(fact, OpenedFact)
    assert fact.point is None
    assert "school" not in text_of_fact(nowhere, envelope())


def test_facts_that_an_older_version_kept_are_still_read() -> None:
    """As version 1 wrote them: only fields that say something, and times as text."""
    body = (
        '{"type":"region.case.opened.v1","at":"2015-03-02T12:00:00+00:00","id":"e","case_id":"c","region":"north",'
        '"area":"01","category":"pothole","authority":"yard","priority":1,"channel":"web",'
        '"due_at":"2015-03-02T12:00:00+00:00","received_at":"2015-03-02T12:00:00+00:00",'
        '"outcome_at":"2015-03-05T12:00:00+00:00"}'
    )
    assert fact_of_text(body) == fact_of(opened().model_copy(update={"place": Place()}), envelope())


def test_every_kind_of_fact_is_read_from_an_event_of_its_own_type() -> None:
    assert all(kind.model_fields["type"].default == kind.event.type == name for name, kind in KINDS.items())


def test_evidence_shows_the_last_cases_and_everything_else_whole() -> None:
    shown = bounded({"cases": [str(n) for n in range(200)], "cells": list(range(80)), "statistic": 1.0})
    assert shown["cases"] == [str(n) for n in range(200 - MAX_CASES, 200)]
    assert len(shown["cells"]) == 80
