"""Which steps of a case are shown at a time, and by which it is known how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from channels.adapters.citizen_page.standing import STARTS, standing
from channels.case_history import HistoryEntry
from channels.case_steps import DECIDING, newest, steps_of
from common.contracts.events import region
from common.contracts.events.intake import MessageAdded

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DUE = NOW + timedelta(days=9)


def step(number: int, kind: str = region.CaseAccepted.type, case_id: str = "own", **more: object) -> HistoryEntry:
    at = NOW + timedelta(minutes=number)
    return HistoryEntry(case_id, f"{case_id}-{number}", at, number, kind, **more)  # type: ignore[arg-type]


def names(entries: Sequence[HistoryEntry]) -> list[str]:
    return [one.event_id for one in entries]


def test_the_newest_steps_are_shown_and_the_oldest_of_them_says_where_the_rest_is() -> None:
    entries = [step(n) for n in range(4)]
    steps = steps_of("own", None, {"own": entries}, {}, most=3)
    assert (names(steps.shown), steps.older) == (["own-1", "own-2", "own-3"], "own-1")
    whole = steps_of("own", None, {"own": entries[:3]}, {}, most=3)
    assert (names(whole.shown), whole.older) == (["own-0", "own-1", "own-2"], None)


def test_how_a_case_stands_is_known_by_steps_that_are_not_shown() -> None:
    opened = step(0, region.CaseOpenedSummary.type, due_at=DUE)
    asked = step(1, region.CitizenAsked.type, words="Where?")
    chatter = [step(n, MessageAdded.type) for n in range(2, 6)]
    steps = steps_of("own", None, {"own": chatter}, {"own": [opened, asked]}, most=3)
    assert names(steps.shown) == ["own-3", "own-4", "own-5"]
    stands = standing("waiting", steps.known, NOW)
    assert (stands.due_at, stands.question) == (DUE, asked)


def test_every_step_that_begins_a_deadline_decides() -> None:
    assert STARTS <= DECIDING


def test_a_joined_case_goes_on_with_what_the_other_ones_region_did_since() -> None:
    joined = step(3, region.CaseJoined.type, other="lead")
    lead = [
        step(1, case_id="lead"), step(4, MessageAdded.type, "lead"), step(5, case_id="lead"),
        step(6, region.CaseAnswered.type, "lead", words="Done"),
    ]  # fmt: skip
    read = {"own": [step(2), joined], "lead": lead}
    steps = steps_of("own", "lead", read, {}, most=3)
    assert (names(steps.shown), steps.older) == (["own-3", "lead-5", "lead-6"], "own-3")
    assert names(steps.lead) == ["lead-5", "lead-6"]


def test_when_it_was_joined_is_known_though_that_is_long_ago() -> None:
    joined = step(1, region.CaseJoined.type, other="lead")
    lead = [step(n, case_id="lead") for n in range(2, 8)]
    steps = steps_of("own", "lead", {"own": [step(9)], "lead": lead}, {"own": [joined]}, most=3)
    assert names(steps.lead) == names(lead)
    assert (names(steps.shown), steps.older) == (["lead-5", "lead-6", "lead-7"], "lead-5")


def test_nothing_is_older_than_all_there_is() -> None:
    assert newest([], [], 3) == ([], None)
