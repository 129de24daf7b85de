"""What people do on pages becomes signed commands on topics."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from common.context import Context
from common.envelope import derived_id
from common.events import region as cases
from common.events.base import Actor, Command
from common.events.operations import ReplayDeadLetter, SkipDeadLetter
from common.events.routing import AnswerTriage, DeclineTriage
from common.events.rules import DecideProposal
from starlette.requests import Request

About = Literal["case", "proposal", "dead_letter"]


class FormRefused(ValueError):
    """A form that says too little, or did not come from one of our own pages."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command ready to be given: its topic and key, and under which thing its outcome will be found."""

    topic: str
    key: str
    command: Command
    about: About
    name: str
    """Id of the case, proposal or dead letter."""


def anti_forgery(token: str) -> str:
    """What a form must carry: only a page that knows the cookie can make it."""
    return hashlib.sha256(f"form:{token}".encode()).hexdigest()[:32]


async def read_form(request: Request, token: str) -> dict[str, str]:
    """The fields of a form of ours; raises FormRefused."""
    form = {k: v.strip() for k, v in (await request.form()).items() if isinstance(v, str)}
    if form.pop("check", "") != anti_forgery(token):
        raise FormRefused("This form is not from a page of yours. Open the page again and send it once more.")
    if any("\x00" in value for value in form.values()):
        raise FormRefused("A field holds a NUL character: leave it out.")
    return form


def _needed(form: dict[str, str], field: str, words: str) -> str:
    value = form.get(field, "")
    if not value:
        raise FormRefused(words)
    return value


def decide_proposal(actor: Actor, form: dict[str, str]) -> Order:
    accept = form.get("decision") == "accept"
    reason = form.get("reason", "")
    if not accept:
        reason = _needed(form, "reason", "A rejection needs a reason: write why, then reject once more.")
    proposal = form["proposal_id"]
    command = DecideProposal(actor=actor, proposal_id=proposal, accept=accept, reason=reason)
    return Order("rules.commands", proposal, command, "proposal", proposal)


def answer_triage(actor: Actor, form: dict[str, str]) -> Order:
    case_id = form["case_id"]
    command: Command
    if form.get("decision") == "decline":
        reason = _needed(form, "reason", "Declining needs a reason: write it, then decline once more.")
        command = DeclineTriage(actor=actor, case_id=case_id, reason=reason)
    else:
        given = {k: form[k] for k in ("category", "area", "authority") if form.get(k)}
        command = AnswerTriage(actor=actor, case_id=case_id, **given)
    return Order("routing.commands", case_id, command, "case", case_id)


def settle_dead_letter(actor: Actor, form: dict[str, str]) -> Order:
    order = SkipDeadLetter if form.get("decision") == "skip" else ReplayDeadLetter
    letter = form["dead_letter_id"]
    command = order(actor=actor, service=form["service"], dead_letter_id=letter)
    return Order("operations.commands", form["service"], command, "dead_letter", letter)


def act_on_case(actor: Actor, form: dict[str, str]) -> Order:
    case_id, action, words = form["case_id"], form.get("action", ""), form.get("words", "")
    base = {"actor": actor, "case_id": case_id}
    command: Command
    if action == "accept":
        command = cases.AcceptCase.model_validate(base)
    elif action == "start_work":
        command = cases.StartWork.model_validate(base)
    elif action == "answer":
        words = _needed(form, "words", "An answer needs words for the citizen.")
        command = cases.AnswerCase.model_validate({**base, "text": words})
    elif action == "transfer":
        to = _needed(form, "authority", "Choose the authority that the case should go to.")
        command = cases.TransferCase.model_validate({**base, "to_authority": to, "reason": words})
    elif action == "ask":
        words = _needed(form, "words", "Write what the citizen is asked.")
        command = cases.AskCitizen.model_validate({**base, "question": words})
    elif action == "extend":
        words = _needed(form, "words", "An extension needs a reason; the citizen is told.")
        command = cases.ExtendCase.model_validate({**base, "reason": words})
    elif action == "decline":
        ground = _needed(form, "words", "Declining needs its legal ground.")
        command = cases.DeclineCase.model_validate({**base, "ground": ground})
    else:
        raise FormRefused("Choose what should be done with the case.")
    return Order(f"region.{form['region']}.commands", case_id, command, "case", case_id)


def answer_directive(actor: Actor, form: dict[str, str]) -> Order:
    text = _needed(form, "words", "Write what the region did about the directive.")
    case_id = form["case_id"]
    command = cases.AnswerDirective(actor=actor, case_id=case_id, directive_id=form["directive_id"], text=text)
    return Order(f"region.{form['region']}.commands", case_id, command, "case", case_id)


async def give(context: Context, order: Order, now: datetime) -> str:
    """Publish a signed command; the id is derived, so that a double click is one command. Returns the id."""
    moment = now.isoformat(timespec="minutes")
    command = order.command
    command_id = derived_id("portal", order.topic, order.key, command.type, command.model_dump_json(), moment)
    await context.publish(order.topic, order.key, command, id=command_id, time=now, sign=True)
    return command_id


INCOMPLETE = (KeyError, ValueError)
"""What building a command from a form that lacks a field, or holds one too long, raises."""
