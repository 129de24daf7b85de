"""What authorities answer to prevention orders, by whom, and what the report tells of it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from common.contracts.events.reflex.prevention import (
    AnswerPrevention,
    PreventionAnswered,
    PreventionOrdered,
    PreventionOverdue,
    PreventionReviewed,
    ReflexCommandRefused,
)
from common.contracts.rights import denial
from common.federation.country import load_federation
from world.desks import DeskOrder, Desks
from world.log_requests import chance
from world.prevention import FIRST_DAY, LAST_DAY, REFUSAL, WHY_NOT, PreventionCourse, answer_to, in_words
from world.report import Ledger

FEDERATION = load_federation(Path(__file__).parents[2] / "federation")
NOW = datetime(2011, 8, 4, 12, tzinfo=UTC)
AUTHORITY = next(p.scope for p in FEDERATION.people if p.role == "desk")
REGION = next(r.id for r in FEDERATION.regions if FEDERATION.authority(AUTHORITY).serves(r.id))  # type: ignore[union-attr]
OF = {"region": REGION, "authority": AUTHORITY}


def ordered(order_id: str, authority: str = AUTHORITY) -> PreventionOrdered:
    return PreventionOrdered(
        order_id=order_id, region=REGION, authority=authority, category="Pothole", area="01", lat=0.5, lon=0.5,
        radius_m=42, days=4, first_day="2011-07-04", score=3.1, cases=("c",), answer_by=NOW + timedelta(days=30),
        ordered_at=NOW,
    )  # fmt: skip


def answers(seed: int, authority: str = AUTHORITY) -> list[DeskOrder | None]:
    print(f"seed {seed}")
    draw = chance(seed)
    acting = Desks(FEDERATION, seed, draw).acting
    return [answer_to(ordered(f"o{n}", authority), draw, acting) for n in range(400)]


def command(step: DeskOrder) -> AnswerPrevention:
    assert isinstance(step.command, AnswerPrevention)
    return step.command


def test_most_answer_some_refuse_with_a_reason_and_some_let_the_term_pass() -> None:
    found = answers(1)
    said = [command(step) for step in found if step is not None]
    refused = [one for one in said if one.done == REFUSAL]
    assert 0.18 < found.count(None) / len(found) < 0.32
    assert 0.10 < len(refused) / len(found) < 0.20
    assert {one.explanation for one in refused} <= set(WHY_NOT)
    assert len(Counter(one.cause for one in said)) == 7


def test_the_authority_s_own_desk_answers_within_its_rights_some_after_the_term() -> None:
    steps = [step for step in answers(1) if step is not None]
    for step in steps:
        assert denial(FEDERATION, step.command.actor, type(step.command), **OF) is None
        assert command(step).actor.role == "desk"
        assert command(step).synthetic
        assert FIRST_DAY <= (step.at - NOW) / timedelta(days=1) <= LAST_DAY
    late = sum(step.at > NOW + timedelta(days=30) for step in steps)
    assert 0 < late < len(steps) / 2


def test_an_authority_without_a_desk_answers_by_its_region_s_operator() -> None:
    roles = {step.command.actor.role for step in answers(1, "nobody") if step is not None}
    assert roles <= {"operator", "regional_head"}
    assert roles


def test_two_runs_with_one_seed_answer_alike_and_another_seed_otherwise() -> None:
    assert answers(1) == answers(1)
    assert answers(1) != answers(2)


def answered(order_id: str, done: str, on_time: bool = True) -> PreventionAnswered:
    return PreventionAnswered(
        order_id=order_id, **OF, actor="desk", cause="wear", explanation="e", done=done, on_time=on_time,
        command_id="c", review_at=NOW, answered_at=NOW,
    )  # fmt: skip


def reviewed(order_id: str, days: int, answered: bool) -> PreventionReviewed:
    return PreventionReviewed(
        order_id=order_id, **OF, answered=answered, since=NOW, until=NOW + timedelta(days=60), days=days,
        expected=1.5, compared=8, returned=0.5, reviewed_at=NOW,
    )  # fmt: skip


def test_the_report_tells_what_became_of_every_order() -> None:
    ledger = Ledger()
    for number in range(5):
        ledger.note(ordered(f"o{number}"), NOW)
    overdue = PreventionOverdue(order_id="o2", **OF, answer_by=NOW)
    told = [answered("o0", "Mended."), answered("o1", REFUSAL, on_time=False), overdue]
    for event in (*told, reviewed("o0", 0, True), reviewed("o1", 2, True), reviewed("o2", 3, False)):
        ledger.note(event, NOW)
    found = ledger.report({}, ())["prevention"]
    assert {k: found[k] for k in ("ordered", "answered", "refused", "answered_late", "overdue", "waiting")} == {
        "ordered": 5, "answered": 1, "refused": 1, "answered_late": 1, "overdue": 1, "waiting": 2,
    }  # fmt: skip
    assert found["reviewed"] == {
        "answered": {"came_back": 0, "stayed_away": 1},
        "refused": {"came_back": 1, "stayed_away": 0},
        "unanswered": {"came_back": 1, "stayed_away": 0},
    }
    assert (found["compared"], found["days_with_reports"], found["days_expected"]) == (3, 5, 4.5)
    words = "\n".join(in_words(found))
    assert "prevention orders: 5; answered 1, refused with a reason 1" in words
    assert "looked at again, refused: 1; the problem came back at 1" in words


def test_a_run_without_orders_says_so() -> None:
    assert list(in_words(PreventionCourse().report())) == ["prevention orders: none"]


def test_an_answer_that_is_refused_by_the_loop_is_counted_among_the_refused_commands() -> None:
    ledger = Ledger()
    ledger.note(
        ReflexCommandRefused(
            order_id="o", command="reflex.prevention.answer.v1", command_id="c", actor="a", reason="answered already"
        ),
        NOW,
    )
    assert ledger.report({}, ())["refused_commands"] == 1
