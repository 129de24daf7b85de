"""Which category, authority, priority and deadline a message gets, by which rows; or why a person must say."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from common.contracts.events.base import Because
from common.contracts.frozen import value
from common.rulebook.layers import Rulebook, RuleDecision
from common.rulebook.release import NATIONAL
from common.rulebook.trial import Unit

Reason = Literal["no_place", "outside_every_region", "unknown_category", "no_authority", "confirm"]
BY_HAND = "by hand"
"""Stands for the border set where a person named the area."""


@value
class Where:
    """The area of a message, by borders or by a person."""

    area: str
    region: str
    border_set: str


@value
class TriageWord:
    """What a person in triage said; None where the rules shall say."""

    category: str | None = None
    authority: str | None = None


@value
class Placed:
    where: Where
    category: str
    authority: str
    priority: int
    answer_minutes: int
    extension_minutes: int
    because: tuple[Because, ...]


@value
class Unplaced:
    reason: Reason
    missing: tuple[str, ...]


def category_of(given: str | None, rulebook: Rulebook, unit: Unit) -> tuple[str | None, RuleDecision | None]:
    """The category by the map of what channels say; None when no row knows it."""
    decision = rulebook.decide("category_map", {"given": given}, unit) if given else None
    return (str(decision.outputs["category"]) if decision else None), decision


def place(
    case_id: str,
    given: str | None,
    where: Where | None,
    rulebook: Rulebook,
    said: TriageWord | None = None,
    has_point: bool = True,
) -> Placed | Unplaced:
    """Place a case by a rulebook: the same for a live message, a simulated one and one of the past.

    `given` is what the channel calls its category; `said` a person's answer from triage.
    """
    answer = said or TriageWord()
    unit = Unit(case_id, where.area if where is not None else None)
    mapped, by_map = (answer.category, None) if answer.category else category_of(given, rulebook, unit)
    missing = tuple(name for name, unknown in (("category", mapped is None), ("area", where is None)) if unknown)
    if where is None:
        return Unplaced("outside_every_region" if has_point else "no_place", missing)
    if mapped is None:
        return Unplaced("unknown_category", missing)
    asked = rulebook.decide("triage", {"category": mapped}, unit)
    if said is None and asked is not None and asked.outputs["confirm"]:
        return Unplaced("confirm", ())
    sought = {"category": mapped, "area": where.area}
    by_jurisdiction = None if answer.authority else rulebook.decide("jurisdiction", sought, unit)
    authority = answer.authority or (str(by_jurisdiction.outputs["authority"]) if by_jurisdiction else None)
    by_priority = rulebook.decide("priority", {"category": mapped}, unit)
    priority = int(by_priority.outputs["priority"]) if by_priority else 1
    by_deadline = rulebook.decide("deadline", {"category": mapped, "priority": priority}, unit)
    if authority is None or by_deadline is None:
        return Unplaced("no_authority", ("authority",))
    decisions = (by_map, by_jurisdiction, by_priority, by_deadline)
    return Placed(
        where=where,
        category=mapped,
        authority=authority,
        priority=priority,
        answer_minutes=int(by_deadline.outputs["answer_minutes"]),
        extension_minutes=int(by_deadline.outputs["extension_minutes"]),
        because=tuple(reason for decision in decisions if decision is not None for reason in reasons_of(decision)),
    )


@lru_cache(maxsize=50_000)
def reasons_of(decision: RuleDecision) -> tuple[Because, ...]:
    """The rows that decided, as events tell them; a decision is one object as long as its rulebook remembers it."""
    return tuple(
        Because(
            layer=hit.layer, number=hit.number, table=hit.table, row_id=hit.row_id, inputs=hit.inputs,
            outputs=hit.outputs,
        )
        for hit in decision.because
    )  # fmt: skip


def layer_for(where: Where | None) -> str:
    """Whose overlay applies: the region's, or none while the place is unknown."""
    return where.region if where is not None else NATIONAL
