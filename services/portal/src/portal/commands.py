"""What people do on pages becomes signed commands on topics."""

from __future__ import annotations

import hashlib
from datetime import datetime

from common.context import Context
from common.envelope import derived_id
from common.events.base import Actor, Command
from common.events.operations import ReplayDeadLetter, SkipDeadLetter
from common.events.routing import AnswerTriage, DeclineTriage
from common.events.rules import DecideProposal
from starlette.requests import Request


class FormRefused(ValueError):
    """A form that says too little, or did not come from one of our own pages."""


def anti_forgery(token: str) -> str:
    """What a form must carry: only a page that knows the cookie can make it."""
    return hashlib.sha256(f"form:{token}".encode()).hexdigest()[:32]


async def read_form(request: Request, token: str) -> dict[str, str]:
    """The fields of a form of ours; raises FormRefused."""
    form = {k: v for k, v in (await request.form()).items() if isinstance(v, str)}
    if form.pop("check", "") != anti_forgery(token):
        raise FormRefused("this form is not from a page of yours: open the page again and send it once more")
    if any("\x00" in value for value in form.values()):
        raise FormRefused("a field holds a NUL character: leave it out")
    return form


def decide_proposal(actor: Actor, form: dict[str, str]) -> tuple[str, str, Command]:
    reason = form.get("reason", "").strip()
    accept = form.get("decision") == "accept"
    if not accept and not reason:
        raise FormRefused("a rejection needs a reason")
    proposal = form["proposal_id"]
    return "rules.commands", proposal, DecideProposal(actor=actor, proposal_id=proposal, accept=accept, reason=reason)


def answer_triage(actor: Actor, form: dict[str, str]) -> tuple[str, str, Command]:
    case_id = form["case_id"]
    if form.get("decision") == "decline":
        if not form.get("reason", "").strip():
            raise FormRefused("declining needs a reason")
        return "routing.commands", case_id, DeclineTriage(actor=actor, case_id=case_id, reason=form["reason"])
    given = {k: form[k] for k in ("category", "area", "authority") if form.get(k)}
    return "routing.commands", case_id, AnswerTriage(actor=actor, case_id=case_id, **given)


def settle_dead_letter(actor: Actor, form: dict[str, str]) -> tuple[str, str, Command]:
    order = SkipDeadLetter if form.get("decision") == "skip" else ReplayDeadLetter
    command = order(actor=actor, service=form["service"], dead_letter_id=form["dead_letter_id"])
    return "operations.commands", form["service"], command


async def give(context: Context, topic: str, key: str, command: Command, now: datetime) -> str:
    """Publish a signed command; the id is derived, so that a double click is one command. Returns the id."""
    moment = now.isoformat(timespec="minutes")
    command_id = derived_id("portal", topic, key, command.type, command.model_dump_json(), moment)
    await context.publish(topic, key, command, id=command_id, time=now, sign=True)
    return command_id
