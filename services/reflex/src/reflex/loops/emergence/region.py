"""What is known of one region: when its reports come, and where anybody lives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reflex.loops.emergence.level import Level
from reflex.loops.emergence.profile import Profile
from reflex.loops.emergence.recent import Report
from reflex.loops.emergence.scan import Surroundings

SQUARE_M, LEAST_SQUARES = 1000.0, 4


@dataclass(slots=True)
class Region:
    """`began` is the time of its first report, in days since 1970."""

    began: float
    profile: Profile = field(default_factory=Profile)
    squares: set[tuple[int, int]] = field(default_factory=set)
    """Of a kilometre, in which any report was ever made."""
    level: Level = field(default_factory=Level)

    def add(self, report: Report, ahead: float) -> None:
        """`ahead`: by how many days its clocks are ahead of UTC."""
        self.profile.add(report.t + ahead)
        self.squares.add((int(report.x // SQUARE_M), int(report.y // SQUARE_M)))

    def around(self, ahead: float) -> Surroundings:
        area_m2 = max(len(self.squares), LEAST_SQUARES) * SQUARE_M * SQUARE_M
        return Surroundings(self.profile, self.level, area_m2, ahead)

    def body(self) -> dict[str, Any]:
        squares = sorted(map(list, self.squares))
        return {"began": self.began, "profile": self.profile.body(), "squares": squares, "level": self.level.body()}

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Region:
        """Also one that was kept without its level."""
        level = Level.of(body["level"]) if "level" in body else Level()
        return cls(body["began"], Profile.of(body["profile"]), {(a, b) for a, b in body["squares"]}, level)
