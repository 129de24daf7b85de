"""What keeps loops from working against each other: one open proposal a row, pauses, budgets, a person's word."""

from __future__ import annotations

from datetime import timedelta

import pytest
from common.contracts.events.base import Actor, Event
from common.contracts.events.rules import (
    DecideProposal,
    ProposalChecked,
    ProposeChange,
    RollBackTrial,
    RulesCommandRefused,
)
from common.contracts.patch import RowChange
from common.contracts.precision import precision_percent
from common.rulebook.jdm import document_of
from rules.answers import answers

from tests.unit.rules.scene import HEAD, Scene, begun, change, code, proposal, reroute, route, world, yes

MISROUTING, OTHERS = Actor(id="misrouting", role="loop"), Actor(id="somebodys", role="loop")
LIMITS = {
    "loop": "", "table": "", "precision": "", "most_proposals": "100", "cooldown_days": "14", "settling_days": "14",
    "return_days": "60",
}  # fmt: skip


def limited(*rows: dict[str, str], tried: bool = False, **more: str) -> Scene:
    """A rulebook whose nation limits loops: these rows, then one for all."""
    state = world(tried=tried)
    held = [(f"r{n}", {**LIMITS, **row}) for n, row in enumerate(rows)]
    document = document_of("loop_limits", [*held, ("all", {**LIMITS, **more})])
    state.heads["national"].tables["loop_limits"] = document
    return begun(state)


def no(name: str) -> DecideProposal:
    return DecideProposal(actor=HEAD, proposal_id=name, accept=False, reason="It is not wanted")


def by(loop: Actor, made: ProposeChange) -> ProposeChange:
    return made.model_copy(update={"actor": loop})


def days(scene: Scene, n: float) -> None:
    scene.tick(24 * n)


def until(said: list[Event]) -> str:
    (refused,) = said
    assert isinstance(refused, RulesCommandRefused), refused
    assert refused.details is not None
    return refused.details["until"]


def checked(said: list[Event]) -> ProposalChecked:
    (event,) = said
    assert isinstance(event, ProposalChecked), event
    return event


def test_a_row_has_one_open_proposal_of_a_loop_whichever_loop_it_is() -> None:
    scene = begun(world(tried=False))
    checked(scene.take(by(MISROUTING, change("p1"))))
    said = scene.take(by(OTHERS, change("p2", minutes=100)))
    assert code(said) == "row_taken"
    assert said[0].details == {"other_proposal": "p1", "until": (scene.now + timedelta(days=7)).isoformat()}  # type: ignore[attr-defined]
    checked(scene.take(by(OTHERS, change("p3", "hole"))))


def test_a_loop_waits_for_people_and_people_do_not_wait_for_a_loop() -> None:
    scene = begun(world(tried=False))
    scene.take(change("p1"))
    assert code(scene.take(by(MISROUTING, change("p2")))) == "row_taken"
    scene.take(by(MISROUTING, change("p3", "hole")))
    assert checked(scene.take(change("p4", "hole"))).beside == ("p3",)


def test_a_pause_doubles_with_every_setback_of_a_row_and_holds_for_every_loop() -> None:
    scene = limited()
    for n, pause in enumerate((14, 28, 56)):
        scene.take(by((MISROUTING, OTHERS)[n % 2], change(f"p{n}")))
        scene.take(no(f"p{n}"))
        ends = scene.now + timedelta(days=pause)
        days(scene, pause - 1)
        for loop in (MISROUTING, OTHERS):
            said = scene.take(by(loop, change("early")))
            assert code(said) == "row_cools_down"
            assert until(said) == ends.isoformat()
        days(scene, 1)
    checked(scene.take(by(OTHERS, change("p9"))))


def test_a_rolled_back_trial_is_a_setback_and_what_the_machine_refuses_is_none() -> None:
    scene = limited(tried=True)
    scene.on_trial(by(MISROUTING, change("p1")))
    scene.tick()
    scene.take(RollBackTrial(actor=HEAD, proposal_id="p1", reason="It does harm"))
    assert scene["p1"].state == "rolled_back"
    assert code(scene.take(by(OTHERS, change("p2")))) == "row_cools_down"
    scene.take(by(MISROUTING, change("p3", "hole", before=1)))
    assert scene["p3"].state == "refused"
    checked(scene.take(by(MISROUTING, change("p4", "hole"))))


