"""One look at a process: facts, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from common.contracts.catalogue import PLACEHOLDER, topic_of
from common.messaging.problems import Level, Problem


@dataclass
class Seen:
    """One look, as facts and what is wrong."""

    facts: dict[str, Any] = field(default_factory=dict)
    details: list[Problem] = field(default_factory=list)
    left_over: int = 0
    """How many of the problems are work left over for an operator, with which a service starts all the same."""

    def problem(
        self, kind: str, words: str, *, waiting: int | None = None, oldest: float | None = None, left_over: bool = False
    ) -> None:
        """What makes the service unready; `oldest` in seconds."""
        self.details.append(Problem(kind, words, waiting=waiting, oldest_seconds=oldest))
        self.left_over += left_over

    def left(
        self, kind: str, words: str, topic: str | None, *, level: Level, partition: int | None = None,
        waiting: int | None = None, oldest: float | None = None,
    ) -> None:  # fmt: skip
        """Work left over for an operator; `oldest` in seconds."""
        seconds = None if oldest is None else round(max(0.0, oldest), 1)
        self.details.append(Problem(kind, words, level, topic, partition, waiting, seconds))
        self.left_over += level == "problem"

    def words(self, level: Level) -> list[str]:
        return [problem.words for problem in self.details if problem.level == level]


class TopicOrigin:
    """Whether what is wrong with a topic is this service's own matter."""

    def __init__(self, *, one_region: bool) -> None:
        """`one_region`: the service is the one of a single region."""
        self._one_region = one_region

    def level(self, topic: str, over: bool = True) -> Level:
        """Of work left over, by the topic it is about; `over` a bound that was set for it."""
        return "note" if not over else "warning" if self.from_outside(topic) else "problem"

    def from_outside(self, topic: str) -> bool:
        """Whether a topic, by its logical name, is written by others than this service's own kind, or by one of many:
        what one of them brings is no reason to take the service from all.
        """
        try:
            row = topic_of(topic)
        except KeyError:
            return True
        return row.multi_writer or (PLACEHOLDER.search(row.template) is not None and not self._one_region)
