"""GeoReport v2 (Open311): a form becomes a message, a number becomes a service request, errors are lists."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from common.contracts.events.base import Place
from common.contracts.events.channel import Contact, MessageReceived
from pydantic import ValidationError

from channels.bodies import Refused, words_of
from channels.case_state import ENDED, CaseState

CHANNEL = "open311"
ANONYMOUS = "anonymous"
"""The address of whoever names none."""
MAX_DESCRIPTION = 4_000
MAX_ATTRIBUTES = 50
ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,100})\](?:\[\])?")


def errors(status: int, words: str) -> list[dict[str, object]]:
    """An error as the protocol wants it."""
    return [{"code": status, "description": words}]


def message(pairs: list[tuple[str, str]], now: datetime, conversation: str) -> MessageReceived:
    """A form as a message sent at `now`, the first of a conversation. Attributes are passed on as lines of the text.

    Raises Refused.
    """
    fields = dict(pairs)
    if "service_code" not in fields:
        raise Refused(400, "service_code is missing")
    if ("lat" in fields) != ("long" in fields):
        raise Refused(400, "lat and long go together: give both or neither")
    if not ("lat" in fields or "address_string" in fields or "address_id" in fields):
        raise Refused(400, "give lat and long, or address_string, or address_id")
    description = fields.get("description", "")
    if len(description) > MAX_DESCRIPTION:
        raise Refused(400, f"description is longer than {MAX_DESCRIPTION} characters")
    address = fields.get("email") or fields.get("phone") or fields.get("device_id") or ANONYMOUS
    name = " ".join(filter(None, (fields.get("first_name"), fields.get("last_name")))) or None
    try:
        return MessageReceived(
            conversation=conversation,
            contact=Contact(address=address, name=name),
            text="\n".join([description, *_attributes(pairs)]).strip(),
            category=fields["service_code"],
            place=Place.model_validate(
                {
                    "lat": fields.get("lat"),
                    "lon": fields.get("long"),
                    "address": fields.get("address_string") or fields.get("address_id"),
                }
            ),
            attachments=(fields["media_url"],) if "media_url" in fields else (),
            sent_at=now,
        )
    except ValidationError as error:
        raise Refused(400, words_of(error)) from error


def _attributes(pairs: list[tuple[str, str]]) -> list[str]:
    """`attribute[CODE]=` and `attribute[CODE][]=` as `CODE: value, value`, in the order of the form."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        match = ATTRIBUTE.fullmatch(name)
        if match is not None:
            found.setdefault(match[1], []).append(value)
    if len(found) > MAX_ATTRIBUTES:
        raise Refused(400, f"more than {MAX_ATTRIBUTES} attributes")
    return [f"{code}: {', '.join(values)}" for code, values in found.items()]


def service_request(case: CaseState) -> dict[str, object]:
    """The least record of the protocol: how a request stands, and nothing personal."""
    return {
        "service_request_id": case.reference,
        "status": "closed" if case.state in ENDED else "open",
        "requested_datetime": case.begun_at.astimezone(UTC).isoformat() if case.begun_at else None,
    }
