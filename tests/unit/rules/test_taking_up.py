"""A wider change is tried in place of narrower ones that say the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from common.contracts.events.rules import (
    EndTrial,
    ProposalReturned,
    ProposeChange,
    RollBackTrial,
    TrialEnded,
    TrialOrder,
    TrialStarted,
    TrialWaits,
)
from common.contracts.patch import RowChange
from common.rulebook.jdm import document_of

from tests.unit.rules.scene import (
    CENTRE,
    MISROUTING,
    WATCHER,
    Scene,
    begun,
    change,
    code,
    names,
    proposal,
    reroute,
    route,
    world,
    yes,
)

LIMITS = {
    "loop": "", "table": "", "precision": "", "most_proposals": "100", "cooldown_days": "14", "settling_days": "0",
    "return_days": "0",
}  # fmt: skip
GUARD: dict[type[TrialOrder], dict[str, str]] = {RollBackTrial: {"guard": "transferred"}}
LAMPS = [RowChange(op="set", row_id="lamp", before=route("lamp", "yard-lamp"), after=route("lamp", "yard-ice"))]


def in_area(name: str, area: str, office: str = "yard-ice", **more: object) -> ProposeChange:
    """Lamps of one area, or of several with commas between, to another office, by a row before the category's own."""
    row = {**route("lamp", office), "area": ", ".join(f'"{one}"' for one in area.split(","))}
    return proposal(name, "jurisdiction", [RowChange(op="add", row_id=name, after=row, at=0)], **more)


def everywhere(name: str, **more: object) -> ProposeChange:
    """All lamps to another office."""
    return proposal(name, "jurisdiction", LAMPS, **more)


def scene_of(*given: ProposeChange) -> Scene:
    scene = begun(world())
    scene.on_trial(*given)
    return scene


def test_a_wider_change_ends_narrower_trials_that_say_the_same_and_starts_its_own() -> None:
    scene = scene_of(in_area("p1", "01"), in_area("p2", "02"))
    assert [scene[name].state for name in ("p1", "p2")] == ["on_trial", "accepted"]
    scene.take(everywhere("wide"))
    _, ended, returned, started = scene.take(yes("wide"))
    assert isinstance(ended, TrialEnded)
    assert (ended.proposal_id, ended.actor, ended.reason) == ("p1", "rules", "taken_up")
    assert ended.taken_up
    assert isinstance(returned, ProposalReturned)
    assert (returned.proposal_id, returned.code, returned.details) == ("p2", "taken_up", {"other_proposal": "wide"})
    assert isinstance(started, TrialStarted)
    assert [scene[name].state for name in ("p1", "p2", "wide")] == ["inconclusive", "returned", "on_trial"]
    scene.tick()
    assert scene.shares() == {"wide": 0.2}
    assert scene.verifies()


def test_a_change_of_the_nation_takes_up_what_a_region_tries_to_the_same_effect() -> None:
    scene = begun(world())
    scene.state.heads["north"].tables["jurisdiction"] = document_of("jurisdiction", [])
    routes = document_of("jurisdiction", [("lamp", route("lamp", "yard-lamp"))])
    scene.state.heads["national"].tables["jurisdiction"] = routes
    wide = everywhere("wide")
    nation = wide.patch.model_copy(update={"layer": "national"})
    scene.on_trial(in_area("p1", "01"), in_area("p2", "02", "yard-lamp"))
    scene.take(wide.model_copy(update={"patch": nation, "actor": CENTRE}))
    assert scene.take(yes("wide", CENTRE))[1:] == [TrialWaits(proposal_id="wide", behind=("p1", "p2"))]
    scene.take(EndTrial(actor=WATCHER, proposal_id="p2", reason="Neither gain nor harm", numbers={}))
    assert [scene[name].state for name in ("p1", "wide")] == ["inconclusive", "on_trial"]


def test_a_narrower_trial_that_says_something_else_goes_on_and_the_wider_change_waits() -> None:
    scene = scene_of(in_area("p1", "01", "yard-lamp"))
    scene.take(everywhere("wide"))
    assert scene.take(yes("wide"))[1:] == [TrialWaits(proposal_id="wide", behind=("p1",))]


