"""Which suggested pairs are really the same: planted by how near and how recent they are, whatever the log says."""

from __future__ import annotations

from dataclasses import dataclass

from laboratory.study import Scenario


@dataclass(frozen=True, slots=True)
class Truth:
    """A pair within both bounds is the same with probability `inside`, another with `outside`."""

    metres: int | None = None
    hours: int | None = None
    inside: float = 0.5
    outside: float = 0.5

    def chance(self, metres: int, minutes: int) -> float:
        near = self.metres is None or metres <= self.metres
        recent = self.hours is None or minutes <= 60 * self.hours
        return self.inside if near and recent else self.outside


NO_FAULT = Scenario("no_fault", "half of what the rules suggest is the same, however near", plants=False)
GOOD = Scenario("shuffled", "four of five are, however near: words on pairs are dealt out anew", plants=False)
NEAR = Scenario("only_near", "of pairs within 40 m four of five are the same, of farther ones one of twenty")
RECENT = Scenario("only_recent", "of pairs within a day four of five are the same, of later ones one of twenty")
NONE = Scenario("hardly_any", "one of fifty is the same")

TRUTHS = {
    NO_FAULT.name: Truth(), GOOD.name: Truth(inside=0.8, outside=0.8),
    NEAR.name: Truth(metres=40, inside=0.8, outside=0.05), RECENT.name: Truth(hours=24, inside=0.8, outside=0.05),
    NONE.name: Truth(inside=0.02, outside=0.02),
}  # fmt: skip
