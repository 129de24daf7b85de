"""What people do on pages becomes signed commands on topics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Literal, cast, get_args
from zoneinfo import ZoneInfo

from common.contracts.case_life import JOINABLE
from common.contracts.envelope import derived_id
from common.contracts.events import region as cases
from common.contracts.events.base import Actor, Command, Place
from common.contracts.events.operations import ReplayDeadLetter, SkipDeadLetter
from common.contracts.events.reflex.prevention import AnswerPrevention, RootCause
from common.contracts.events.routing import AnswerTriage, DeclineTriage, RefuseDuplicate, SplitTriage
from common.contracts.parts import FEWEST, LONGEST, MOST, Part
from common.messaging.failures import TransientError
from common.runtime.context import Context

from portal.case_actions import COMMANDS
from portal.case_fold import CaseView
from portal.forms import Form, FormRefused
from portal.language import _
from portal.settings import PortalSettings

LONGEST_ADDRESS = 500
About = Literal["case", "proposal", "voice", "consent", "idea", "dead_letter", "prevention"]


class Unconfirmed(Exception):
    """Kafka did not acknowledge an order: it may lie on its topic, or not."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command ready to be given: its topic and key, and under which thing its outcome will be found."""

    topic: str
    key: str
    command: Command
    about: About
    name: str
    """Id of the case, the proposal (of a voice too), the consent, the idea, the dead letter or
    the prevention order."""
    back: str
    """The page that shows the outcome."""
    occasion: str = ""
    """Which showing of the thing the form was on: the same order given again after a change is another one."""


def answer_triage(actor: Actor, form: Form) -> Order:
    case_id = form.identifier("case_id")
    command: Command
    if form.one_of("decision", ("answer", "decline")) == "decline":
        reason = form.needed("reason", _("Declining needs a reason: write it, then decline once more."))
        command = DeclineTriage(actor=actor, case_id=case_id, reason=reason)
    else:
        command = AnswerTriage(
            actor=actor, case_id=case_id, category=form.category(), area=form.area(), authority=form.authority()
        )
    return Order("routing.commands", case_id, command, "case", case_id, "/triage")


def split_triage(actor: Actor, form: Form) -> Order:
    """Parts without words are left out."""
    case_id = form.identifier("case_id")
    numbers = [n for n in range(1, MOST + 1) if form.text(f"text_{n}")]
    if len(numbers) < FEWEST:
        words = _("A message is divided into two parts or more: write what each is about.")
        raise FormRefused(words, "text_2")
    parts = []
    for n in numbers:
        name = f"text_{n}"
        text = form.text(name)
        if len(text) > LONGEST:
            raise FormRefused(_("A part has at most {most} characters.").format(most=LONGEST), name)
        parts.append(
            Part(
                text=text, category=form.category(f"category_{n}"), area=form.area(f"area_{n}"),
                authority=form.authority(f"authority_{n}"), place=_address(form, f"address_{n}"),
            )
        )  # fmt: skip
    command = SplitTriage(actor=actor, case_id=case_id, parts=tuple(parts))
    return Order("routing.commands", case_id, command, "case", case_id, "/triage")


def _address(form: Form, name: str) -> Place | None:
    """None: where the message is."""
    address = form.text(name)
    if len(address) > LONGEST_ADDRESS:
        raise FormRefused(_("An address has at most {most} characters.").format(most=LONGEST_ADDRESS), name)
    return Place(address=address) if address else None


def refuse_duplicate(actor: Actor, form: Form) -> Order:
    case_id = form.identifier("case_id")
    command = RefuseDuplicate(actor=actor, case_id=case_id, other_case=form.identifier("other_case"))
    return Order("routing.commands", case_id, command, "case", case_id, f"/cases/{case_id}")


def settle_dead_letter(actor: Actor, form: Form) -> Order:
    order = SkipDeadLetter if form.one_of("decision", ("replay", "skip")) == "skip" else ReplayDeadLetter
    letter, service = form.identifier("dead_letter_id"), form.service()
    command = order(actor=actor, service=service, dead_letter_id=letter)
    return Order("operations.commands", service, command, "dead_letter", letter, "/operations", form.text("seen"))


