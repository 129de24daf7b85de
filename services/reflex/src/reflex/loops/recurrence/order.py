"""A prevention order from its issue to the look afterwards, and who may answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from common.contracts.events.reflex.prevention import AnswerPrevention
from common.contracts.refusals import Reason
from common.contracts.rights import HasPeople, denial
from common.contracts.seen_text import as_seen

from reflex.facts import PreventionAnswerGiven


@dataclass(slots=True)
class Order:
    """One that is not reviewed yet."""

    id: str
    region: str
    authority: str
    place: str
    """Key of the place."""
    category: str
    ordered_at: datetime
    answer_by: datetime
    remind_at: datetime
    reminded: bool = False
    overdue: bool = False
    answered_at: datetime | None = None
    review_at: datetime | None = None
    """None before the answer or the end of the term."""

    def body(self) -> dict[str, Any]:
        return {
            "id": self.id, "region": self.region, "authority": self.authority, "place": self.place,
            "category": self.category,
            "ordered_at": self.ordered_at.isoformat(), "answer_by": self.answer_by.isoformat(),
            "remind_at": self.remind_at.isoformat(), "reminded": self.reminded, "overdue": self.overdue,
            "answered_at": _text(self.answered_at), "review_at": _text(self.review_at),
        }  # fmt: skip

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Order:
        times = ("ordered_at", "answer_by", "remind_at", "answered_at", "review_at")
        return cls(**{**body, **{name: _time(body[name]) for name in times}})

    @property
    def since(self) -> datetime | None:
        """From when on it is looked whether the problem stays away."""
        if self.answered_at is not None:
            return self.answered_at
        return self.answer_by if self.overdue else None

    def looked_at_for(self, days: int) -> None:
        """The look ends so many days after the answer, or after the term where nobody answered."""
        since = self.since
        self.review_at = None if since is None else since + timedelta(days=days)


def why_not(federation: HasPeople, order: Order | None, given: PreventionAnswerGiven) -> Reason | None:
    """Why an answer is not taken; None where it is. After the term it still is, until the order is reviewed."""
    if order is None:
        return Reason("no_such_order", f"there is no prevention order {given.order_id} that waits for an answer")
    denied = denial(federation, given.actor, AnswerPrevention, region=order.region, authority=order.authority)
    if denied is not None:
        return denied
    if order.answered_at is not None:
        return Reason("order_answered", f"prevention order {given.order_id} was answered already")
    if not (as_seen(given.explanation) and as_seen(given.done)):
        return Reason("nothing_said", "the explanation or what was done is empty; say both", field="text")
    return None


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