def test_setbacks_of_more_than_a_year_ago_count_no_more() -> None:
    scene = limited()
    for n in range(5):
        scene.take(change(f"p{n}").model_copy(update={"actor": MISROUTING}))
        scene.take(no(f"p{n}"))
        days(scene, 14 * 2**n)
    days(scene, 366)
    scene.take(by(MISROUTING, change("p9")))
    scene.take(no("p9"))
    assert until(scene.take(by(MISROUTING, change("p10")))) == (scene.now + timedelta(days=14)).isoformat()


def test_a_changed_row_is_left_alone_until_there_is_evidence_from_after_the_change() -> None:
    scene = limited()
    scene.on_trial(change("p1"))
    said = scene.take(by(MISROUTING, change("p2", before=120, minutes=100)))
    assert code(said) == "row_settles"
    assert until(said) == (scene["p1"].adopted_at + timedelta(days=14)).isoformat()  # type: ignore[operator]
    days(scene, 15)
    checked(scene.take(by(MISROUTING, change("p3", before=120, minutes=100))))


def test_going_back_within_its_days_needs_a_person_whether_or_not_the_loop_says_so() -> None:
    scene = limited()
    scene.on_trial(reroute("p1", "lamp", "yard-hole"))
    days(scene, 30)
    back = RowChange(op="set", row_id="lamp", before=route("lamp", "yard-hole"), after=route("lamp", "yard-lamp"))
    found = checked(scene.take(by(OTHERS, proposal("p2", "jurisdiction", [back], needs_person=False))))
    assert found.needs_person
    assert scene["p2"].needs_person
    assert found.findings[-1] == "it returns to what the rules said until 2026-03-02: a person must decide it"
    scene.take(no("p2"))
    days(scene, 31)
    assert not checked(scene.take(by(OTHERS, proposal("p3", "jurisdiction", [back])))).needs_person


def test_going_on_to_a_third_state_needs_no_person() -> None:
    scene = limited()
    scene.on_trial(reroute("p1", "lamp", "yard-hole"))
    days(scene, 30)
    on = RowChange(op="set", row_id="lamp", before=route("lamp", "yard-hole"), after=route("lamp", "yard-tree"))
    assert not checked(scene.take(by(OTHERS, proposal("p2", "jurisdiction", [on])))).needs_person


def test_what_was_rolled_back_comes_back_only_by_a_person() -> None:
    scene = limited(tried=True, cooldown_days="0")
    scene.on_trial(by(MISROUTING, change("p1")))
    scene.tick()
    scene.take(RollBackTrial(actor=HEAD, proposal_id="p1", reason="It does harm"))
    assert checked(scene.take(by(OTHERS, change("p2")))).needs_person


def test_a_row_that_takes_precedence_leaves_what_the_general_row_said() -> None:
    scene = limited()
    own = {"category": '"lamp"', "area": '"01"', "authority": '"yard-hole"'}
    scene.on_trial(proposal("p1", "jurisdiction", [RowChange(op="add", row_id="new", after=own, at=0)]))
    assert list(scene["p1"].left.values()) == ['{"authority": "yard-lamp"}']
    days(scene, 30)
    for back in (
        RowChange(op="set", row_id="new", before=own, after={**own, "authority": '"yard-lamp"'}),
        RowChange(op="remove", row_id="new", before=own),
    ):
        found = checked(scene.take(by(OTHERS, proposal(f"p-{back.op}", "jurisdiction", [back]))))
        assert found.needs_person, back.op
        scene.take(no(f"p-{back.op}"))
        days(scene, 14)


def test_a_loop_has_a_number_of_proposals_about_an_office_in_thirty_days() -> None:
    scene = limited(most_proposals="2")
    for n, category in enumerate(("lamp", "hole", "tree")):
        said = scene.take(by(MISROUTING, reroute(f"p{n}", category, "yard-snow")))
    assert code(said) == "budget_spent"
    first = scene["p0"].made_at
    assert first is not None
    assert said[0].details == {  # type: ignore[attr-defined]
        "about": "yard-snow", "most": "2", "until": (first + timedelta(days=30)).isoformat(),
    }  # fmt: skip
    checked(scene.take(by(OTHERS, reroute("p5", "tree", "yard-snow"))))
    scene.take(no("p5"))
    checked(scene.take(by(MISROUTING, change("p6", "snow"))))
    days(scene, 30)
    checked(scene.take(by(MISROUTING, reroute("p7", "tree", "yard-snow"))))


