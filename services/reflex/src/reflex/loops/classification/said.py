"""What cases were given as their category, by one word of a channel or one reading of a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import comb
from typing import Any, NamedTuple

from reflex.sortable_times import text_of

MOST_KEPT = 100
"""Cases of one word or reading, the newest."""
LONGEST_WORD = 60
"""Characters: what is longer is a sentence and no name of a category."""


class Given(NamedTuple):
    """One case: its category in the end, when that was said, and its id."""

    category: str
    at: str
    case_id: str


class Winner(NamedTuple):
    """A category, how many of some cases were given it, these, and the chance that it is more than half of all."""

    category: str
    wins: int
    cases: Sequence[Given]
    chance: float


@dataclass(slots=True)
class Said:
    """`expected` is what the rule or the model says; None where the rules do not know the word."""

    expected: str | None
    cases: list[Given] = field(default_factory=list)
    told_at: str | None = None
    """When something was said of it last."""
    proposal: str | None = None
    """The id of what was proposed of it last."""
    again_at: str | None = None
    """From when on what had to wait may be proposed anew."""

    def body(self) -> dict[str, Any]:
        return {
            "expected": self.expected, "cases": [list(c) for c in self.cases], "told_at": self.told_at,
            "proposal": self.proposal, "again_at": self.again_at,
        }  # fmt: skip

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Said:
        return cls(
            body["expected"], [Given(*c) for c in body["cases"]], body["told_at"], body.get("proposal"),
            body.get("again_at"),
        )  # fmt: skip

    def add(self, case: Given) -> None:
        self.cases = [*self.cases, case][-MOST_KEPT:]

    def forget(self, now: datetime, keep_days: int) -> None:
        oldest = text_of(now - timedelta(days=keep_days))
        self.cases = [case for case in self.cases if case.at >= oldest]

    def tell(self, now: datetime, proposal: str | None = None) -> None:
        self.told_at, self.proposal, self.again_at = text_of(now), proposal, None

    def wait(self, until: str) -> None:
        """What was said last must wait."""
        self.told_at, self.again_at = None, until

    def may_be_made_anew(self, now: datetime) -> bool:
        """What had to wait need not any more."""
        return self.again_at is not None and self.again_at <= text_of(now)

    def is_quiet(self, now: datetime, pause_days: int) -> bool:
        """Something was said lately, or must wait."""
        if self.again_at is not None and not self.may_be_made_anew(now):
            return True
        return self.told_at is not None and self.told_at > text_of(now - timedelta(days=pause_days))

    def winners(self, fewest: int) -> Iterator[Winner]:
        """The category that most cases were given, of all that are kept and of the newest of them, from `fewest` on;
        none where it is the expected one."""
        counts: Counter[str] = Counter()
        for place, case in enumerate(reversed(self.cases), 1):
            counts[case.category] += 1
            if place < fewest and place < len(self.cases):
                continue
            category, wins = min(counts.items(), key=lambda one: (-one[1], one[0]))
            if category != self.expected and 2 * wins > place:
                yield Winner(category, wins, self.cases[-place:], chance_of_most(wins, place - wins))


def chance_of_most(wins: int, others: int) -> float:
    """P(the true share > 1/2), nothing known before."""
    n = wins + others + 1
    return float(sum(comb(n, k) for k in range(wins + 1)) / 2**n)
