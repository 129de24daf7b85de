"""How rules come into force: one command or correction in, the rulebook afterwards and its steps out. Pure."""

from __future__ import annotations

from datetime import datetime

from common.contracts.events.base import Actor, Command, Event
from common.contracts.events.clock import TimeCorrected
from common.contracts.events.rules import (
    DecideProposal,
    ProposalAccepted,
    ProposalAdopted,
    ProposalChecked,
    ProposalRefused,
    ProposalRejected,
    ProposalReturned,
    ProposalWithdrawn,
    ProposeChange,
    RulesCommandRefused,
    WithdrawProposal,
)
from common.contracts.refusals import Reason, coded
from common.contracts.rights import INSTALLATION, denial
from common.rulebook import NATIONAL, Release
from common.rulebook.examination import Fit, Unfit, examine
from common.rulebook.oracle import differences
from common.rulebook.references import KnownNames, names_of

from rules.model import Incoming, Layers, Proposal, RulesCommand, RulesDecision, RulesState
from rules.releases import boundary_after, next_release, sooner
from rules.steps import Steps


def waits_for_tick(incoming: Incoming) -> bool:
    """Whether it is judged at the next tick: loops speak at ticks, several at once. People are answered at once."""
    event = incoming.event
    return incoming.refused is None and isinstance(event, ProposeChange) and event.actor.role == "loop"


def decide(state: RulesState, incoming: Incoming, federation: Layers) -> RulesDecision:
    """Decide one command or correction of the clock. Slow where a patch is examined: that runs zen-engine."""
    event = incoming.event
    steps = Steps(state, incoming.time)
    if isinstance(event, TimeCorrected):
        _bring_forward(steps)
    elif isinstance(event, ProposeChange | DecideProposal | WithdrawProposal):
        reason = incoming.refused or _carry_out(event, incoming, steps, federation)
        if reason is not None:
            refused = RulesCommandRefused(
                proposal_id=event.proposal_id, command=event.type, command_id=incoming.id, actor=event.actor.id,
                **coded(reason),
            )  # fmt: skip
            steps.say(refused, event.proposal_id)
    return steps.decision()


def publish_base(state: RulesState, release: Release, now: datetime) -> RulesDecision:
    """A layer's first release, unless the layer has one."""
    steps = Steps(state, now)
    if release.layer not in state.heads:
        steps.publish(release, None)
    return steps.decision()


def not_entitled(federation: Layers, principal: str, actor: Actor, command: type[Command], layer: str) -> str | None:
    """Why `actor` may not give this command on `layer`, or None."""
    if (actor.role == "loop") != (principal == "reflex") or (principal == "operator") != (actor == INSTALLATION):
        prose = f"principal {principal!r} may not act in role {actor.role!r}"
        return Reason("principal_not_allowed", prose)
    if layer != NATIONAL and federation.region(layer) is None:
        return Reason("no_such_layer", f"there is no layer {layer!r} in this federation", layer=layer)
    if layer == NATIONAL and actor.role not in ("federal", "loop", INSTALLATION.role):
        return Reason("national_layer", "the national layer is the federal centre's")
    return denial(federation, actor, command, region=layer, principal=principal)


def _bring_forward(steps: Steps) -> None:
    """Ticks end at the right time again. A release that was to take effect at a wrong boundary is published again,
    as a new one that takes effect at the next right one."""
    boundary = boundary_after(steps.now, steps.state.tick)
    for head in list(steps.state.heads.values()):
        if head.effective_at > boundary:
            steps.publish(sooner(head, boundary), None)


def _carry_out(event: RulesCommand, incoming: Incoming, steps: Steps, federation: Layers) -> str | None:
    """Do the command; the reason when it is refused."""
    known = steps.state.proposals.get(event.proposal_id)
    if isinstance(event, WithdrawProposal) and incoming.waiting is not None:
        return _withdraw(event, incoming.waiting, steps)
    if isinstance(event, ProposeChange):
        if known is not None:
            prose = f"proposal {event.proposal_id} is there already, {known.state}; give a new one its own id"
            return Reason("proposal_known", prose, proposal_state=known.state)
        reason = not_entitled(federation, incoming.principal, event.actor, type(event), event.patch.layer)
        if reason is None:
            _propose(event, steps, names_of(federation))
        return reason
    if known is None:
        return Reason("no_such_proposal", f"there is no proposal {event.proposal_id}")
    if known.state != "checked":
        prose = f"proposal {event.proposal_id} is {known.state}: nothing is left to decide"
        return Reason("proposal_settled", prose, proposal_state=known.state)
    reason = not_entitled(federation, incoming.principal, event.actor, type(event), known.patch.layer)
    if reason is not None:
        return reason
    if isinstance(event, WithdrawProposal):
        return _withdraw(event, known, steps)
    _settle(event, known, steps, names_of(federation))
    return None


def _withdraw(event: WithdrawProposal, proposal: Proposal, steps: Steps) -> str | None:
    if event.actor.id != proposal.author:
        prose = f"only its author {proposal.author!r} may withdraw proposal {proposal.id}"
        return Reason("not_the_author", prose, author=proposal.author)
    said = ProposalWithdrawn(proposal_id=proposal.id, actor=event.actor.id, reason=event.reason)
    steps.close(proposal, "withdrawn", said)
    return None


def _propose(event: ProposeChange, steps: Steps, names: KnownNames) -> None:
    proposal = Proposal(event.proposal_id, "checked", event.actor.id, event.patch)
    found = examine(event.patch, steps.state.heads, names, differences)
    said: Event
    if isinstance(found, Unfit):
        said = ProposalRefused(
            proposal_id=proposal.id, title=event.title, actor=event.actor.id, rows=found.rows, **coded(found.reason)
        )
        steps.close(proposal, "refused", said)
        return
    given = event.model_dump(include=set(ProposalChecked.model_fields) - {"actor", "loop"})
    said = ProposalChecked(
        **given, reversal=found.reversal.model_dump(), actor=event.actor.id, findings=found.findings,
        # Who acts was proven; that a loop stands behind it is no word of a person's.
        loop=event.actor.id if event.actor.role == "loop" else None,
    )  # fmt: skip
    steps.close(proposal, "checked", said)


def _settle(event: DecideProposal, proposal: Proposal, steps: Steps, names: KnownNames) -> None:
    """An accepted patch is applied to the head of its layer, or returned when it no longer applies."""
    actor, state = event.actor.id, steps.state
    if not event.accept:
        said = ProposalRejected(proposal_id=proposal.id, actor=actor, reason=event.reason)
        steps.close(proposal, "rejected", said)
        return
    found = examine(proposal.patch, state.heads, names, differences)
    if not isinstance(found, Fit):
        why = "; ".join((found.reason, *found.rows[:5]))
        returned = ProposalReturned(proposal_id=proposal.id, **{**coded(found.reason), "reason": why})
        steps.close(proposal, "returned", returned)
        return
    release = next_release(state.heads[proposal.patch.layer], found.tables, boundary_after(steps.now, state.tick))
    steps.say(ProposalAccepted(proposal_id=proposal.id, actor=actor, reason=event.reason), proposal.id)
    steps.publish(release, proposal.id)
    adopted = ProposalAdopted(
        proposal_id=proposal.id, layer=release.layer, number=release.number, effective_at=release.effective_at
    )
    steps.close(proposal, "adopted", adopted)