def test_a_change_that_names_no_office_is_counted_by_its_table_in_its_layer() -> None:
    scene = limited(most_proposals="1")
    checked(scene.take(by(MISROUTING, change("p1"))))
    said = scene.take(by(MISROUTING, change("p2", "hole")))
    assert code(said) == "budget_spent"
    assert said[0].details["about"] == "north:deadline"  # type: ignore[attr-defined,index]


def test_a_loop_that_is_seldom_right_has_less_and_one_that_is_right_has_more() -> None:
    scene = limited(
        {"precision": "< 40", "settling_days": "0", "most_proposals": "1"},
        {"precision": "< 70", "most_proposals": "2"},
    )  # fmt: skip
    for n, category in enumerate(("lamp", "hole")):
        checked(scene.take(by(MISROUTING, change(f"p{n}", category))))
    assert code(scene.take(by(MISROUTING, change("p3", "tree")))) == "budget_spent"
    scene.take(yes("p0"))
    scene.take(yes("p1"))
    checked(scene.take(by(MISROUTING, change("p4", "tree"))))
    scene.take(by(OTHERS, change("p5", "snow")))
    scene.take(no("p5"))
    ends = scene.now + timedelta(days=30)
    scene.tick()
    said = scene.take(by(OTHERS, change("p6", "hole", before=120)))
    assert said[0].details == {"about": "north:deadline", "most": "1", "until": ends.isoformat()}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("states", "percent"),
    [((), 50), (("adopted", "kept"), 75), (("rejected",) * 2, 25), (("lapsed", "inconclusive", "checked"), 50)],
)
def test_precision_counts_what_was_judged(states: tuple[str, ...], percent: float) -> None:
    assert precision_percent(states) == percent


def test_people_are_not_limited() -> None:
    scene = limited(most_proposals="0")
    for n in range(3):
        checked(scene.take(change(f"p{n}")))
        scene.take(no(f"p{n}"))
    assert code(scene.take(by(MISROUTING, change("p9", "hole")))) == "budget_spent"


def test_taking_back_an_adopted_change_waits_for_no_evidence_but_needs_a_person() -> None:
    scene = limited()
    scene.on_trial(by(MISROUTING, change("p1")))
    back = RowChange(op="set", row_id="lamp", before=change("x").patch.changes[0].after,
                     after=change("x").patch.changes[0].before)  # fmt: skip
    found = checked(scene.take(by(OTHERS, proposal("p2", "deadline", [back], reverses="p1"))))
    assert found.reverses == "p1"
    assert found.needs_person


def test_without_the_table_loops_are_held_to_one_open_proposal_a_row_alone() -> None:
    scene = begun(world(tried=False))
    for n in range(4):
        checked(scene.take(by(MISROUTING, change(f"p{n}"))))
        scene.take(no(f"p{n}"))


def test_a_row_with_an_empty_cell_is_a_question_of_its_own() -> None:
    scene = begun(world())
    patch = change("p1").patch
    assert answers(patch, scene.state.heads) == {
        '{"category": "\\"lamp\\"", "priority": ""}': '{"answer_minutes": "240", "extension_minutes": "60"}'
    }


def test_two_loops_that_want_opposite_things_of_a_row_do_not_swing_it() -> None:
    """A year in which each proposes its own state whenever it may, and everything is accepted unless it needs a
    person: then people say no."""
    scene = limited()
    wants = {MISROUTING: "yard-lamp", OTHERS: "yard-hole"}
    now, changed, asked = "yard-lamp", 0, 0
    for day in range(365):
        for loop, wanted in wants.items():
            if now == wanted:
                continue
            row = RowChange(op="set", row_id="lamp", before=route("lamp", now), after=route("lamp", wanted))
            name = f"{loop.id}-{day}"
            (said,) = scene.take(by(loop, proposal(name, "jurisdiction", [row])))
            if not isinstance(said, ProposalChecked):
                continue
            asked += 1
            if said.needs_person:
                scene.take(no(name))
            else:
                scene.take(yes(name))
                now, changed = wanted, changed + 1
        days(scene, 1)
    print("asked", asked, "changed", changed)
    assert changed <= 4
    assert asked <= 12
