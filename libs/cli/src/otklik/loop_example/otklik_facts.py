"""What happened, as typed values. Nothing here is about what a loop looks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Fact:
    """Something that happened: the record's own id, and when."""

    id: str
    at: datetime


@dataclass(frozen=True)
class CaseFact(Fact):
    """`authority` has the case after it."""

    case_id: str
    region: str
    authority: str


@dataclass(frozen=True)
class CaseOpened(CaseFact):
    category: str
    area: str
    priority: int
    channel: str
    received_at: datetime
    due_at: datetime
    by_hand: bool = False
    """Placed by a person."""


@dataclass(frozen=True)
class CaseTransferred(CaseFact):
    from_authority: str
    to_region: str | None = None


@dataclass(frozen=True)
class CaseJoined(CaseFact):
    into_case: str


@dataclass(frozen=True)
class CaseAnswered(CaseFact):
    on_time: bool
    worked_minutes: int


@dataclass(frozen=True)
class CaseReopened(CaseFact):
    times: int


@dataclass(frozen=True)
class CaseOverdue(CaseFact):
    due_at: datetime


FACTS: dict[str, type[Fact]] = {
    "region.case.opened.v1": CaseOpened,
    "region.case.transferred.v1": CaseTransferred,
    "region.case.joined.v1": CaseJoined,
    "region.case.answered.v1": CaseAnswered,
    "region.case.reopened.v1": CaseReopened,
    "region.case.overdue.v1": CaseOverdue,
}
"""By wire type. For another kind add a class with the fields that you need: the schemas say which there are."""


def fact_of(kind: str, record_id: str, at: str, body: Mapping[str, Any]) -> Fact | None:
    """None for a kind that FACTS has not."""
    model = FACTS.get(kind)
    if model is None:
        return None
    found: dict[str, Any] = {"id": record_id, "at": moment(at)}
    for one in fields(model):
        if one.name in body:
            found[one.name] = moment(body[one.name]) if one.type == "datetime" else body[one.name]
    return model(**found)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
