"""Which head of an authority is told of what is coming to it, on which channel, with which words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from common.contracts.envelope import Envelope
from common.contracts.events.base import Event
from common.contracts.events.channel import NoticeIssued
from common.contracts.events.reflex.observations import FindingMade
from common.contracts.events.reflex.warnings import WarningRaised
from common.contracts.notice_ids import read_notice_id
from common.federation.country import load_federation
from common.messaging.release_cache import Releases
from intake.official_notices import TO_HEADS, OfficialNotices
from intake.phrasing import Phrasing

from tests.conftest import FEDERATION

NOON = datetime(2011, 7, 1, 16, tzinfo=UTC)
COUNTRY = load_federation(FEDERATION)
NOTICES = OfficialNotices(COUNTRY, Phrasing(COUNTRY, Releases()).text)
NUMBERS = {
    "region": "south", "authority": "signals", "by": "2011-07-15", "work": 40.2, "open": 12, "rate": 2.04,
    "needed_rate": 5.5, "short": 26.3,
}  # fmt: skip


def told(event: Event) -> tuple[str, str, NoticeIssued] | None:
    """Topic, id and notice."""
    emit = NOTICES.of(event, Envelope("id", "reflex", event.type, NOON, "s", "chain"))
    if emit is None:
        return None
    assert isinstance(emit.event, NoticeIssued)
    assert emit.id is not None
    return emit.topic, emit.id, emit.event


def raised(authority: str = "signals", **changes: Any) -> WarningRaised:
    return WarningRaised(
        warning_id="w", region="north", authority=authority, category="pothole", area="01", lat=0.5, lon=0.5,
        radius_m=300.4, reports=15, expected=1.23, since=NOON, window_hours=24, likelihood=30, threshold=18,
        cases=("a",), parent_case="a", raised_at=NOON, **changes,
    )  # fmt: skip


def finding(numbers: dict[str, Any] = NUMBERS, loop: str = "prediction", kind: str = "shortfall") -> FindingMade:
    return FindingMade(loop=loop, key="k", kind=kind, words="w", numbers=numbers, found_at=NOON)


def test_the_head_is_told_of_an_early_warning_by_an_id_that_a_receipt_can_name() -> None:
    found = told(raised())
    assert found is not None
    topic, name, notice = found
    assert (topic, notice.contact.address) == ("channel.email.outbound", "head@signals.example")
    assert read_notice_id("email", name) == (notice.case_id, "head_of_warning")
    for words in ("Traffic signals", "15 reports", "Pothole", "North", "area 01", "within 300 m", "1.2 are usual"):
        assert words in notice.text
    wide = told(raised(whole_region=True))
    assert wide is not None
    assert "from the whole of North" in wide[2].text


def test_the_head_is_told_of_coming_missed_deadlines_with_what_it_takes_to_keep_them() -> None:
    found = told(finding())
    assert found is not None
    text = found[2].text
    for words in ("in South will be missed", "40 cases are due by 2011-07-15", "12 of them", "about 26", "takes 5.5"):
        assert words in text


def test_a_finding_of_before_its_kind_was_named_otherwise_is_told_alike() -> None:
    assert told(finding(kind="capacity")) == told(finding())


def test_every_kind_for_heads_is_named() -> None:
    kinds = {one[2].kind for event in (raised(), raised(whole_region=True), finding()) if (one := told(event))}
    assert kinds | {taken_back(raised())[1].kind} == TO_HEADS


def taken_back(warning: WarningRaised) -> tuple[str | None, NoticeIssued]:
    emit = NOTICES.taken_back(warning, Envelope("corrected", "operator", "clock.time.corrected.v1", NOON, "s", "chain"))
    assert emit is not None
    assert isinstance(emit.event, NoticeIssued)
    return emit.id, emit.event


def test_that_a_warning_is_taken_back_is_told_once_for_each_warning() -> None:
    one, other = raised(), raised().model_copy(update={"warning_id": "other"})
    assert taken_back(one) == taken_back(one)
    assert taken_back(one)[0] != taken_back(other)[0]
    assert "is taken back" in taken_back(one)[1].text


def test_an_authority_without_a_contact_and_findings_about_anything_else_tell_nobody() -> None:
    assert told(raised("yard-01")) is None
    assert told(raised("nobody")) is None
    assert told(finding(loop="deadline")) is None
    assert told(finding(kind="alarm")) is None
    assert told(finding({"authority": "signals"})) is None


@pytest.mark.parametrize("work", [10**400, "many", None, [], {}])
def test_a_finding_with_numbers_that_are_none_is_told_to_nobody(work: object) -> None:
    assert told(finding({**NUMBERS, "work": work})) is None
