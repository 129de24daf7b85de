"""What the check finds, in the integrator's words: ids, offsets and names of fields, and nothing of a body."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

Severity = Literal["fault", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("fault", "warning", "note")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a record lies; `topic` by the broker's name."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about one record."""

    severity: Severity
    rule: str
    """Of which kind it is: one word for programs."""
    words: str
    fix: str
    """What to do; empty where nothing need be done."""
    at: Position | None = None
    outside_id: str | None = None
    """The record's ce_id, unless it could tell who somebody is."""
    refused: bool = False
    """Otklik does not take such a record, and says so itself on the channel's rejections."""

    @property
    def kind(self) -> tuple[str, str, str]:
        """Findings with the same are one thing that happened several times."""
        return self.rule, self.words, self.fix


class Remembered(Generic[K, V]):
    """The latest so many things by key: what is older is forgotten, and counted."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[K, V] = OrderedDict()
        self.forgotten = 0

    def get(self, key: K) -> V | None:
        return self._held.get(key)

    def holds(self, key: K) -> bool:
        return key in self._held

    def put(self, key: K, value: V) -> None:
        self._held[key] = value
        self._held.move_to_end(key)
        if len(self._held) > self._most:
            self._held.popitem(last=False)
            self.forgotten += 1

    def drop(self, key: K) -> V | None:
        return self._held.pop(key, None)

    def items(self) -> list[tuple[K, V]]:
        return list(self._held.items())
