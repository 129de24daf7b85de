"""The ages at which a case counts, alike in both arms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from reflex.facts import CaseOpened
from reflex.loops.trial.measures import DEADLINE
from reflex.loops.trial.settings import Settings
from reflex.loops.trial.watched_case import CaseArm, WatchedCase
from reflex.sortable_times import text_of

TOLD_LATE = timedelta(days=1)
"""So long after a deadline the word that it was missed may come; what counts is how the case was at the deadline."""


class Ages(Protocol):
    """When outcomes are known, by a region's calendar."""

    def handed_on(self, region: str, opened: datetime) -> datetime:
        """When it is known whether a case was handed on."""
        ...

    def deadline(self, region: str, received: datetime, minutes: int) -> datetime:
        """The end of so many working minutes."""
        ...


def watched(fact: CaseOpened, opened: str, arms: Sequence[CaseArm], settings: Settings, ages: Ages) -> WatchedCase:
    """A case that begins. Its time is the longer of what the rule in force and the candidate say."""
    deadlines = sorted([fact.due_at, *_deadlines(fact, ages)])
    shorter, deadline = deadlines[0], deadlines[-1]
    twice = fact.received_at + (deadline - fact.received_at) * settings.open_times
    return WatchedCase(
        case_id=fact.case_id, region=fact.region, area=fact.area, channel=fact.channel, priority=fact.priority,
        opened=opened, holder=fact.authority, arms=list(arms), deadline=text_of(deadline),
        shorter=text_of(shorter),
        due={
            "transferred": text_of(ages.handed_on(fact.region, fact.at)),
            "overdue": text_of(deadline + TOLD_LATE),
            "open_age": text_of(twice + TOLD_LATE),
            **({"slower": text_of(shorter + TOLD_LATE)} if shorter < deadline else {}),
        },
    )  # fmt: skip


def _deadlines(fact: CaseOpened, ages: Ages) -> Iterator[datetime]:
    for drawn in fact.arms:
        if drawn.table == DEADLINE and drawn.current is not None and drawn.candidate is not None:
            for answer in (drawn.current, drawn.candidate):
                yield ages.deadline(fact.region, fact.received_at, int(answer["answer_minutes"]))
