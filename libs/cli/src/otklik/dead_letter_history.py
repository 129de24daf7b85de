"""Dead letters as the services tell of them: where each came from, why, and what became of it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from common.contracts.events.operations import DeadLetterExpired, DeadLetterRecorded, DeadLetterSettled

SETTLED = ("replayed", "skipped")
"""Outcomes after which a dead letter is open no longer."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter. `position` is topic/partition/offset by the topic's logical name."""

    id: str
    service: str
    topic: str
    position: str
    reason: str
    size: int
    recorded_at: datetime
    case_id: str | None = None
    state: str = "open"
    said: str = ""
    """What the service said last about an order, in words."""
    orders: frozenset[str] = frozenset()
    """Ids of the orders that the service has answered."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list or an order in bulk is about; None and empty: everything."""

    service: str | None = None
    topic: str | None = None
    reason: str | None = None
    """Words that the reason holds, whatever their case."""
    settled: bool = False
    """Also those that were replayed or skipped."""

    def takes(self, letter: Letter) -> bool:
        return (
            (self.settled or letter.state == "open")
            and self.service in (None, letter.service)
            and self.topic in (None, letter.topic)
            and (self.reason or "").casefold() in letter.reason.casefold()
        )


Event = DeadLetterRecorded | DeadLetterSettled | DeadLetterExpired
Told = tuple[Event, str | None]
"""An event, and the id of the order that caused it."""


def letters_of(told: Iterable[Told]) -> dict[str, Letter]:
    """Every letter by its id, in the order of their recording; `told` is in order for each service."""
    found: dict[str, Letter] = {}
    for event, cause in told:
        if isinstance(event, DeadLetterRecorded):
            position = f"{event.topic}/{event.partition}/{event.offset}"
            found.setdefault(
                event.dead_letter_id,
                Letter(
                    event.dead_letter_id, event.service, event.topic, position, event.reason, event.size,
                    event.recorded_at, event.case_id,
                ),
            )  # fmt: skip
        elif (old := found.get(event.dead_letter_id)) is None:
            continue
        elif isinstance(event, DeadLetterExpired):
            found[old.id] = replace(old, state="expired")
        else:
            words = event.outcome.replace("_", " ") + (f": {event.reason}" if event.reason else "")
            found[old.id] = replace(
                old,
                state=event.outcome if event.outcome in SETTLED else old.state,
                said=words,
                orders=old.orders | ({cause} if cause else set()),
            )
    return dict(sorted(found.items(), key=lambda item: (item[1].recorded_at, item[0])))


def groups_of(letters: Iterable[Letter]) -> list[tuple[int, str, str, str]]:
    """(how many, service, topic, reason), the largest first."""
    counts = Counter((one.service, one.topic, one.reason) for one in letters)
    return [(n, *group) for group, n in counts.most_common()]
