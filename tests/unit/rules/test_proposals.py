"""What becomes of a proposal, step by step, and what a corrected clock brings: decisions alone, without servers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from common.contracts.events.base import Actor, Event
from common.contracts.events.clock import TimeCorrected
from common.contracts.events.rules import (
    DecideProposal,
    Forecast,
    ProposalAccepted,
    ProposalAdopted,
    ProposalChecked,
    ProposalRefused,
    ProposalRejected,
    ProposalReturned,
    ProposalWithdrawn,
    ProposeChange,
    ReleasePublished,
    RulesCommandRefused,
    StepRecorded,
    WithdrawProposal,
)
from common.contracts.patch import Patch, RowChange
from common.federation.country import EPOCH, Person
from common.rulebook import NATIONAL, Release, sealed
from common.rulebook.jdm import document_of, rows_of
from rules.chain import Head
from rules.deciding import MOST_REASON_CHARACTERS
from rules.domain import decide, publish_base, waits_for_tick
from rules.model import Incoming, Proposal, RulesDecision, RulesState, Tick
from rules.verify import broken_link

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
AUTHOR = Actor(id="operator:north", role="operator", scope="north")
HEAD = Actor(id="head:north", role="regional_head", scope="north")
LOOP = Actor(id="misrouting", role="loop")


class Federation:
    people = (
        Person(id="operator:north", role="operator", scope="north"),
        Person(id="head:north", role="regional_head", scope="north"),
        Person(id="head:south", role="regional_head", scope="south"),
    )

    regions = authorities = categories = ()
    """None are known, so no name in a table is looked at."""

    def region(self, region_id: str) -> str | None:
        return region_id if region_id in ("north", "south") else None


def cells(minutes: str) -> dict[str, str]:
    return {"category": '"lamp"', "priority": "", "answer_minutes": minutes, "extension_minutes": "60"}


def base() -> RulesState:
    layers = {NATIONAL: "480", "north": "240", "south": "480"}
    heads = {
        layer: sealed(
            Release(layer=layer, number=1, effective_at=EPOCH,
                    tables={"deadline": document_of("deadline", [("r1", cells(minutes))])})
        )
        for layer, minutes in layers.items()
    }  # fmt: skip
    return RulesState(Head(), Tick(NOON - HOUR, NOON), heads, {})


def proposed(after: str = "120", actor: Actor = AUTHOR, layer: str = "north", name: str = "p1") -> ProposeChange:
    change = RowChange(op="set", row_id="r1", before=cells("240"), after=cells(after))
    patch = Patch(layer=layer, base_number=1, table="deadline", changes=(change,))
    forecast = Forecast(
        measure="minutes",
        expected=1,
        low=0,
        high=2,
        horizon_days=60,
        review_at=NOON + 60 * 24 * HOUR,
        cannot_know="much",
    )
    return ProposeChange(
        actor=actor, proposal_id=name, title="Faster lamps", words="", patch=patch, values=("timeliness",),
        evidence={}, forecast=forecast,
    )  # fmt: skip


def accepted(actor: Actor = HEAD) -> DecideProposal:
    return DecideProposal(actor=actor, proposal_id="p1", accept=True, reason="good")


def said(state: RulesState, event: Event, principal: str = "portal", **more: object) -> RulesDecision:
    incoming = Incoming("id", NOON + HOUR / 2, event, principal, **more)  # type: ignore[arg-type]
    return decide(state, incoming, Federation())


def checked() -> RulesState:
    return said(base(), proposed()).state


def events(decision: RulesDecision) -> list[Event]:
    return [e.event for e in decision.events if not isinstance(e.event, StepRecorded)]


def reason(decision: RulesDecision) -> str:
    (refused,) = events(decision)
    assert isinstance(refused, RulesCommandRefused)
    return refused.reason


@pytest.mark.parametrize(
    ("actor", "principal", "loop"), [(AUTHOR, "portal", None), (LOOP, "reflex", "misrouting")], ids=["person", "loop"]
)
def test_only_a_loops_own_proposal_is_said_to_be_a_loops(actor: Actor, principal: str, loop: str | None) -> None:
    claimed = proposed(actor=actor).model_copy(update={"loop": "misrouting"})
    (told,) = events(said(base(), claimed, principal))
    assert isinstance(told, ProposalChecked)
    assert (told.actor, told.loop) == (actor.id, loop)


def test_a_patch_that_fits_is_checked_and_a_looser_one_refused_with_its_rows() -> None:
    fits = said(base(), proposed("120"))
    assert [type(e) for e in events(fits)] == [ProposalChecked]
    assert fits.state.proposals["p1"].state == "checked"
    looser = said(base(), proposed("600"))
    (refused,) = events(looser)
    assert isinstance(refused, ProposalRefused)
    assert "r1" in refused.rows[0]
    assert looser.state.proposals["p1"].state == "refused"


def test_an_accepted_patch_becomes_the_next_release_in_force_from_the_next_tick_boundary() -> None:
    decision = said(checked(), accepted())
    assert [type(e) for e in events(decision)] == [ProposalAccepted, ReleasePublished, ProposalAdopted]
    (release,) = decision.released
    assert (release.layer, release.number, release.effective_at) == ("north", 2, NOON + HOUR)
    assert rows_of("deadline", release.tables["deadline"]) == [("r1", cells("120"))]
    assert decision.state.heads["north"] is release
    assert decision.state.proposals["p1"].state == "adopted"


def test_every_step_is_a_link_of_the_chain() -> None:
    first = said(base(), proposed())
    second = said(first.state, accepted())
    links = [e.event for e in (*first.events, *second.events) if isinstance(e.event, StepRecorded)]
    assert [e.step for e in links] == [
        "rules.proposal.checked", "rules.proposal.accepted", "rules.release.published", "rules.proposal.adopted"
    ]  # fmt: skip
    assert broken_link(link.model_dump_json().encode() for link in links) == (4, None)
    assert second.state.head == Head(4, links[-1].hash)


def test_a_rejected_proposal_changes_no_rule() -> None:
    state = checked()
    decision = said(state, accepted().model_copy(update={"accept": False}))
    assert [type(e) for e in events(decision)] == [ProposalRejected]
    assert decision.state.heads == state.heads
    assert "nothing is left to decide" in reason(said(decision.state, accepted()))


@pytest.mark.parametrize("kind", ["accept", "reject", "withdraw"])
def test_a_reason_beyond_every_bound_changes_nothing(kind: str) -> None:
    words = "x" * (MOST_REASON_CHARACTERS + 1)
    order = (
        WithdrawProposal(actor=AUTHOR, proposal_id="p1", reason=words) if kind == "withdraw"
        else DecideProposal(actor=HEAD, proposal_id="p1", accept=kind == "accept", reason=words)
    )  # fmt: skip
    before = checked()
    decision = said(before, order)
    assert "more than 2000 characters" in reason(decision)
    assert decision.state.proposals == before.proposals


def test_an_accepted_patch_that_no_longer_applies_is_returned() -> None:
    state = said(base(), proposed(name="p2")).state
    moved = said(said(state, proposed("100")).state, accepted()).state
    second = said(moved, accepted().model_copy(update={"proposal_id": "p2"}))
    assert [type(e) for e in events(second)] == [ProposalReturned]
    assert second.released == ()


@pytest.mark.parametrize(
    ("event", "principal", "expected"),
    [
        (proposed(layer="west"), "portal", "no layer 'west'"),
        (proposed(layer=NATIONAL), "portal", "the federal centre's"),
        (proposed(actor=LOOP), "portal", "may not act in role 'loop'"),
        (proposed(), "reflex", "may not act in role 'operator'"),
        (accepted(), "portal", "there is no proposal p1"),
    ],
)
def test_who_is_not_entitled_changes_nothing(event: Event, principal: str, expected: str) -> None:
    state = base()
    decision = said(state, event, principal)
    assert expected in reason(decision)
    assert (decision.state.heads, decision.state.proposals) == (state.heads, state.proposals)


def test_a_head_decides_only_for_the_own_region() -> None:
    other = Actor(id="head:south", role="regional_head", scope="south")
    assert "acts for 'south'" in reason(said(checked(), accepted(other)))


def test_one_id_is_one_proposal() -> None:
    assert "give a new one its own id" in reason(said(checked(), proposed("100")))


def test_only_its_author_withdraws_a_proposal() -> None:
    other = WithdrawProposal(actor=HEAD, proposal_id="p1", reason="no")
    assert "only its author" in reason(said(checked(), other))
    own = said(checked(), WithdrawProposal(actor=AUTHOR, proposal_id="p1", reason="a mistake"))
    assert [type(e) for e in events(own)] == [ProposalWithdrawn]
    assert own.state.proposals["p1"].state == "withdrawn"


def test_a_loops_proposal_waits_for_the_tick_unless_its_signature_is_refused() -> None:
    made = proposed(actor=LOOP)
    assert waits_for_tick(Incoming("id", NOON, made, "reflex"))
    assert not waits_for_tick(Incoming("id", NOON, made, refused="a forged signature"))
    assert not waits_for_tick(Incoming("id", NOON, proposed(), "portal"))
    assert reason(said(base(), made, "", refused="a forged signature")) == "a forged signature"


def test_a_loop_withdraws_what_no_tick_has_judged_yet() -> None:
    waiting = Proposal("p1", "checked", LOOP.id, proposed().patch)
    decision = said(
        base(), WithdrawProposal(actor=LOOP, proposal_id="p1", reason="the clock was wrong"), "reflex", waiting=waiting
    )
    assert [type(e) for e in events(decision)] == [ProposalWithdrawn]
    assert decision.state.proposals["p1"].state == "withdrawn"


def test_a_release_that_waits_for_a_wrong_boundary_comes_into_force_at_the_next_right_one() -> None:
    state = said(checked(), accepted()).state
    right = NOON - 3 * HOUR
    corrected = RulesState(state.head, Tick(right - HOUR, right), state.heads, state.proposals)
    event = TimeCorrected(wrong_until=NOON, until=right, reason="ahead", actor=HEAD)
    decision = decide(corrected, Incoming("id", right + HOUR / 4, event), Federation())
    (release,) = decision.released
    assert (release.layer, release.number, release.effective_at) == ("north", 3, right + HOUR)
    assert release.tables == state.heads["north"].tables


def test_a_layers_base_release_is_published_once() -> None:
    empty = RulesState(Head(), None, {}, {})
    release = base().heads["north"]
    first = publish_base(empty, release, EPOCH)
    assert [type(e) for e in events(first)] == [ReleasePublished]
    assert publish_base(first.state, release, EPOCH).events == ()
