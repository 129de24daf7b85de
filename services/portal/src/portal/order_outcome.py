"""What became of an order: found among the facts that carry its id as their cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from common.contracts.events import region, routing

from portal.language import N_, _
from portal.orders import About
from portal.queries import Reader
from portal.refusal_text import cases_named
from portal.timeline import Teller


@dataclass(frozen=True, slots=True)
class OrderOutcome:
    """`waiting` until the executor has spoken."""

    state: Literal["waiting", "done", "refused"]
    words: str
    order: str
    about: str
    name: str


async def outcome_of(reader: Reader, teller: Teller, order: str, about: str, name: str) -> OrderOutcome | None:
    """The outcome of an order about a thing; None for words that no page of ours has written."""
    if not order or about not in get_args(About):
        return None
    refusal = await reader.item("refusal", order)
    if refusal is not None:
        words = teller.refusals.words(refusal.data, await reader.references(cases_named([refusal.data])))
        return OrderOutcome("refused", words, order, about, name)
    said = await _said(reader, teller, order, about, name)
    if said is None:
        return OrderOutcome(
            "waiting", _("Your order is on its way. What becomes of it appears here."), order, about, name
        )
    refused, words = said
    return OrderOutcome("refused" if refused else "done", words, order, about, name)


async def _said(reader: Reader, teller: Teller, order: str, about: str, name: str) -> tuple[bool, str] | None:
    if about == "case":
        caused = await reader.caused_by(name, order)
        return next(((False, teller.sentence(kind, data)) for kind, data in caused if kind not in NOT_DONE), None)
    if about == "voice":
        voice = await reader.voices.caused_by(name, order)
        if voice is not None:
            return False, _("It stands on this page now.")
        judged = await reader.voices.judgement_caused_by(name, order)
        return (False, _("Your judgement counts.")) if judged else None
    item = await reader.item(about, name)
    if item is None:
        return None
    if about == "consent":
        return (False, _("The standing consent holds no more.")) if item.data.get("cause") == order else None
    if about == "prevention":
        done = item.data.get("command_id") == order
        return (False, _("The answer is taken. Whether the problem stays away is looked at later.")) if done else None
    if about == "idea":
        done = item.state in IDEAS and item.data.get("cause") == order
        return (False, _(IDEAS[item.state])) if done else None
    if about == "proposal":
        step = next((s for s in reversed(item.data.get("steps", [])) if s.get("cause") == order), None)
        if step is None:
            return None
        if step["step"] in DONE:
            return False, _(DONE[step["step"]])
        returned = step["step"] in ("returned", "refused")
        words = _("The proposal is {step}: {reason}.") if step.get("reason") else _("The proposal is {step}.")
        reason = teller.refusals.words(step).removesuffix(".")
        return returned, words.format(step=_(step["step"]), reason=reason)
    last = item.data.get("last", {})
    if last.get("cause") != order:
        return None
    words = _("Dead letter {outcome}: {reason}.") if last.get("reason") else _("Dead letter {outcome}.")
    outcome = _(last["outcome"].replace("_", " "))
    reason = teller.refusals.words(last).removesuffix(".")
    return last["outcome"] in ("refused", "failed_again"), words.format(outcome=outcome, reason=reason)


NOT_DONE = frozenset({region.CaseOverdue.type, region.CommandRefused.type, routing.RoutingCommandRefused.type})
"""What an order may bring about besides what it asked for. A deadline that passed before the order is reported in the
same decision, before it. A refusal that came between two questions to the database is found by the next ones."""
DONE = {
    "trial_started": N_("The proposal is accepted, and its trial begins."),
    "trial_waits": N_("The proposal is accepted; its trial waits until another has ended."),
    "trial_stepped": N_("The trial is widened."),
    "trial_paused": N_("The trial is paused."),
    "trial_resumed": N_("The trial goes on."),
    "trial_ended": N_("The trial is ended: the old rule stays."),
    "rolled_back": N_("The change is rolled back: the old rule holds for all."),
    "reviewed": N_("The change is reviewed."),
}
"""What an order about a trial or a review brought about, by the step of the proposal."""
IDEAS = {
    "taken_up": N_("The wish is taken up, and the proposal is being checked. Its page shows what becomes of it."),
    "declined": N_("The wish is declined, and the citizen is told why."),
}
"""What an order about a citizen's idea brought about, by its state."""
OUTCOMES = (N_("replayed"), N_("skipped"), N_("expired"), N_("refused"), N_("failed again"))
"""Of orders about dead letters."""
