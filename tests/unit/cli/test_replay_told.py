"""What a replay prints at its end about the harmful change and about prevention orders."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from common.contracts.events import rules
from otklik.replay_command import tell
from rich.console import Console
from world.plan import PlantedChange
from world.planted_change import NotPlanted, PlantedCourse
from world.report import Ledger

T = datetime(2011, 7, 20, tzinfo=UTC)
CHANGE = PlantedChange(
    region="west", category="cart", right="carts", wrong="desk", after_days=14, title="The desk hands out carts",
    words="w",
)  # fmt: skip
LOG = {
    "replayed_after": None, "learnt_from_and_left_out": 0, "not_in_these_days": 0, "rules_learnt_until": None,
    "opened_before_that": 0, "left_out": {}, "faults": {}, "remarks": [],
}  # fmt: skip


def told(
    planted: PlantedCourse | NotPlanted | None = None,
    *events: rules.ProposalReleased,
    complete: bool = True,
    **about_the_log: Any,
) -> str:
    ledger = Ledger(planted_change=planted)
    for event in events:
        ledger.note(event, T)
    run = {"seconds": 1.0, "messages_a_second": 1.0, "intervals": 1, "intervals_to_do": 1}
    report: dict[str, Any] = {
        "complete": complete,
        "log": LOG | about_the_log,
        "run": run,
        **ledger.report({} if complete else None, ()),
    }
    console = Console(record=True, width=200)
    tell(report, console)
    return console.export_text()


def released(kind: type[rules.ProposalReleased], **more: Any) -> rules.ProposalReleased:
    return kind.model_validate({"proposal_id": "p", "layer": "west", "number": 2, "effective_at": T, **more})


def course() -> PlantedCourse:
    return PlantedCourse(CHANGE, "p", "operator:west")


def test_a_harmful_change_that_was_rolled_back_is_told_with_its_reason_and_marked_among_the_proposals() -> None:
    back = released(rules.TrialRolledBack, actor="trial", reason="It does harm.", guard="transferred")
    words = told(course(), back)
    assert "a harmful change was planted, and only the log knows it: The desk hands out carts" in words
    assert "by operator:west: rolled back 2011-07-20" in words
    assert "why it ended: It does harm." in words
    assert "it was not adopted; at the end of the log: rolled back" in words
    assert "(harmful on purpose; trial rolled_back 2011-07-20)" in words


def test_a_harmful_change_that_was_adopted_is_told_as_that() -> None:
    assert "it was adopted; at the end of the log: adopted" in told(course(), released(rules.ProposalAdopted))


def test_why_none_was_planted_is_told_and_nothing_where_none_is_planned() -> None:
    assert "no harmful change was planted: the replay is too short" in told(NotPlanted("the replay is too short"))
    assert "harmful" not in told(None)
    assert "prevention orders: none" in told(None)


def test_rows_of_the_time_that_the_rules_were_learnt_from_are_marked() -> None:
    words = told(rules_learnt_until="2011-09-01", opened_before_that=12)
    assert "12 of the rows replayed were opened before 2011-09-01: the federation's rules were learnt from" in words
    assert "rules were learnt" not in told()


def test_rows_learnt_from_and_rows_outside_the_days_are_told_apart() -> None:
    words = told(learnt_from_and_left_out=100, not_in_these_days=130, replayed_after="2025-03-11")
    assert "100 rows are not replayed: the rules were learnt from what was opened before 2025-03-11" in words
    assert "30 rows lie outside the days asked for" in words
    assert "outside the days" not in told(learnt_from_and_left_out=100, not_in_these_days=100, replayed_after="2025")


def test_an_interrupted_replay_says_nothing_of_dead_letters_that_nobody_counted() -> None:
    words = told(complete=False)
    assert "dead letters: not counted" in words
    assert "dead letters 0" not in words
