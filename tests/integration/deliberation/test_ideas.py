"""A citizen's idea on a real database: taken up, refused, declined, taken back; every state reaches its author."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from common.contracts.catalogue import topic_of
from common.contracts.delivery import Emit
from common.contracts.events import deliberation as said
from common.contracts.events import rules
from common.contracts.events.base import Event
from deliberation.news import KINDS, NOT_TOLD, OF_IDEAS

from tests.databases import Databases
from tests.deliberations import DAY, EXPERT, NOON, NORTH, STEP, backtest, book, patch, proposal, word
from tests.integration.deliberation.hearing import Hearing, hearing, of

TRIAL = Path(__file__).parents[2] / "contract" / "golden" / "rules.trial.started.v1" / "full.json"
WISH = "let the potholes of our street go to the other yard"


async def wish(db: Hearing, citizen: str = "zoe") -> said.IdeaReceived:
    await db.hear((word(citizen, WISH, about=None), NOON))
    (idea,) = of(await db.tick(NOON + STEP), said.IdeaReceived)
    return idea


def take_up(idea: said.IdeaReceived, **given: Any) -> said.TakeUpIdea:
    fields = {"actor": EXPERT.actor, "proposal_id": "p", "title": "To lighting", "words": "nearer", "patch": patch()}
    return said.TakeUpIdea.model_validate({"idea_id": idea.idea_id, **fields, **given})


def made(emits: list[Emit]) -> tuple[rules.ProposeChange, str]:
    """The proposal that is ordered, and the order's id."""
    (emit,) = [e for e in emits if isinstance(e.event, rules.ProposeChange)]
    assert isinstance(emit.event, rules.ProposeChange)
    assert emit.topic == "rules.commands"
    assert emit.id is not None
    return emit.event, emit.id


def refused(order_id: str, **given: str) -> rules.RulesCommandRefused:
    fields = {"command": rules.ProposeChange.type, "actor": EXPERT.id, "reason": "known", **given}
    return rules.RulesCommandRefused.model_validate({"proposal_id": "p", "command_id": order_id, **fields})


async def checked_of(db: Hearing, idea: said.IdeaReceived) -> list[Emit]:
    await db.hear((proposal(author_citizen=idea.citizen, idea_id=idea.idea_id), NOON + STEP))
    return await db.tick(NOON + 2 * STEP)


def told(emits: list[Emit]) -> list[tuple[str, str]]:
    """Citizens and what they are told."""
    kinds = [(e.citizen, e.kind) for e in of(emits, said.CitizenToBeTold)]
    return kinds + [(e.citizen, f"idea_{e.kind}") for e in of(emits, said.CitizenToBeToldOfIdea)]


async def test_an_idea_becomes_a_proposal_whose_author_is_the_citizen_and_can_be_taken_up_once(
    databases: Databases,
) -> None:
    async with hearing(databases, book()) as db:
        idea = await wish(db)
        emits = await db.order(take_up(idea), NOON + STEP)
        change, _ = made(emits)
        assert (change.author_citizen, change.idea_id, change.actor) == ("zoe", idea.idea_id, EXPERT.actor)
        assert [e.proposal_id for e in of(emits, said.IdeaTakenUp)] == ["p"]
        again = await db.order(take_up(idea, proposal_id="q"), NOON + STEP)
        assert [e.code for e in of(again, said.DeliberationCommandRefused)] == ["idea_settled"]
        assert told(emits + again) == []
        emits = await checked_of(db, idea)
        (news,) = of(emits, said.CitizenToBeToldOfIdea)
        assert (news.citizen, news.kind, news.proposal_id, news.facts["title"]) == (
            "zoe",
            "taken_up",
            "p",
            "Proposal p",
        )
        assert news.proposal_reference is not None
        await db.hear((backtest(), NOON + 2 * STEP))
        assert told(await db.tick(NOON + 3 * STEP)) == [("zoe", "opened")]


