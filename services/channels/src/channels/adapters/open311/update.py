"""GeoReport v2, the extension of service request updates as FixMyStreet speaks it: what happened to reports, and what
their senders say later. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from common.contracts.events.channel import Contact, MessageReceived, VerdictReceived
from common.contracts.outside_status import outside_status
from pydantic import ValidationError

from channels.adapters.open311.form import MAX_DESCRIPTION, MEDIA, FormWrong
from channels.adapters.open311.w3_time import w3
from channels.bodies import words_of
from channels.service_request_store import ListedStep

ENDED_WELL = frozenset({"answered", "confirmed"})
"""States of a case whose citizen may judge its answer."""
OPENS_AGAIN = frozenset({"OPEN", "REOPEN"})
SOLVED = frozenset({"FIXED"})


def shown(one: ListedStep) -> dict[str, object]:
    """One step of a case, with what the authority said of it."""
    return {
        "update_id": one.step.event_id,
        "service_request_id": one.reference,
        "status": outside_status(one.step.state).status,
        "updated_datetime": w3(one.step.happened_at),
        "description": one.step.words,
        "media_url": None,
    }


def faults(fields: Mapping[str, str]) -> list[str]:
    """What is missing or wrong in a posted update; empty: nothing."""
    found = []
    if "service_request_id" not in fields:
        found.append("service_request_id was not provided")
    if "description" not in fields and "status" not in fields:
        found.append("neither description nor status was provided")
    if len(fields.get("description", "")) > MAX_DESCRIPTION:
        found.append(f"description is longer than {MAX_DESCRIPTION} characters")
    return found


def said(
    pairs: list[tuple[str, str]], state: str | None, contact: Contact, now: datetime, conversation: str
) -> MessageReceived | VerdictReceived:  # fmt: skip
    """What the sender of a report says of its case, which is in `state`: that an answered one is open again, or solved,
    is a word on the answer; anything else is a further message.

    Raises FormWrong.
    """
    fields = dict(pairs)
    status = fields.get("status", "").upper()
    words = fields.get("description", "")
    verdict: Literal["reopened", "confirmed"] | None = None
    if state in ENDED_WELL and status in OPENS_AGAIN:
        verdict = "reopened"
    elif state == "answered" and status in SOLVED:
        verdict = "confirmed"
    try:
        if verdict is not None:
            return VerdictReceived(
                conversation=conversation, contact=contact, verdict=verdict, text=words, sent_at=now
            )  # fmt: skip
        return MessageReceived(
            conversation=conversation, contact=contact, text=words or status.lower(), sent_at=now,
            attachments=tuple(text for name, text in pairs if name in MEDIA),
        )  # fmt: skip
    except ValidationError as error:
        raise FormWrong([words_of(error)]) from error
