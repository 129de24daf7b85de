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
    proposal: str | None = None
    """The id of what was proposed last."""
    again_at: str | None = None
    """From when on what had to wait may be proposed anew."""

    def body(self) -> dict[str, Any]:
        return {
            "rule": list(self.rule), "since": self.since, "decided": [list(p) for p in self.decided],
            "missed": [list(p) for p in self.missed], "proposed_at": self.proposed_at,
            "proposal": self.proposal, "again_at": self.again_at,
        }  # fmt: skip

    @classmethod
    def of(cls, name: str, body: Mapping[str, Any]) -> Category:
        return cls(
            name, Rule(*body["rule"]), body["since"], [Pair(*p) for p in body["decided"]],
            [Pair(*p) for p in body["missed"]], body["proposed_at"], body.get("proposal"), body.get("again_at"),
        )  # fmt: skip

    def propose(self, now: datetime, proposal: str) -> None:
        self.proposed_at, self.proposal, self.again_at = text_of(now), proposal, None

    def wait(self, until: str) -> None:
        """What was proposed last must wait."""
        self.proposed_at, self.again_at = None, until

    def may_be_made_anew(self, now: datetime) -> bool:
        """What had to wait need not any more."""
        return self.again_at is not None and self.again_at <= text_of(now)

    def is_quiet(self, now: datetime, pause_days: int) -> bool:
        """Something was proposed lately, or must wait."""
        if self.again_at is not None and not self.may_be_made_anew(now):
            return True
        return self.proposed_at is not None and self.proposed_at > text_of(now - timedelta(days=pause_days))

    def begin_anew(self, rule: Rule, now: datetime) -> None:
        """Another rule is in force: what was said under the one before says nothing of it."""
        self.rule, self.since = rule, text_of(now)
        self.decided, self.missed = [], []

    def forget(self, now: datetime, keep_days: int) -> None:
        """Take out what is too old or too much."""
        oldest = text_of(now - timedelta(days=keep_days))
        self.decided = [p for p in self.decided if p.at >= oldest][-MOST_KEPT:]
        self.missed = [p for p in self.missed if p.at >= oldest][-MOST_KEPT:]
