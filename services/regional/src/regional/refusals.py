"""Refusals: to whom, and the reason where the table of a case's life has no row for what came."""

from __future__ import annotations

from common.contracts import case_life
from common.contracts.events import federal, region, routing
from common.contracts.events.base import Command, Event
from common.contracts.refusals import Reason

DONE: dict[type[Event], str] = {
    region.AcceptCase: "accepted",
    region.StartWork: "worked on",
    region.TransferCase: "transferred",
    region.RaiseDispute: "disputed",
    region.SettleDispute: "settled",
    region.ExtendCase: "extended",
    region.DeferCase: "deferred",
    region.AskCitizen: "put to the citizen",
    region.JoinCase: "joined",
    routing.JoinForwarded: "joined",
    region.AnswerCase: "answered",
    region.DeclineCase: "declined",
    region.AnswerDirective: "reported to the centre",
    routing.CaseAssigned: "assigned",
    routing.MessageForwarded: "written to",
    federal.DirectiveIssued: "put under a directive",
}


def impossible(event: Event, state: region.State, verdict: str | None) -> Reason:
    """Why this is not possible while the case is in `state`, and when it would be."""
    done = verdict or DONE.get(type(event), event.type)
    states = sorted(case_life.possible_in(type(event), verdict))
    prose = f"a case that is {state!r} cannot be {done}; it must be {' or '.join(states)}"
    return Reason("impossible_in_state", prose, state=state, states=",".join(states))


def actor_of(event: Event) -> str:
    """Who stands behind an event."""
    if isinstance(event, Command):
        return event.actor.id
    if isinstance(event, (routing.MessageForwarded, routing.VerdictForwarded, routing.JoinForwarded)):
        return event.citizen
    return "federal" if isinstance(event, federal.DirectiveIssued | federal.DirectiveWithdrawn) else "routing"
