"""How rules come into force: one command, fact, tick or correction in, the rulebook afterwards and its steps out.
Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from common.contracts.events.base import Command
from common.contracts.events.clock import TimeCorrected
from common.contracts.events.rules import (
    DecideProposal,
    ProposeChange,
    ReviewChange,
    RollBackTrial,
    RulesCommandRefused,
    TrialOrder,
    WithdrawProposal,
)
from common.contracts.refusals import Reason, coded
from common.rulebook import Release
from common.rulebook.references import names_of

from rules.deciding import settle, withdraw
from rules.entitlement import not_entitled, not_proven_author, takes_back
from rules.hearing import hear
from rules.model import Fact, Incoming, Layers, Proposal, RulesCommand, RulesDecision, RulesState, Tick
from rules.orders import obey
from rules.peace import held_back
from rules.proposing import propose, reversed_by
from rules.releases import boundary_after, sooner
from rules.reviews import review
from rules.steps import Steps
from rules.sweep import begin_day, sweep

AT_ONCE = (WithdrawProposal, RollBackTrial)
"""Commands that wait for no tick, whoever gives them."""


def waits_for_tick(incoming: Incoming) -> bool:
    """Whether it is judged at the next tick: loops and services speak at ticks, several at once. People are answered at
    once, and harm is ended at once."""
    event = incoming.event
    if isinstance(event, Fact):
        return True
    if incoming.refused is not None or not isinstance(event, Command) or isinstance(event, AT_ONCE):
        return False
    return event.actor.role == "loop"


def speaks_ahead(incoming: Incoming, tick: Tick | None) -> bool:
    """Whether a loop orders a roll back at a tick that is not told here yet: it comes after what is due at the tick."""
    event = incoming.event
    if incoming.refused is not None or not isinstance(event, RollBackTrial) or event.actor.role != "loop":
        return False
    return tick is None or incoming.time > tick.until


def decide(state: RulesState, incoming: Incoming, federation: Layers) -> RulesDecision:
    """Decide one command, fact or correction of the clock. Slow where a patch is examined: that runs zen-engine."""
    event = incoming.event
    steps = Steps(state, incoming.time, names_of(federation))
    if isinstance(event, TimeCorrected):
        _bring_forward(steps, event)
    elif isinstance(event, Fact):
        hear(event, incoming.id, steps)
    elif isinstance(event, RulesCommand):
        reason = incoming.refused or _carry_out(event, incoming, steps, federation)
        if reason is not None:
            _refuse(steps, incoming, event, reason)
    return steps.decision()


def cannot_be_judged(state: RulesState, incoming: Incoming, error: Exception) -> RulesDecision:
    """What waited for a tick and makes its own judgement fail: a command is refused, a fact passed over."""
    steps = Steps(state, incoming.time)
    if isinstance(incoming.event, RulesCommand):
        _refuse(steps, incoming, incoming.event, f"it cannot be judged: {type(error).__name__}: {error}")
    return steps.decision()


def publish_base(state: RulesState, release: Release, now: datetime) -> RulesDecision:
    """A layer's first release, unless the layer has one."""
    steps = Steps(state, now)
    if release.layer not in state.heads:
        steps.publish(release, None)
    return steps.decision()


def at_tick_begin(state: RulesState, tick: Tick) -> RulesDecision:
    """Before what waited for the tick."""
    steps = Steps(state, tick.until)
    begin_day(steps)
    return steps.decision()


def at_tick_end(state: RulesState, tick: Tick, federation: Layers) -> RulesDecision:
    """After what waited for the tick. Slow where a trial is started: that runs zen-engine."""
    steps = Steps(state, tick.until, names_of(federation))
    sweep(steps, tick)
    return steps.decision()


def _refuse(steps: Steps, incoming: Incoming, event: RulesCommand, reason: str) -> None:
    refused = RulesCommandRefused(
        proposal_id=event.proposal_id, command=event.type, command_id=incoming.id, actor=event.actor.id,
        **coded(reason),
    )  # fmt: skip
    steps.say(refused, event.proposal_id)


def _bring_forward(steps: Steps, event: TimeCorrected) -> None:
    """Ticks end at the right time again. A release that was to take effect at a wrong boundary is published again,
    as a new one that takes effect at the next right one."""
    day = event.until.astimezone(UTC).date()
    if steps.state.day is not None and steps.state.day > day:
        steps.state = replace(steps.state, day=day)
    boundary = boundary_after(steps.now, steps.state.tick)
    for head in list(steps.state.heads.values()):
        if head.effective_at > boundary:
            steps.publish(sooner(head, boundary), None)


def _carry_out(event: RulesCommand, incoming: Incoming, steps: Steps, federation: Layers) -> str | None:
    """Do the command; the reason when it is refused."""
    known = steps.state.proposals.get(event.proposal_id)
    if isinstance(event, WithdrawProposal) and incoming.waiting is not None:
        return withdraw(event, incoming.waiting, steps)
    if isinstance(event, ProposeChange):
        if known is not None:
            prose = f"proposal {event.proposal_id} is there already, {known.state}; give a new one its own id"
            return Reason("proposal_known", prose, proposal_state=known.state)
        reason = not_entitled(federation, incoming.principal, event.actor, type(event), event.patch.layer)
        reason = reason or not_proven_author(incoming.principal, event)
        if reason is None and event.actor.role == "loop":
            reason = held_back(
                event, steps.state.heads, steps.state.proposals.values(), steps.now,
                reverses=reversed_by(event, steps) is not None,
            )  # fmt: skip
        if reason is None:
            propose(event, steps)
        return reason
    if known is None:
        return Reason("no_such_proposal", f"there is no proposal {event.proposal_id}")
    if isinstance(event, WithdrawProposal) and takes_back(incoming.principal, event, known.author_citizen):
        return withdraw(event, known, steps)
    reason = not_entitled(federation, incoming.principal, event.actor, type(event), known.patch.layer)
    return reason or _about(event, known, steps)


def _about(event: RulesCommand, known: Proposal, steps: Steps) -> str | None:
    match event:
        case WithdrawProposal():
            return withdraw(event, known, steps)
        case DecideProposal():
            return settle(event, known, steps)
        case ReviewChange():
            return review(event, known, steps)
        case TrialOrder():
            return obey(event, known, steps)
    raise AssertionError(f"{event.type} is about no proposal")
