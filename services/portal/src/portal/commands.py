"""What people do on pages becomes signed commands on topics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from common.contracts.envelope import derived_id
from common.contracts.events import region as cases
from common.contracts.events.base import Actor, Command
from common.contracts.events.operations import ReplayDeadLetter, SkipDeadLetter
from common.contracts.events.routing import AnswerTriage, DeclineTriage
from common.contracts.events.rules import DecideProposal
from common.runtime.context import Context

from portal.forms import Form, FormRefused
from portal.permissions import ACTIONS

About = Literal["case", "proposal", "dead_letter"]


@dataclass(frozen=True, slots=True)
class PortalCommand:
    """A command ready to be given: its topic and key, and under which thing its outcome will be found."""

    topic: str
    key: str
    command: Command
    about: About
    name: str
    """Id of the case, proposal or dead letter."""
    back: str
    """The page that shows the outcome."""


def decide_proposal(actor: Actor, form: Form) -> PortalCommand:
    accept = form.one_of("decision", ("accept", "reject")) == "accept"
    reason = form.text("reason")
    if not accept:
        reason = form.needed("reason", "A rejection needs a reason: write why, then reject once more.")
    proposal = form.identifier("proposal_id")
    command = DecideProposal(actor=actor, proposal_id=proposal, accept=accept, reason=reason)
    return PortalCommand("rules.commands", proposal, command, "proposal", proposal, f"/proposals/{proposal}")


def answer_triage(actor: Actor, form: Form) -> PortalCommand:
    case_id = form.identifier("case_id")
    command: Command
    if form.one_of("decision", ("answer", "decline")) == "decline":
        reason = form.needed("reason", "Declining needs a reason: write it, then decline once more.")
        command = DeclineTriage(actor=actor, case_id=case_id, reason=reason)
    else:
        command = AnswerTriage(
            actor=actor, case_id=case_id, category=form.category(), area=form.area(), authority=form.authority()
        )
    return PortalCommand("routing.commands", case_id, command, "case", case_id, "/triage")


def settle_dead_letter(actor: Actor, form: Form) -> PortalCommand:
    order = SkipDeadLetter if form.one_of("decision", ("replay", "skip")) == "skip" else ReplayDeadLetter
    letter, service = form.identifier("dead_letter_id"), form.service()
    command = order(actor=actor, service=service, dead_letter_id=letter)
    return PortalCommand("operations.commands", service, command, "dead_letter", letter, "/operations")


def act_on_case(actor: Actor, form: Form) -> PortalCommand:
    case_id, words = form.identifier("case_id"), form.text("words")
    base = {"actor": actor, "case_id": case_id}
    command: Command
    match form.one_of("action", tuple(ACTIONS)):
        case "accept":
            command = cases.AcceptCase.model_validate(base)
        case "start_work":
            command = cases.StartWork.model_validate(base)
        case "answer":
            words = form.needed("words", "An answer needs words for the citizen.")
            command = cases.AnswerCase.model_validate({**base, "text": words})
        case "transfer":
            to = form.authority()
            if to is None:
                raise FormRefused("Choose the authority that the case should go to.")
            command = cases.TransferCase.model_validate({**base, "to_authority": to, "reason": words})
        case "ask":
            words = form.needed("words", "Write what the citizen is asked.")
            command = cases.AskCitizen.model_validate({**base, "question": words})
        case "extend":
            words = form.needed("words", "An extension needs a reason; the citizen is told.")
            command = cases.ExtendCase.model_validate({**base, "reason": words})
        case _:
            ground = form.needed("words", "Declining needs its legal ground.")
            command = cases.DeclineCase.model_validate({**base, "ground": ground})
    return PortalCommand(f"region.{form.region()}.commands", case_id, command, "case", case_id, f"/cases/{case_id}")


def answer_directive(actor: Actor, form: Form) -> PortalCommand:
    text = form.needed("words", "Write what the region did about the directive.")
    case_id = form.identifier("case_id")
    command = cases.AnswerDirective(
        actor=actor, case_id=case_id, directive_id=form.identifier("directive_id"), text=text
    )
    return PortalCommand(f"region.{form.region()}.commands", case_id, command, "case", case_id, "/operations")


async def give(context: Context, order: PortalCommand, now: datetime) -> str:
    """Publish a signed command; the id is derived, so that a double click is one command. Returns the id."""
    moment = now.isoformat(timespec="minutes")
    command = order.command
    command_id = derived_id("portal", order.topic, order.key, command.type, command.model_dump_json(), moment)
    await context.publish(order.topic, order.key, command, id=command_id, time=now, sign=True)
    return command_id
