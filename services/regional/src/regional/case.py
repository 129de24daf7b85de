"""The case as its region holds it: an immutable value, and what a decision about it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Protocol

import orjson
from common.contracts.case_life import OPEN, Passed, clock_stands
from common.contracts.disputes import TransferLimits
from common.contracts.events.base import Event
from common.contracts.events.region import State
from common.contracts.frozen import value
from common.contracts.refusals import Reason
from common.contracts.waiting import WaitEnd

WITHOUT_A_RULE_MINUTES = 10 * 8 * 60
"""How long a reply is waited for where the rules do not say: ten days of eight hours."""


class Calendar(Protocol):
    """Working time: minutes are working minutes, datetimes are UTC."""

    def add(self, start: datetime, minutes: int) -> datetime: ...
    def minutes_between(self, a: datetime, b: datetime) -> int: ...


@value
class Authority:
    """A body that must act: which regions it serves (`*` is every one) and whether it takes cases unasked."""

    id: str
    regions: tuple[str, ...]
    automatic: bool

    def serves(self, region: str) -> bool:
        return region in self.regions or "*" in self.regions


@value
class RegionContext:
    """What a decision may know beyond its case: the region, its working time, and the federation's authorities."""

    region: str
    calendar: Calendar
    authorities: Mapping[str, Authority]


@value
class Case:
    """One case. Minutes are working minutes of the region's calendar; times are UTC."""

    case_id: str
    state: State
    authority: str
    due_at: datetime
    clock_started: datetime
    """Receipt, or the last reopening: where the running answer clock began."""
    held_since: datetime
    """When the present authority got it."""
    last_at: datetime
    """Time of its last event: no later record counts as earlier than this."""
    answer_minutes: int
    extension_minutes: int
    release: str
    correlation_id: str
    assignment: str
    """The assignment's body as JSON, without its reasons: they stand in the event that opened the case."""
    synthetic: bool = False
    extended: bool = False
    overdue: bool = False
    """The present deadline was missed and reported."""
    overdue_at: datetime | None = None
    """When that was said to have been."""
    waiting_since: datetime | None = None
    resumes_as: State | None = None
    waited_minutes: int = 0
    """Stopped time of the running clock."""
    held_waited: int = 0
    """Stopped time while the present authority held it."""
    reopened: int = 0
    into_case: str | None = None
    mandate: str | None = None
    """Routing's proof that the case was given to this region; every event about it carries it."""
    directives: tuple[str, ...] = ()
    """Directives that are not yet fulfilled."""
    least_characters: int = 0
    """That an answer must have."""
    remind_minutes: int = 0
    """How long a reply is waited for before the citizen is reminded; 0: nobody is reminded."""
    term_minutes: int = WITHOUT_A_RULE_MINUTES
    """How long a reply is waited for, over all questions without one."""
    then: WaitEnd = "goes_on"
    question: str = ""
    """That the citizen was asked, while the case waits."""
    asked_at: datetime | None = None
    remind_at: datetime | None = None
    """When the citizen is reminded; None: they were, or are not to be."""
    wait_ends_at: datetime | None = None
    limits: TransferLimits | None = None
    """How often it may be passed on; None: as often as they like."""
    transfers: int = 0
    """Inside the region, since it came to it."""
    hand_overs: int = 0
    """From region to region."""
    claimed: str | None = None
    """In dispute: the authority to which its holder says it belongs."""
    claimed_region: str | None = None
    """Of that authority, where it is not one of this region."""
    settled_within: bool = False
    """The region's arbiter has decided to which of its authorities it belongs."""
    settled_between: bool = False
    """The federal centre has decided to which region it belongs."""
    raised_to: int = 0
    """The priority that an emergency in a later message raised it to; 0: none did."""
    vain_minutes: int = 0
    """How long the clock has stood still for questions that got no reply, since the citizen wrote last."""

    @property
    def priority(self) -> int:
        """As it came to the region, or as it was raised since."""
        return max(self.raised_to, int(orjson.loads(self.assignment)["priority"]))

    @property
    def urgent_priority(self) -> int:
        """That an emergency gave it, in its first words or in later ones; 0: none did."""
        assignment = orjson.loads(self.assignment)
        first = int(assignment["priority"]) if assignment.get("matter") == "emergency" else 0
        return max(self.raised_to, first)

    @property
    def fires_at(self) -> datetime | None:
        """When the deadline is to be reported, or None: closed, reported, or stopped before it came."""
        if self.overdue or self.state not in OPEN or clock_stands(self.waiting_since, self.due_at):
            return None
        return self.due_at

    @property
    def next_moment(self) -> tuple[datetime, Passed] | None:
        """What time alone brings next, and when."""
        moments: list[tuple[datetime, int, Passed]] = []
        if self.fires_at is not None:
            moments.append((self.fires_at, 0, "deadline"))
        if self.state == "waiting":
            if self.remind_at is not None:
                moments.append((self.remind_at, 1, "reminder"))
            # One that an older version put into waiting has no end: it gets one at the next tick.
            moments.append((self.wait_ends_at or self.last_at, 2, "reply_term"))
        if not moments:
            return None
        at, _, passed = min(moments)
        return at, passed


@value
class CaseEvent:
    """One event of a decision, with its own time."""

    event: Event
    at: datetime


@value
class CaseDecision:
    """The case afterwards (unchanged when refused, None when there is none) and what is to be published, in order."""

    case: Case | None
    events: tuple[CaseEvent, ...] = field(default_factory=tuple)


class Refused(Exception):
    """What was asked is against the case's life; says the reason given to whoever asked."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


MOMENTS = (
    "clock_started", "held_since", "last_at", "overdue_at", "waiting_since", "asked_at", "remind_at", "wait_ends_at",
)  # fmt: skip
COLUMNS = frozenset({"case_id", "state", "authority", "due_at", "assignment"})


KEPT = tuple(name for name in Case.__dataclass_fields__ if name not in COLUMNS)


def body_of(case: Case) -> str:
    """What a row keeps beside its columns, as JSON."""
    kept = {name: getattr(case, name) for name in KEPT}
    kept["limits"] = case.limits.model_dump() if case.limits is not None else None
    return orjson.dumps(kept).decode()


def case_of(case_id: str, state: State, authority: str, due_at: datetime, body: str, assignment: str) -> Case:
    """The inverse of a row."""
    kept = orjson.loads(body)
    kept["directives"] = tuple(kept["directives"])
    limits = kept.get("limits")
    kept["limits"] = TransferLimits(**limits) if limits is not None else None
    for name in MOMENTS:
        # A body that an older version wrote does not have all of them.
        moment = kept.get(name)
        kept[name] = datetime.fromisoformat(moment) if moment is not None else None
    return Case(case_id=case_id, state=state, authority=authority, due_at=due_at, assignment=assignment, **kept)
