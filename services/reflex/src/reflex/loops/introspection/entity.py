"""One row of the mirror: the nation, a region, an area, an authority, a category, a channel or a row of rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from common.contracts.events.reflex.mirror import MirrorDimension

from reflex.case_outcomes.measures import MEASURES, Measure
from reflex.shares import share_interval

DIGITS = 4


class Counts(NamedTuple):
    """Of one measure."""

    cases: float
    bad: float
    alike: float
    """Cases of which it is known what is usual for like ones."""
    alike_bad: float
    expected: float
    variance: float
    """Of the bad ones, if cases were independent."""


WIDTH = len(Counts._fields)
PLACE = {measure: WIDTH * n for n, measure in enumerate(MEASURES)}
"""Where the counts of a measure stand in a week."""
LENGTH = WIDTH * len(MEASURES)


def _nothing() -> list[float]:
    return [0.0] * LENGTH


@dataclass(slots=True, eq=False)
class Entity:
    """`week` is what counted in the running week, `trail` the weeks before with fading weights."""

    dimension: MirrorDimension
    name: str
    week: list[float] = field(default_factory=_nothing)
    trail: list[float] = field(default_factory=_nothing)
    shown: float = 0
    """Outcomes of the running week when it was last published."""

    @property
    def key(self) -> str:
        return f"{self.dimension}|{self.name}"

    @property
    def outcomes(self) -> float:
        """Of the running week."""
        return sum(self.week[::WIDTH])

    def counted(self) -> Iterator[tuple[Measure, Counts]]:
        """What the running week has, by measure."""
        for measure, at in PLACE.items():
            if self.week[at]:
                yield measure, Counts(*self.week[at : at + WIDTH])

    def before(self, measure: Measure) -> Counts:
        """The weeks before."""
        at = PLACE[measure]
        return Counts(*self.trail[at : at + WIDTH])

    def seen(self, usual: Mapping[Measure, float], dispersion: Mapping[Measure, float]) -> dict[str, dict[str, Any]]:
        """The running week by measure, as the fields of `MeasureSeen`; `usual` are the nation's shares, by which like
        cases are told as one share."""
        return {m: _seen(counts, usual.get(m), dispersion[m]) for m, counts in self.counted()}

    def end_week(self, weight: float) -> None:
        """Begin a week; what was counted goes to the trail."""
        self.trail = [weight * (old + new) for old, new in zip(self.trail, self.week, strict=True)]
        self.week, self.shown = _nothing(), 0

    @property
    def forgotten(self) -> bool:
        return max(self.week[::WIDTH]) == 0 and max(self.trail[::WIDTH]) < 0.5

    def body(self) -> dict[str, Any]:
        """The weeks before; what the running one has is kept by kind of case."""
        return {m: self.trail[at : at + WIDTH] for m, at in PLACE.items() if self.trail[at]}

    def load(self, body: Mapping[Measure, Sequence[float]]) -> None:
        """Take up the saved weeks before."""
        for measure, counts in body.items():
            at = PLACE[measure]
            self.trail[at : at + WIDTH] = counts


def _seen(counts: Counts, usual: float | None, dispersion: float) -> dict[str, Any]:
    cases, bad, alike, alike_bad, expected, _ = counts
    ends, low, high = _interval(bad, cases, dispersion)
    found: dict[str, Any] = {"cases": int(cases), "bad": int(bad), "low": low, "high": high}
    if usual is not None and expected > 0:
        if alike != cases:
            ends = _interval(alike_bad, alike, dispersion)[0]
        scale = usual * alike / expected
        found["alike"], found["alike_bad"], found["expected"] = int(alike), int(alike_bad), round(expected, 2)
        if alike_bad:
            found["adjusted"] = round(min(1.0, scale * (alike_bad / alike)), DIGITS)
            found["adjusted_low"] = round(min(1.0, scale * ends[0]), DIGITS)
        else:
            found["adjusted"] = found["adjusted_low"] = 0.0
        found["adjusted_high"] = round(min(1.0, scale * ends[1]), DIGITS)
    return found


@lru_cache(maxsize=4096)
def _interval(bad: float, cases: float, dispersion: float) -> tuple[tuple[float, float], float, float]:
    """Of a share, and its ends rounded; most places have few cases, and the same few counts come again and again."""
    low, high = share_interval(bad, cases, dispersion)
    return (low, high), round(low, DIGITS), round(high, DIGITS)
