"""Where a proposal stands as pages show it, whichever of its topics is read first; its argument, trial and record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from common.contracts.events import deliberation, rules
from common.contracts.events.archive import ForecastScored
from common.contracts.events.base import Event
from common.contracts.events.reflex.observations import ArmSeen, GuardSeen, TrialObserved
from common.contracts.patch import Patch, RowChange
from common.contracts.trial import TrialPlan
from portal.argument import argument_of
from portal.item_fold import Item, fold_item
from portal.proposal_fold import STEPS, disputed
from portal.proposal_text import CLOSED, STANDS, TOLD, VERDICTS
from portal.proposal_text import STEPS as PLAIN
from portal.track_record import records
from portal.trial_view import trial_of
from portal.voice_store import Voice

NOON = datetime(2011, 7, 1, 12, tzinfo=UTC)
PATCH = Patch(
    layer="north", base_number=1, table="jurisdiction",
    changes=(RowChange(op="set", row_id="r", before={"authority": '"a"'}, after={"authority": '"b"'}),),
)  # fmt: skip
PLAN = TrialPlan(
    proposal_id="p",
    patch=PATCH,
    reversal=PATCH,
    unit="case",
    share=0.2,
    steps=(0.2, 0.5, 1.0),
    salt="s",
    started_at=NOON,
)
TERMS = deliberation.DeliberationTerms(
    row_id="any", release="national:1", speakers=("citizen", "region"), quorum={"citizen": 2}
)
CHECKED = rules.ProposalChecked(
    proposal_id="p", title="t", words="w", patch=PATCH, reversal=PATCH, actor="misrouting", loop="misrouting"
)
OPENED = deliberation.DeliberationOpened(
    proposal_id="p", reference="P-1", layer="north", title="t", terms=TERMS, opened_at=NOON,
    until=NOON + timedelta(days=3), latest=NOON + timedelta(days=9),
)  # fmt: skip
CLOSED_FOR = deliberation.DeliberationClosed(
    proposal_id="p", outcome="may_be_decided", reason="supported", closed_at=NOON
)
ACCEPTED = rules.ProposalAccepted(proposal_id="p", actor="head:north", reason="yes")
PLACE: dict[str, Any] = {"proposal_id": "p", "layer": "north", "number": 2, "effective_at": NOON}
STARTED = rules.TrialStarted(**PLACE, plan=PLAN)
STEPPED = rules.TrialStepped(**PLACE, share=0.5, actor="trial")
PAUSED = rules.TrialPaused(**PLACE, actor="head:north", reason="a storm")
ROLLED_BACK = rules.TrialRolledBack(**PLACE, actor="trial", reason="more late cases", guard="overdue")
ADOPTED = rules.ProposalAdopted(**PLACE, canary_skipped=False)


def folded(events: Sequence[Event]) -> Item:
    item: Item | None = None
    for number, event in enumerate(events):
        item = fold_item(item, event, NOON + timedelta(minutes=number), f"cause-{number}")
    assert item is not None
    return item


@pytest.mark.parametrize("order", list(permutations((CHECKED, OPENED, CLOSED_FOR))))
def test_a_proposal_waits_for_the_decision_whichever_topic_is_read_first(order: Sequence[Event]) -> None:
    assert folded(order).state == "to_be_decided"


def test_a_late_word_of_the_deliberation_does_not_take_a_decision_back() -> None:
    item = folded([CHECKED, ACCEPTED, STARTED, OPENED, CLOSED_FOR])
    assert item.state == "on_trial"
    assert [s["step"] for s in item.data["steps"]] == ["checked", "accepted", "trial_started", "opened", "closed"]


@pytest.mark.parametrize(
    ("last", "state"),
    [
        (ROLLED_BACK, "rolled_back"),
        (rules.TrialEnded(**PLACE, actor="trial", reason="too few"), "inconclusive"),
        (ADOPTED, "adopted"),
        (rules.ProposalLapsed(proposal_id="p", reason="quorum_not_met"), "lapsed"),
        (rules.ReviewFell(proposal_id="p", verdict="below"), "review_due"),
        (rules.ChangeReviewed(proposal_id="p", outcome="kept", verdict="held", actor="rules"), "kept"),
        (rules.ChangeReviewed(proposal_id="p", outcome="reversed", verdict="below", actor="h"), "review_due"),
        (rules.ChangeReversed(proposal_id="p", reversal_id="q", effective_at=NOON), "reversed"),
    ],
)
def test_the_last_word_of_rules_is_where_it_stands(last: Event, state: str) -> None:
    assert folded([CHECKED, ACCEPTED, STARTED, last]).state == state
    assert state in STANDS


def test_each_step_has_words() -> None:
    assert set(STEPS) <= {*TOLD, *PLAIN, "adopted"}


def test_each_reason_for_a_closing_and_each_verdict_has_words() -> None:
    assert set(CLOSED) == set(deliberation.DeliberationClosed.model_fields["reason"].annotation.__args__)  # type: ignore[union-attr]
    assert set(VERDICTS) >= set(ForecastScored.model_fields["verdict"].annotation.__args__)  # type: ignore[union-attr]


def test_a_closing_that_bursts_alone_decide_is_said_to_be_left_to_a_person_with_the_count_without_them() -> None:
    others = deliberation.CountWithoutBursts(
        outcome="may_be_decided", reason="supported",
        counts=(deliberation.RoleCount(role="citizen", voices=9, support=8, object=1),),
    )  # fmt: skip
    left = CLOSED_FOR.model_copy(update={"reason": "not_supported", "without_bursts": others})
    item = folded([CHECKED, OPENED, left])
    found = argument_of(item.data, {}, {}, [], 0, {}, {})
    assert found is not None
    assert (item.state, found.disputed) == ("to_be_decided", True)
    assert found.without_bursts == {"voices": 9, "support": 8, "object": 1}
    (step,) = [s for s in item.data["steps"] if s["step"] == "closed"]
    assert (disputed(step), disputed({"reason": "supported", "without_bursts": {"reason": "supported"}})) == (
        True,
        False,
    )


def test_an_argument_counts_by_role_and_says_what_share_is_for_it() -> None:
    tallies = {("citizen", "support"): 3, ("citizen", "object"): 1, ("region", "comment"): 1}
    found = argument_of(folded([CHECKED, OPENED]).data, tallies, {}, [], 0, {}, {})
    assert found is not None
    assert found.support_percent == 75
    assert [(r.role, r.voices, r.quorum, r.met) for r in found.roles] == [
        ("citizen", 4, 2, True),
        ("region", 1, 0, True),
    ]
    assert found.is_open
    assert found.groups is None
    assert argument_of(folded([CHECKED]).data, {}, {}, [], 0, {}, {}) is None


def test_opinion_groups_show_the_voices_that_they_name_and_no_others() -> None:
    voice = Voice(
        voice_id="v", number=1, speaker="s", role="citizen", stance="object", words="far away", channel="web",
        counts=True, given_at=NOON, answer=None, answered_by=None, answered_at=None, hidden=False, hidden_reason=None,
        hidden_by=None, appeal="none",
    )  # fmt: skip
    groups = deliberation.OpinionGroupsFound(
        proposal_id="p", people=9, found_at=NOON,
        groups=(deliberation.OpinionGroup(people=5, support=1, object=4, typical=("v", "h", "gone")),), shared=("h",),
    )  # fmt: skip
    hidden = replace(voice, voice_id="h", hidden=True)
    found = argument_of(folded([CHECKED, OPENED, groups]).data, {}, {}, [], 0, {"v": voice, "h": hidden}, {})
    assert found is not None
    assert found.groups is not None
    assert [(g.people, [v.words for v in g.typical]) for g in found.groups.rows] == [(5, ["far away"])]
    assert (found.groups.rows[0].support_share, found.groups.shared) == (0.2, ())


def looked(evidence: float) -> TrialObserved:
    arm = ArmSeen(units=9, outcomes=5, measures={"transferred": 0.4})
    guards = [
        GuardSeen(guard="overdue", evidence=evidence, bound=60),
        GuardSeen(guard="rating", evidence=1, bound=60),
    ]
    return TrialObserved(
        proposal_id="p", share=0.2, current=arm, candidate=arm, gain=4, gain_bound=20, guards=tuple(guards),
        observed_at=NOON,
    )  # fmt: skip


def test_a_trial_shows_its_share_both_arms_and_the_nearest_guard_first() -> None:
    seen = folded([looked(3), looked(30)])
    view = trial_of(folded([CHECKED, STARTED, STEPPED]).data, seen.data)
    assert view is not None
    assert (view.share, view.paused, view.running) == (0.5, False, True)
    assert [g.guard for g in view.guards] == ["overdue", "rating"]
    assert [(m.measure, m.current, m.candidate) for m in view.measures] == [("transferred", 0.4, 0.4)]
    assert [(p["gain"], p["harm"]) for p in view.course] == [(0.2, 0.05), (0.2, 0.5)]


def test_nobody_follows_a_paused_trial_and_all_follow_an_adopted_change() -> None:
    paused = trial_of(folded([CHECKED, STARTED, STEPPED, PAUSED]).data, None)
    adopted = trial_of(folded([CHECKED, STARTED, STEPPED, ADOPTED]).data, None)
    assert paused is not None
    assert adopted is not None
    assert (paused.share, paused.paused, adopted.share, adopted.running) == (0.0, True, 1.0, False)


def test_a_trial_that_a_wider_change_had_taken_up_begins_anew() -> None:
    taken_up = rules.TrialEnded(**PLACE, actor="rules", reason="taken_up")
    item = folded([CHECKED, STARTED, STEPPED, PAUSED, taken_up, STARTED])
    view = trial_of(item.data, None)
    assert view is not None
    assert (item.state, view.share, view.paused, view.running) == ("on_trial", 0.2, False, True)


def test_a_long_trial_keeps_a_bounded_course_with_its_last_look() -> None:
    seen = folded([looked(n / 10) for n in range(700)])
    assert len(seen.data["course"]) <= 200
    assert seen.data["course"][-1]["harm"] == pytest.approx(69.9 / 60)


def test_a_track_record_counts_what_became_of_proposals_and_what_forecasts_promised() -> None:
    score = ForecastScored(
        proposal_id="p", proposer="misrouting", measure="transfers avoided", verdict="held", expected=10, low=2,
        high=20, actual=8, since=NOON, until=NOON,
    )  # fmt: skip
    good = folded([CHECKED, ACCEPTED, STARTED, ADOPTED, score])
    bad = folded([CHECKED, ACCEPTED, STARTED, ROLLED_BACK])
    person = folded([CHECKED.model_copy(update={"loop": None, "actor": "head:north"})])
    first, second = records((i.state, i.data) for i in (good, bad, person))
    assert (first.proposer, first.loop, first.proposals, first.adopted, first.rolled_back) == (
        "misrouting",
        True,
        2,
        1,
        1,
    )
    assert (first.scored, first.held, first.promised, first.came) == (1, 1, 10, 8)
    assert (second.proposer, second.loop, second.open) == ("head:north", False, 1)


def test_a_track_record_counts_a_trial_that_a_wider_change_took_up_as_not_accepted() -> None:
    ended = rules.TrialEnded(**PLACE, actor="rules", reason="taken_up")
    of_itself = rules.TrialEnded(**PLACE, actor="rules", reason="too_few")
    items = [folded([CHECKED, ACCEPTED, STARTED, end]) for end in (ended, of_itself)]
    (record,) = records((i.state, i.data) for i in items)
    assert (record.refused, record.inconclusive, record.open) == (1, 1, 0)
