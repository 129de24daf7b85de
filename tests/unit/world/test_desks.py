"""What desks do next, from events alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from common.contracts.events import region, routing
from common.contracts.events.base import Event
from common.federation.country import Federation, load_federation
from world.citizens import first_message
from world.desks import DeskOrder, Desks, Known, Word, fold
from world.log_requests import LogRequest, chance
from world.schedule import Agenda, target

NOW = datetime(2011, 7, 1, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def federation() -> Federation:
    return load_federation(Path(__file__).parents[2] / "federation")


@pytest.fixture(scope="module")
def desks(federation: Federation) -> Desks:
    return Desks(federation, 1, chance(1))


def row(case_id: str = "100", true: str | None = "yard-01", duplicate_of: str | None = None) -> LogRequest:
    return LogRequest(case_id, NOW, NOW + 30 * HOUR, "Pothole", "web", 0.5, 0.5, duplicate_of, true, "01")


def opened(case_id: str = "c", authority: str = "yard-01", at: datetime = NOW) -> region.CaseOpened:
    return region.CaseOpened(
        case_id=case_id, region="north", authority=authority, actor="routing", state="assigned", reference="r",
        message_id="m", area="01", category="pothole", priority=2, channel="web", citizen="p", text="t",
        received_at=at, due_at=at + HOUR, release="national:1+north:1",
    )  # fmt: skip


def changed(kind: type[region.CaseEvent], state: str, authority: str = "yard-01", **more: object) -> region.CaseEvent:
    given = {"case_id": "c", "region": "north", "authority": authority, "actor": "a", "state": state, **more}
    return kind.model_validate(given)


def after(*events: Event) -> Known:
    known: Known | None = None
    for event in events:
        known = fold(known, event, NOW)
    assert known is not None
    return known


def accepted(authority: str = "yard-01") -> Known:
    return after(opened(authority=authority), changed(region.CaseAccepted, "accepted", authority))


def order(step: object) -> DeskOrder:
    assert isinstance(step, DeskOrder)
    return step


def test_the_right_authority_answers_when_the_log_says_so(desks: Desks) -> None:
    step = order(desks.next_step(accepted(), row(), None))
    assert isinstance(step.command, region.AnswerCase)
    assert step.at == NOW + 30 * HOUR
    assert not step.command.synthetic
    assert step.command.actor.scope == "yard-01"


def test_the_wrong_authority_hands_the_case_on_after_two_to_twenty_working_hours(
    desks: Desks, federation: Federation
) -> None:
    step = order(desks.next_step(accepted("yard-02"), row(), None))
    assert isinstance(step.command, region.TransferCase)
    assert step.command.to_authority == "yard-01"
    assert step.command.synthetic
    assert 120 <= federation.calendar("north").minutes_between(NOW, step.at) <= 1200


def test_no_transfer_where_the_log_does_not_tell_who_did_the_work(desks: Desks) -> None:
    step = order(desks.next_step(accepted("yard-02"), row(true=None), None))
    assert isinstance(step.command, region.AnswerCase)


def test_after_a_refused_transfer_the_desk_answers_itself(desks: Desks) -> None:
    refusal = region.CommandRefused(
        case_id="c", region="north", command=region.TransferCase.type, command_id="i", actor="a", reason="no"
    )
    known = fold(accepted("yard-02"), refusal, NOW)
    assert known is not None
    assert isinstance(order(desks.next_step(known, row(), None)).command, region.AnswerCase)


def test_only_an_authority_that_accepts_by_hand_is_given_an_accept(desks: Desks) -> None:
    assert desks.next_step(after(opened()), row(), None) is None
    step = order(desks.next_step(after(opened(authority="yard-02")), row(true="yard-02"), None))
    assert isinstance(step.command, region.AcceptCase)


def test_a_duplicate_joins_its_original_once_that_is_open_in_the_same_region(desks: Desks) -> None:
    child = row("101", duplicate_of="100")
    assert isinstance(order(desks.next_step(accepted(), child, None)).command, region.AnswerCase)
    parent = after(opened("parent"))
    step = order(desks.next_step(accepted(), child, parent))
    assert target(step) == "parent"
    elsewhere = fold(None, opened("parent").model_copy(update={"region": "south"}), NOW)
    assert isinstance(order(desks.next_step(accepted(), child, elsewhere)).command, region.AnswerCase)


def test_triage_is_told_the_true_area_and_authority_by_an_operator_of_its_region(desks: Desks) -> None:
    asked = routing.TriageRequested(
        case_id="c", reference="r", message_id="m", channel="web", citizen="p", text="t", received_at=NOW,
        reason="no_place", missing=("area",),
    )  # fmt: skip
    step = order(desks.next_step(after(asked), row(), None))
    assert isinstance(step.command, routing.AnswerTriage)
    assert (step.command.area, step.command.authority, step.command.actor.id) == ("01", "yard-01", "operator:north")
    assert step.command.synthetic


def test_of_many_answers_five_in_a_hundred_are_reopened_and_seventy_confirmed(desks: Desks) -> None:
    known = fold(
        accepted(), changed(region.CaseAnswered, "answered", text="x", on_time=True, worked_minutes=5), NOW
    )  # fmt: skip
    assert known is not None
    words = [desks.next_step(known, row(str(i)), None) for i in range(2000)]
    said = [w.said.event for w in words if isinstance(w, Word)]
    kinds = [getattr(s, "verdict", "") for s in said]
    assert 60 <= kinds.count("reopened") <= 140
    assert 1320 <= kinds.count("confirmed") <= 1480
    assert all(getattr(s, "synthetic", False) for s in said)


def test_one_seed_gives_the_same_steps_and_messages_twice(federation: Federation) -> None:
    for seed in (1, 2):
        first, second = (Desks(federation, seed, chance(seed)) for _ in range(2))
        known = accepted("yard-02")
        assert first.next_step(known, row(), None) == second.next_step(known, row(), None)
        assert first_message(row(), seed, chance(seed), 0.5) == first_message(row(), seed, chance(seed), 0.5)


def test_a_case_has_one_step_which_a_change_replaces_and_which_is_taken_once(desks: Desks) -> None:
    agenda, known = Agenda(), accepted("yard-02")
    transfer = order(desks.next_step(known, row(), None))
    agenda.put("c", transfer)
    moved = fold(known, changed(region.CaseTransferred, "assigned", from_authority="yard-02"), NOW)
    moved = fold(moved, changed(region.CaseAccepted, "accepted"), NOW)
    assert moved is not None
    answer = order(desks.next_step(moved, row(), None))
    agenda.put("c", answer)
    assert agenda.due(NOW + 1000 * HOUR) == [answer]
    agenda.put("c", answer)
    assert agenda.due(NOW + 1000 * HOUR) == []


def test_a_join_waits_while_its_target_is_acted_on(desks: Desks) -> None:
    agenda = Agenda()
    parent = fold(None, opened("parent"), NOW)
    parent = fold(parent, changed(region.CaseAccepted, "accepted").model_copy(update={"case_id": "parent"}), NOW)
    assert parent is not None
    join = desks.next_step(accepted(), row("101", duplicate_of="100"), parent)
    answer = desks.next_step(parent, row(), None)
    agenda.put("c", join)
    agenda.put("parent", answer)
    assert agenda.due(NOW + 1000 * HOUR) == [answer]
    assert agenda.due(NOW + 1000 * HOUR) == [join]