def act_on_case(actor: Actor, form: Form, zone: ZoneInfo, other: CaseView | None = None) -> Order:
    """`other` is the case that the form names in `other`, if it is known; days are those of `zone`."""
    case_id, region = form.identifier("case_id"), form.region()
    base = {"actor": actor, "case_id": case_id}
    name = form.one_of("action", COMMANDS)
    fields: dict[str, Any] = {}
    match name:
        case "answer":
            fields["text"] = form.needed("words", _("An answer needs words for the citizen."))
        case "transfer":
            taker = form.taker()
            if taker is None:
                raise FormRefused(_("Choose the authority that the case should go to."), "authority")
            fields["to_authority"], fields["to_region"] = taker
            fields["reason"] = form.text("words")
        case "dispute" | "settle":
            taker = form.taker()
            if taker is None:
                raise FormRefused(_("Choose the authority to which the case belongs."), "authority")
            fields["to_authority"], fields["to_region"] = taker
            fields["reason"] = form.needed("words", _("Say why it belongs there."))
        case "ask":
            fields["question"] = form.needed("words", _("Write what the citizen is asked."))
        case "extend":
            fields["reason"] = form.needed("words", _("An extension needs a reason; the citizen is told."))
        case "defer":
            fields["until"] = datetime.combine(form.day("until"), time(), zone)
            fields["reason"] = form.needed("words", _("Putting a case off needs a reason."))
        case "join":
            fields["into_case"] = _joined_to(case_id, region, form.text("other"), other)
        case "decline":
            fields["ground"] = form.needed("words", _("Declining needs its legal ground."))
    command = COMMANDS[name].model_validate({**base, **fields})
    return Order(f"region.{region}.commands", case_id, command, "case", case_id, f"/cases/{case_id}", form.text("seen"))


def _joined_to(case_id: str, region: str, named: str, other: CaseView | None) -> str:
    """The id of the case under which this one shall go on; raises FormRefused with what is wrong with it."""
    if not named:
        raise FormRefused(_("Write the number of the case that this one should be joined to."), "other")
    if other is None:
        raise FormRefused(
            _("No case {reference} is known. Copy the number from the other case's page.").format(reference=named[:40]),
            "other",
        )
    if other.case_id == case_id:
        raise FormRefused(_("This is the number of the case itself. Write that of the other one."), "other")
    if other.region != region:
        words = _("Case {reference} is not in this region; a case is joined to one of its own region.")
        raise FormRefused(words.format(reference=other.reference), "other")
    if other.state not in JOINABLE:
        words = _("Case {reference} has come to its end; nothing can be joined to it any more.")
        raise FormRefused(words.format(reference=other.reference), "other")
    return other.case_id


def answer_directive(actor: Actor, form: Form) -> Order:
    text = form.needed("words", _("Write what the region did about the directive."))
    case_id = form.identifier("case_id")
    command = cases.AnswerDirective(
        actor=actor, case_id=case_id, directive_id=form.identifier("directive_id"), text=text
    )
    return Order(f"region.{form.region()}.commands", case_id, command, "case", case_id, "/operations")


def answer_prevention(actor: Actor, form: Form) -> Order:
    order_id = form.identifier("order_id")
    command = AnswerPrevention(
        actor=actor, order_id=order_id, cause=cast("RootCause", form.one_of("cause", get_args(RootCause))),
        explanation=form.needed("explanation", _("Write why the problem comes again.")),
        done=form.needed("done", _("Write what was done so that it does not come again.")),
    )  # fmt: skip
    return Order("reflex.commands", order_id, command, "prevention", order_id, f"/prevention/{order_id}")


async def give(context: Context[PortalSettings], order: Order, now: datetime) -> str:
    """Publish a signed command; the id is derived, so that a double click is one command. Returns the id.

    Raises Unconfirmed.
    """
    moment = now.isoformat(timespec="minutes")
    command = order.command
    body = command.model_dump_json()
    command_id = derived_id("portal", order.topic, order.key, command.type, body, moment, order.occasion)
    try:
        await context.publish(order.topic, order.key, command, id=command_id, time=now, sign=True)
    except TransientError as error:
        raise Unconfirmed(str(error)) from error
    return command_id
