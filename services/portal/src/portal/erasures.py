"""What stays of an event or an item when its citizen was erased: all but the citizen's words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from common.contracts.events.region import MessageJoined
from common.contracts.events.routing import TriageSupplemented
from common.contracts.frozen import value

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


def without_words(history: Iterable[Happened], erased: Mapping[str, datetime]) -> list[Happened]:
    """The events that change, as they stand afterwards. `erased` says when each citizen was."""
    events = list(history)
    of_case: dict[str, datetime] = {}
    for one in events:
        if (at := erased.get(one.data.get("citizen", ""))) is not None:
            of_case[one.case_id] = max(at, of_case.get(one.case_id, at))
    found = []
    for one in events:
        at = of_case.get(one.case_id) if one.type in NAMELESS else erased.get(one.data.get("citizen", ""))
        emptied = emptied_words(one.data) if at is not None and one.time <= at else one.data
        judged = erased.get(one.data.get("actor", ""))
        if judged is not None and one.time <= judged and one.data.get("reason"):
            emptied = {**emptied, "reason": ""}
        if emptied != one.data:
            found.append(Happened(one.arrival, one.case_id, one.type, one.time, emptied))
    return found


def item_without_words(data: dict[str, Any], erased: Mapping[str, datetime]) -> dict[str, Any]:
    """What stays of an item that was received before its citizen was erased."""
    at, received_at = erased.get(data.get("citizen", "")), data.get("received_at")
    if at is None or received_at is None or datetime.fromisoformat(received_at) > at:
        return data
    return {name: "" if name in WORDS and isinstance(one, str) else one for name, one in data.items()}


def emptied_words(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _emptied(name, one) for name, one in data.items()}


def _emptied(name: str, one: Any) -> Any:
    if name == PARTS and isinstance(one, list):
        return [emptied_words(part) if isinstance(part, dict) else part for part in one]
    return "" if name in WORDS and isinstance(one, str) else one
