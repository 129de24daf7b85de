"""Prevention orders: what is demanded of an authority, its answers, and what came of them."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from common.contracts.events.base import Command, Instant, Refusal
from common.contracts.events.reflex.loop_event import LoopEvent

RootCause = Literal["wear", "poor_repair", "design", "outside", "upkeep", "conduct", "unknown"]
"""Why a problem comes again at one place: worn out, a repair that did not hold, how the place is made, works or damage
by others, upkeep that is lacking, how people use it, or not found out."""


class PreventionEvent(LoopEvent):
    """Common to what happens to a prevention order: the demand that an authority finds out why a problem comes again
    at one place, and does something about it."""

    topic: ClassVar[str] = "reflex.prevention"

    order_id: str
    region: str
    authority: str
    """Who must answer."""

    def record_key(self, loop: str) -> str:
        return self.order_id

    def correlation_id(self) -> str | None:
        return self.order_id


class PreventionOrdered(PreventionEvent):
    """The same problem came again at one place on several days, after its repairs."""

    type: ClassVar[str] = "reflex.prevention.ordered.v1"

    category: str
    area: str
    lat: float
    lon: float
    radius_m: float
    """Reports within so many metres of the point are about one place."""
    days: int
    """Distinct days with reports in the last 240 days."""
    first_day: str
    """Of these, as ISO has it."""
    score: float
    """The days, each weighed less the longer ago it was."""
    cases: tuple[str, ...]
    """The newest last, at most twenty."""
    answer_by: Instant
    ordered_at: Instant


class PreventionReminded(PreventionEvent):
    """The term of an order is near, and nobody has answered it."""

    type: ClassVar[str] = "reflex.prevention.reminded.v1"

    answer_by: Instant
    reminded_at: Instant


class PreventionOverdue(PreventionEvent):
    """The term of an order passed without an answer."""

    type: ClassVar[str] = "reflex.prevention.overdue.v1"

    answer_by: Instant


class AnswerPrevention(Command):
    """The authority says why the problem comes again, and what was done about it."""

    type: ClassVar[str] = "reflex.prevention.answer.v1"
    subject_field: ClassVar[str] = "order_id"

    order_id: str = Field(max_length=120)
    cause: RootCause
    explanation: str = Field(min_length=1, max_length=2000)
    """Why, in the authority's words."""
    done: str = Field(min_length=1, max_length=2000)
    """What was done so that it does not come again."""


class PreventionAnswered(PreventionEvent):
    """The authority answered an order; whether the problem stays away is looked at later."""

    type: ClassVar[str] = "reflex.prevention.answered.v1"

    actor: str
    cause: RootCause
    explanation: str
    done: str
    on_time: bool
    command_id: str
    review_at: Instant
    answered_at: Instant


class PreventionReviewed(PreventionEvent):
    """What came at the place in the weeks after the answer, or after the term where nobody answered."""

    type: ClassVar[str] = "reflex.prevention.reviewed.v1"

    answered: bool
    since: Instant
    until: Instant
    days: int
    """Days with reports at the place."""
    expected: float | None = None
    """Days with reports over the same time at places that were just under the cut, on average: a high score falls by
    itself. None where there were too few such places."""
    compared: int
    """How many places."""
    returned: float | None = None
    """At which share of these the problem came again."""
    reviewed_at: Instant


class ReflexCommandRefused(Refusal, LoopEvent):
    """A command on reflex.commands was refused, with the reason."""

    type: ClassVar[str] = "reflex.command.refused.v1"
    topic: ClassVar[str] = "reflex.prevention"

    order_id: str
    command: str
    """Its wire type."""
    command_id: str
    actor: str

    def record_key(self, loop: str) -> str:
        return self.order_id

    def correlation_id(self) -> str | None:
        return self.order_id
