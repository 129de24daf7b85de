"""Which cases were one message that a person divided. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from common.contracts.events.intake import MessageRegistered
from common.contracts.events.routing import MessageSplit
from common.contracts.frozen import value
from common.contracts.parts import part_case_id
from common.contracts.reference import reference_of


@value
class Division:
    """How a case hangs together with others that were one message."""

    whole: str | None
    """The number of the message that it is a part of; None of the message itself."""
    number: int
    """Of the part, from 1; 0 of the message."""
    of: int
    """How many parts there are."""
    parts: tuple[str, ...]
    """Numbers of the other cases."""
    by: str
    """Who divided it."""


def division_of(case_id: str, history: list[dict[str, Any]], actor: Callable[[str], str]) -> Division | None:
    """None of a case that is neither a part of a message nor one that was divided. `actor` names a person."""
    for event in history:
        data = event["data"]
        of = data.get("part_of")
        if event["type"] == MessageRegistered.type and of:
            others = tuple(reference_of(name) for name in of["parts"] if name != case_id)
            number = of["parts"].index(case_id) + 1 if case_id in of["parts"] else 0
            by = (data.get("placed_as") or {}).get("actor", "")
            return Division(reference_of(of["case"]), number, len(of["parts"]), others, actor(by) if by else "")
        if event["type"] == MessageSplit.type:
            names = tuple(reference_of(part_case_id(case_id, n + 1)) for n in range(len(data["parts"])))
            return Division(None, 0, len(names), names, actor(data["actor"]))
    return None
