"""GeoReport v2, the form of a report: what is missing or wrong in it, and the message that it becomes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from common.contracts.events.base import Place
from common.contracts.events.channel import Contact, MessageReceived
from common.federation.service_form import Attribute
from pydantic import ValidationError

from channels.adapters.open311 import answers
from channels.bodies import Refused, words_of

CHANNEL = "open311"
ANONYMOUS = "anonymous"
"""The address of whoever names none."""
MAX_DESCRIPTION = 4_000
MEDIA = ("media_url", "media_url[]")


class FormWrong(Refused):
    """A form with several things missing or wrong; each is told."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(400, "; ".join(words))
        self.all = tuple(words)


def contact_of(fields: Mapping[str, str]) -> Contact:
    """Who sends it, by the first of the addresses that a form may name. Raises ValidationError."""
    address = fields.get("email") or fields.get("phone") or fields.get("device_id") or ANONYMOUS
    name = " ".join(filter(None, (fields.get("first_name"), fields.get("last_name")))) or None
    return Contact(address=address, name=name)


def message(
    pairs: Sequence[tuple[str, str]], now: datetime, conversation: str, asked: Sequence[Attribute] = ()
) -> MessageReceived:
    """A form as a message sent at `now`, the first of a conversation. Answers to what the service asks are passed on as
    lines of the text.

    Raises FormWrong.
    """
    fields = dict(pairs)
    given = answers.given_answers(pairs)
    if wrong := [*_faults(fields), *answers.faults(asked, given)]:
        raise FormWrong(wrong)
    try:
        return MessageReceived(
            conversation=conversation,
            contact=contact_of(fields),
            text="\n".join([fields.get("description", ""), *answers.lines(asked, given)]).strip(),
            category=fields["service_code"],
            place=Place.model_validate(
                {
                    "lat": fields.get("lat"),
                    "lon": fields.get("long"),
                    "address": fields.get("address_string") or fields.get("address_id"),
                }
            ),
            attachments=tuple(text for name, text in pairs if name in MEDIA),
            sent_at=now,
        )
    except ValidationError as error:
        raise FormWrong([words_of(error)]) from error


def _faults(fields: Mapping[str, str]) -> list[str]:
    found = [] if "service_code" in fields else ["service_code was not provided"]
    if ("lat" in fields) != ("long" in fields):
        found.append("lat and long go together: give both or neither")
    elif not ("lat" in fields or "address_string" in fields or "address_id" in fields):
        found.append("a location was not provided: give lat and long, or address_string, or address_id")
    if len(fields.get("description", "")) > MAX_DESCRIPTION:
        found.append(f"description is longer than {MAX_DESCRIPTION} characters")
    return found