def test_while_a_wider_change_must_wait_for_something_else_narrower_trials_go_on() -> None:
    scene = scene_of(in_area("p1", "01"), reroute("p2", "hole", "yard-lamp"))
    scene.take(everywhere("wide"))
    assert scene.take(yes("wide"))[1:] == [TrialWaits(proposal_id="wide", behind=("p1", "p2"))]
    said = scene.take(EndTrial(actor=WATCHER, proposal_id="p2", reason="Neither gain nor harm", numbers={}))
    assert names(said) == ["TrialEnded", "TrialEnded", "TrialStarted"]
    assert [scene[name].state for name in ("p1", "wide")] == ["inconclusive", "on_trial"]


def test_a_loop_asks_again_for_what_was_taken_up_when_the_wider_trial_is_over_and_no_setback_counts() -> None:
    scene = begun(world())
    scene.state.heads["national"].tables["loop_limits"] = document_of("loop_limits", [("all", LIMITS)])
    narrow = in_area("p1", "01", actor=MISROUTING)
    scene.take(narrow)
    scene.tick()
    scene.take(yes("p1"))
    scene.take(everywhere("wide"))
    scene.take(yes("wide"))
    assert scene["p1"].taken_up_by == "wide"
    again = narrow.model_copy(update={"proposal_id": "p3"})
    assert code(scene.take(again)) == "row_taken"
    scene.take(EndTrial(actor=WATCHER, proposal_id="wide", reason="Neither gain nor harm", numbers={}))
    assert names(scene.take(again.model_copy(update={"proposal_id": "p4"}))) == ["ProposalChecked"]


@pytest.mark.parametrize("order", [RollBackTrial, EndTrial])
def test_what_people_proposed_is_tried_by_itself_when_the_wider_change_comes_to_nothing(
    order: type[TrialOrder],
) -> None:
    scene = scene_of(in_area("p1", "01"), in_area("p2", "02"), in_area("p3", "03", actor=MISROUTING))
    scene.take(everywhere("wide"))
    scene.take(yes("wide"))
    assert scene["wide"].took_up == ("p1", "p2", "p3")
    said = scene.take(order(actor=WATCHER, proposal_id="wide", reason="It shows", numbers={}, **GUARD.get(order, {})))
    assert names(said)[1:] == ["TrialStarted", "TrialWaits"]
    assert [scene[name].state for name in ("p1", "p2", "p3")] == ["on_trial", "accepted", "returned"]
    assert [scene[name].taken_up_by for name in ("p1", "p2", "p3")] == [None, None, "wide"]
    scene.tick()
    assert scene.shares() == {"p1": 0.2}
    assert scene.verifies()


def test_what_was_tried_in_a_change_that_a_still_wider_one_takes_up_is_tried_in_that_one() -> None:
    scene = scene_of(in_area("p1", "01"))
    scene.take(in_area("wide", "01,02"))
    scene.take(yes("wide"))
    scene.take(everywhere("wider"))
    scene.take(yes("wider"))
    assert [scene[name].state for name in ("p1", "wide", "wider")] == ["inconclusive", "inconclusive", "on_trial"]
    assert scene["wider"].took_up == ("wide", "p1")
    scene.take(EndTrial(actor=WATCHER, proposal_id="wider", reason="Neither gain nor harm", numbers={}))
    assert [scene[name].state for name in ("p1", "wide")] == ["inconclusive", "on_trial"]


def test_no_loop_asks_again_while_what_took_up_the_wider_change_is_tried() -> None:
    scene = begun(world())
    narrow = in_area("p1", "01", actor=MISROUTING)
    scene.take(narrow)
    scene.tick()
    scene.take(yes("p1"))
    scene.take(everywhere("wide"))
    scene.take(yes("wide"))
    wider = replace(scene["wide"], id="wider")
    known = {**scene.state.proposals, "wide": replace(scene["wide"], state="returned", taken_up_by="wider")}
    scene.state = replace(scene.state, proposals={**known, "wider": wider})
    assert code(scene.take(narrow.model_copy(update={"proposal_id": "p3"}))) == "row_taken"


def test_what_takes_an_adopted_change_back_is_never_taken_up() -> None:
    scene = scene_of(in_area("p1", "01"))
    back = replace(scene["p1"], reverses="adopted")
    scene.state = replace(scene.state, proposals={**scene.state.proposals, "p1": back})
    scene.take(everywhere("wide"))
    assert scene.take(yes("wide"))[1:] == [TrialWaits(proposal_id="wide", behind=("p1",))]


def test_of_two_equal_changes_the_trial_of_the_first_goes_on() -> None:
    scene = scene_of(change("p1"))
    scene.take(change("p2"))
    assert scene.take(yes("p2"))[1] == TrialWaits(proposal_id="p2", behind=("p1",))
