"""What people said of suggested duplicates of one category under one rule, and what they joined unasked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from reflex.sortable_times import text_of

MOST_KEPT = 500
"""Of each list of a category, the newest."""


class Rule(NamedTuple):
    """What the national row in force says."""

    suggest: bool
    radius_metres: int
    window_hours: int


class Pair(NamedTuple):
    """Two cases: how far apart, how much later the second came, when a person spoke, and which case it was."""

    metres: int
    minutes: int
    at: str
    case_id: str
    same: bool = True

    def within(self, rule: Rule) -> bool:
        return self.metres <= rule.radius_metres and self.minutes <= 60 * rule.window_hours


@dataclass(slots=True)
class Category:
    """`rule` is the one that these pairs were decided under."""

    name: str
    rule: Rule
    since: str
    """When it was first seen to be in force."""
    decided: list[Pair] = field(default_factory=list)
    missed: list[Pair] = field(default_factory=list)
    """Joined by people, and not suggested by the rule."""
    proposed_at: str | None = None

    def body(self) -> dict[str, Any]:
        return {
            "rule": list(self.rule), "since": self.since, "decided": [list(p) for p in self.decided],
            "missed": [list(p) for p in self.missed], "proposed_at": self.proposed_at,
        }  # fmt: skip

    @classmethod
    def of(cls, name: str, body: Mapping[str, Any]) -> Category:
        return cls(
            name, Rule(*body["rule"]), body["since"], [Pair(*p) for p in body["decided"]],
            [Pair(*p) for p in body["missed"]], body["proposed_at"],
        )  # fmt: skip

    def begin_anew(self, rule: Rule, now: datetime) -> None:
        """Another rule is in force: what was said under the one before says nothing of it."""
        self.rule, self.since = rule, text_of(now)
        self.decided, self.missed = [], []

    def forget(self, now: datetime, keep_days: int) -> None:
        """Take out what is too old or too much."""
        oldest = text_of(now - timedelta(days=keep_days))
        self.decided = [p for p in self.decided if p.at >= oldest][-MOST_KEPT:]
        self.missed = [p for p in self.missed if p.at >= oldest][-MOST_KEPT:]
