"""What is wrong with one record's headers and body, before anybody compares it with others. Pure."""

from __future__ import annotations

import difflib
import json
import re
import types
from collections.abc import Iterable, Mapping
from typing import Any, Union, get_args, get_origin

from common.contracts.attachments import BEGINNING
from common.contracts.envelope import EnvelopeError, from_headers, record_type
from common.contracts.events.base import Event
from common.contracts.events.channel import MessageReceived
from common.messaging.consume.dead_letters import appended_at
from common.messaging.consume.decode import ESCAPED_NUL, MAX_OPEN_BYTES
from common.messaging.consume.error_text import reason_of
from common.messaging.kafka import Record
from pydantic import BaseModel, ValidationError

SHOWN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")
"""A name that a program gives a field: no words of anybody."""
MOST_UNKNOWN = 5
"""Unknown fields of a record that are named."""


class NotTaken(ValueError):
    """A record that nobody can take; says why, and what the fix is."""

    def __init__(self, rule: str, words: str, fix: str) -> None:
        super().__init__(words)
        self.rule, self.fix = rule, fix


def read(record: Record, models: Mapping[str, type[Event]]) -> Event:
    """The event of a record of an open topic. Raises NotTaken."""
    if fault := getattr(record, "fault", ""):
        raise NotTaken("headers", fault, "send plain CloudEvents headers in UTF-8")
    try:
        key = (record.key or b"").decode("utf-8", "replace")
        from_headers(record.headers, (record.topic, record.partition, record.offset), key, appended_at(record),
                     outside=True)  # fmt: skip
    except EnvelopeError as error:
        raise NotTaken("headers", str(error), "send the headers ce_type, ce_id and ce_source as short text") from error
    kind = record_type(record.headers) or ""
    model = models.get(kind)
    if model is None:
        raise NotTaken("type", "its ce_type is none that this topic takes", f"one of {', '.join(sorted(models))}")
    if record.value is None:
        raise NotTaken("contract", "it has no body", "send a JSON object as the record's value")
    if len(record.value) > MAX_OPEN_BYTES:
        raise NotTaken(
            "contract", f"its body is larger than {MAX_OPEN_BYTES} bytes",
            "files go to the edges (`OTKLIK_ATTACHMENTS_URL`); the message names them in attachments",
        )  # fmt: skip
    if b"\\u0000" in record.value and ESCAPED_NUL.search(record.value):
        raise NotTaken("contract", "its body holds a NUL character", "leave out \\u0000")
    try:
        return model.model_validate_json(record.value)
    except ValidationError as error:
        raise NotTaken("contract", reason_of(error), _fix_of(error, model)) from error


def _fix_of(error: ValidationError, model: type[Event]) -> str:
    kinds = {one["type"] for one in error.errors(include_input=False, include_url=False)}
    if "json_invalid" in kinds:
        return "the value must be one JSON object in UTF-8, neither text around it nor JSON inside a string"
    parts = []
    if "missing" in kinds:
        required = [name for name, field in model.model_fields.items() if field.is_required()]
        parts.append(f"these must be there: {', '.join(required)}")
    if "timezone_aware" in kinds or any(kind.startswith("datetime") for kind in kinds):
        parts.append("times as 2026-07-01T12:00:00Z, with their zone")
    parts.append(f"see libs/common/schemas/{model.type}.json")
    return "; ".join(parts)


def unknown_fields(body: bytes, model: type[BaseModel]) -> list[tuple[str, str | None]]:
    """Fields of a valid body that nobody reads, each with the one that may be meant."""
    found = list(_unknown(json.loads(body), model, ""))
    return found[:MOST_UNKNOWN]


def _unknown(body: Any, model: type[BaseModel], before: str) -> Iterable[tuple[str, str | None]]:
    if not isinstance(body, dict):
        return
    for name, value in body.items():
        field = model.model_fields.get(name)
        if field is None:
            shown = f"{before}{name}" if SHOWN.fullmatch(name) else f"{before}(a name that is not shown)"
            yield shown, _meant(name, model)
        elif (inner := _model_of(field.annotation)) is not None:
            yield from _unknown(value, inner, f"{before}{name}.")


def _model_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, types.UnionType):
        return next((m for one in get_args(annotation) if (m := _model_of(one)) is not None), None)
    return None


def _meant(name: str, model: type[BaseModel]) -> str | None:
    plain = {_plain(known): known for known in model.model_fields}
    close = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=0.7)
    return plain[close[0]] if close else None


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def lost_files(event: MessageReceived) -> int:
    """How many of the files that a message names are none that the edges gave."""
    return sum(not name.startswith(BEGINNING) for name in event.attachments)
