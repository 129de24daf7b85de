"""What stays of an event or an item when its citizen was erased: all but the citizen's words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from common.contracts.events.region import MessageJoined
from common.contracts.events.routing import TriageSupplemented
from common.contracts.frozen import value
from common.messaging.erased_citizens import Erased

NAMED = re.compile(rb'"citizen"\s*:\s*"([^"\\]+)"|"actor"\s*:\s*"([0-9a-f]{24})"')
"""A citizen in a body: many are read in models that leave the citizen out. An actor is one where it is a pseudonym. A
quotation mark inside somebody's words has a backslash before it, so they name nobody."""
WORDS = ("text", "words")
"""Fields of a citizen's own words, in what names its citizen."""
PARTS = "parts"
"""Of a message that was divided: each has words of its own."""
NAMELESS = frozenset({MessageJoined.type, TriageSupplemented.type})
"""What tells of a citizen's words without naming the citizen: whose case it is."""


@value
class Happened:
    """An event of a case's history."""

    arrival: int
    case_id: str
    type: str
    time: datetime
    data: dict[str, Any]


def named_in(body: bytes) -> set[str]:
    """The citizens that the body of an event names."""
    return {(citizen or actor).decode() for citizen, actor in NAMED.findall(body)}


def without_words(history: Iterable[Happened], erased: Erased) -> list[Happened]:
    """The events that change, as they stand afterwards."""
    events = list(history)
    of_case: dict[str, datetime] = {}
    of_message: dict[str, datetime] = {}
    for (name, _), gone_at in erased.words.items():
        of_message[name] = max(gone_at, of_message.get(name, gone_at))
    for one in events:
        if (here := erased.at(one.data.get("citizen", ""), [one.case_id])) is not None:
            of_case[one.case_id] = max(here, of_case.get(one.case_id, here))
    found = []
    for one in events:
        said = one.data.get("message_id", "")
        if one.type in NAMELESS:
            at = max((t for t in (of_case.get(one.case_id), of_message.get(said)) if t is not None), default=None)
        else:
            at = erased.at(one.data.get("citizen", ""), (one.case_id, said))
        emptied = emptied_words(one.data) if at is not None and one.time <= at else one.data
        judged = erased.at(one.data.get("actor", ""), (one.case_id, said))
        if judged is not None and one.time <= judged and one.data.get("reason"):
            emptied = {**emptied, "reason": ""}
        if emptied != one.data:
            found.append(Happened(one.arrival, one.case_id, one.type, one.time, emptied))
    return found


def item_without_words(name: str, data: dict[str, Any], erased: Erased) -> dict[str, Any]:
    """What stays of an item, of this id, that was received before its citizen or its conversation was erased."""
    at, received_at = erased.at(data.get("citizen", ""), [name]), data.get("received_at")
    if at is None or received_at is None or datetime.fromisoformat(received_at) > at:
        return data
    return {field: "" if field in WORDS and isinstance(one, str) else one for field, one in data.items()}


def emptied_words(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _emptied(name, one) for name, one in data.items()}


def _emptied(name: str, one: Any) -> Any:
    if name == PARTS and isinstance(one, list):
        return [emptied_words(part) if isinstance(part, dict) else part for part in one]
    return "" if name in WORDS and isinstance(one, str) else one
