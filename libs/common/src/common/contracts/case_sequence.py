"""What several topics say about one case, in one order that does not depend on which topic was read first."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, TypeVar

from common.contracts.events.base import Event
from common.contracts.events.region import CaseOpenedSummary


class Told(Protocol):
    """One event about a case: when it happened and where it stands on its topic."""

    @property
    def event(self) -> Event: ...
    @property
    def time(self) -> datetime: ...
    @property
    def topic(self) -> str: ...
    @property
    def place(self) -> int:
        """Grows along the topic for one key: the sequence, or the offset."""
        ...


T = TypeVar("T", bound=Told)


def in_one_order(told: Iterable[T]) -> list[T]:
    """Events of one case, merged from its topics by time. Each topic keeps its own order.

    At one and the same moment an opening that another topic's event made possible (a hand-over by another region, an
    answer in triage) comes after that event.
    """
    topics: dict[str, list[T]] = {}
    for one in told:
        topics.setdefault(one.topic, []).append(one)
    streams = [sorted(found, key=lambda t: t.place) for _, found in sorted(topics.items())]
    return list(heapq.merge(*streams, key=lambda t: (t.time, _follows(t.event))))


def _follows(event: Event) -> bool:
    return isinstance(event, CaseOpenedSummary) and (event.handed_over_from is not None or event.by_hand)