async def test_a_proposal_that_the_check_refuses_frees_the_idea_and_its_author_is_told(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        idea = await wish(db)
        _, first = made(await db.order(take_up(idea), NOON + STEP))
        stranger = rules.ProposalRefused(proposal_id="p", actor="x", reason="another one with this id")
        of_others = [stranger, refused("another order"), refused(first, command=rules.DecideProposal.type)]
        await db.hear(*((event, NOON + STEP) for event in of_others))
        assert told(await db.tick(NOON + 2 * STEP)) == []
        no = rules.ProposalRefused(
            proposal_id="p", actor=EXPERT.id, reason="it is looser", code="loosens_standard", idea_id=idea.idea_id
        )
        await db.hear((no, NOON + 2 * STEP))
        emits = await db.tick(NOON + 3 * STEP)
        assert told(emits) == [("zoe", "idea_refused")]
        assert [(e.state, e.code) for e in of(emits, said.IdeaFreed)] == [("refused", "loosens_standard")]
        _, second = made(await db.order(take_up(idea, proposal_id="q"), NOON + 3 * STEP))
        await db.hear((refused(second, proposal_id="q"), NOON + 3 * STEP))
        emits = await db.tick(NOON + 4 * STEP)
        assert told(emits) == [("zoe", "idea_refused")]
        assert len(of(emits, said.IdeaFreed)) == 1
        made(await db.order(take_up(idea, proposal_id="r"), NOON + 4 * STEP))


async def test_an_idea_is_declined_with_words_that_reach_its_author(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        idea = await wish(db)
        order = said.DeclineIdea(actor=NORTH.actor, idea_id=idea.idea_id, words="The street is rebuilt in autumn.")
        no = await db.order(order.model_copy(update={"actor": EXPERT.actor}), NOON + STEP)
        assert [e.code for e in of(no, said.DeliberationCommandRefused)] == ["role_not_allowed"]
        emits = await db.order(order, NOON + STEP)
        (news,) = of(emits, said.CitizenToBeToldOfIdea)
        assert (news.citizen, news.kind, news.facts["reason"]) == ("zoe", "declined", order.words)
        assert [e.words for e in of(emits, said.IdeaDeclined)] == [order.words]
        late = await db.order(take_up(idea), NOON + STEP)
        assert [e.code for e in of(late, said.DeliberationCommandRefused)] == ["idea_settled"]


async def test_nobody_takes_back_an_idea_but_its_author(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        idea = await wish(db)
        await db.hear((word("anna", f"withdraw {idea.reference}", about=None), NOON + STEP))
        assert told(await db.tick(NOON + 2 * STEP)) == [("anna", "no_such_proposal")]
        await db.hear((word("zoe", f"withdraw {idea.reference}", about=None), NOON + 2 * STEP))
        emits = await db.tick(NOON + 3 * STEP)
        assert told(emits) == [("zoe", "idea_withdrawn")]
        assert len(of(emits, said.IdeaWithdrawn)) == 1
        await db.hear((word("zoe", f"Отзываю {idea.reference}", about=None), NOON + 3 * STEP))
        assert told(await db.tick(NOON + 4 * STEP)) == [("zoe", "no_such_proposal")]


async def test_taking_an_idea_back_asks_to_withdraw_the_proposal_and_tells_what_came_of_it(
    databases: Databases,
) -> None:
    async with hearing(databases, book()) as db:
        idea = await wish(db)
        made(await db.order(take_up(idea), NOON + STEP))
        await checked_of(db, idea)
        await db.hear((word("zoe", f"withdraw {idea.reference}", about="p"), NOON + 2 * STEP))
        emits = await db.tick(NOON + 3 * STEP)
        assert told(emits) == [("zoe", "idea_withdrawing")]
        (order,) = of(emits, rules.WithdrawProposal)
        assert (order.actor.id, order.actor.role, order.proposal_id) == ("zoe", "citizen", "p")
        late = refused("order", command=rules.WithdrawProposal.type, actor="zoe", code="proposal_settled")
        await db.hear((late, NOON + 3 * STEP))
        assert told(await db.tick(NOON + 4 * STEP)) == [("zoe", "idea_not_withdrawn")]


RELEASED = {"layer": "north", "number": 2, "effective_at": NOON, "actor": "trial", "reason": "r", "share": 0.2}
LIFE: dict[type[Event], dict[str, Any]] = {
    rules.ProposalAccepted: {"actor": NORTH.id, "reason": "yes"},
    rules.ProposalRejected: {"actor": NORTH.id, "reason": "too dear"},
    rules.ProposalWithdrawn: {"actor": EXPERT.id, "reason": "a mistake"},
    rules.ProposalReturned: {"reason": "the base moved"},
    rules.ProposalLapsed: {"reason": "consent_revoked"},
    rules.ProposalAdopted: RELEASED,
    rules.TrialStarted: json.loads(TRIAL.read_text()),
    rules.TrialRolledBack: RELEASED,
    rules.TrialEnded: RELEASED,
    rules.ChangeReviewed: {"outcome": "reversed", "verdict": "missed", "actor": NORTH.id, "reason": "no gain"},
    rules.ChangeReversed: {"reversal_id": "q", "effective_at": NOON},
}


def test_each_event_of_a_proposals_life_is_told_or_known_why_not() -> None:
    ways = (KINDS.keys(), OF_IDEAS.keys(), NOT_TOLD.keys())
    assert set().union(*ways) == set(topic_of("rules.proposals").types)
    assert sum(map(len, ways)) == len(topic_of("rules.proposals").types)
    assert KINDS.keys() == LIFE.keys()


@pytest.mark.parametrize("kind", list(LIFE), ids=lambda kind: kind.__name__)
async def test_each_state_of_a_proposal_reaches_the_citizen_whose_idea_it_was(
    databases: Databases, kind: type[Event]
) -> None:
    async with hearing(databases, book()) as db:
        idea = await wish(db)
        made(await db.order(take_up(idea), NOON + STEP))
        await checked_of(db, idea)
        event = kind.model_validate({**LIFE[kind], "proposal_id": "p"})
        await db.hear((event, NOON + 2 * STEP))
        emits = await db.tick(NOON + 3 * STEP)
        ((citizen, news),) = told(emits)
        assert (citizen, news) == ("zoe", "reversed" if kind is rules.ChangeReviewed else KINDS[kind])
        (notice,) = of(emits, said.CitizenToBeTold)
        assert notice.facts.get("reason") == LIFE[kind].get("reason")
        freed = kind in (rules.ProposalReturned, rules.ProposalWithdrawn)
        assert bool(of(emits, said.IdeaFreed)) == freed


async def test_a_deliberation_that_lapses_is_told_once(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        idea = await wish(db)
        made(await db.order(take_up(idea), NOON + STEP))
        await checked_of(db, idea)
        await db.hear((backtest(), NOON + 2 * STEP))
        await db.tick(NOON + 3 * STEP)
        end = NOON + 3 * STEP + 7 * DAY + timedelta(hours=6)
        assert told(await db.tick(end)) == [("zoe", "lapsed")]
        await db.hear((rules.ProposalLapsed(proposal_id="p", reason="quorum_not_met"), end))
        assert told(await db.tick(end + STEP)) == []


async def test_steps_that_are_said_at_one_time_are_told_in_their_order(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        idea = await wish(db)
        made(await db.order(take_up(idea), NOON + STEP))
        await checked_of(db, idea)
        steps = [rules.ProposalAdopted, rules.ProposalAccepted]
        events = [kind.model_validate({**LIFE[kind], "proposal_id": "p"}) for kind in steps]
        at = NOON + 2 * STEP
        await db.batch([db.delivery(event, at, name) for event, name in zip(events, ("a", "b"), strict=True)])
        assert told(await db.tick(NOON + 3 * STEP)) == [("zoe", "accepted"), ("zoe", "adopted")]
