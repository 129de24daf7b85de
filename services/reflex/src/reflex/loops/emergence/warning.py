"""An early warning while it lasts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reflex.loops.emergence.recent import Report
from reflex.loops.emergence.scan import RADII_M, WHOLE, Stream

MOST_CASES = 50


@dataclass(slots=True)
class Warned:
    """`x` and `y` in metres on the plane of its reports; `t` in days since 1970, of the report that set it off."""

    id: str
    region: str
    category: str
    authority: str
    x: float
    y: float
    ring: int
    """Which of the scan's radii, or WHOLE: the whole region."""
    t: float
    since: datetime
    per_day: float
    """Reports a day that are usual in the circle."""
    reports: int
    told: int
    """Reports at the last word about it."""
    more: list[str] = field(default_factory=list)
    """Cases since the last word."""

    @property
    def is_whole(self) -> bool:
        return self.ring == WHOLE

    @property
    def radius_m(self) -> float | None:
        """None: the whole region."""
        return None if self.is_whole else RADII_M[self.ring]

    def holds(self, x: float, y: float, metres: float = 0.0) -> bool:
        """Whether a point is within its circle, or within so many metres of its centre."""
        if self.radius_m is None:
            return True
        return (x - self.x) ** 2 + (y - self.y) ** 2 <= max(metres, self.radius_m) ** 2

    def reports_since(self, t: float, stream: Stream) -> list[Report]:
        """Those of its place, of the last three days, oldest first."""
        return stream.recent.since(t) if self.radius_m is None else stream.recent.near(self.x, self.y, self.radius_m, t)

    def add(self, report: Report) -> None:
        self.reports += 1
        self.more = [*self.more, report.case_id][:MOST_CASES]

    @property
    def has_grown(self) -> bool:
        return self.reports >= 2 * self.told

    def told_now(self) -> Sequence[str]:
        """The cases since the last word, which is now."""
        cases, self.more, self.told = self.more, [], self.reports
        return cases

    def is_over(self, lately: int, days: float, dispersion: float) -> bool:
        """Whether the reports of the last (even) days are as usual: within two standard deviations, or one alone."""
        usual = self.per_day * days
        return lately <= max(1.0, usual + 2 * math.sqrt(dispersion * usual))

    def body(self) -> dict[str, Any]:
        return {
            "id": self.id, "region": self.region, "category": self.category, "authority": self.authority, "x": self.x,
            "y": self.y, "ring": self.ring, "t": self.t, "since": self.since.isoformat(), "per_day": self.per_day,
            "reports": self.reports, "told": self.told, "more": self.more,
        }  # fmt: skip

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Warned:
        return cls(**{**body, "since": datetime.fromisoformat(body["since"]), "more": list(body["more"])})
