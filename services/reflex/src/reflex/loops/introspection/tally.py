"""What counted in the running week of cases of one kind: all that is kept of it until the week is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from reflex.case_outcomes.measures import Measure
from reflex.loops.introspection.entity import PLACE as COUNTS_PLACE
from reflex.loops.introspection.usual import PLACE as STRATUM_PLACE
from reflex.loops.introspection.usual import Stratum, expected


class Kind(NamedTuple):
    """Cases that count in the same rows of the mirror."""

    category: str
    channel: str
    region: str
    area: str
    authority: str
    """Empty where what is counted is billed to none."""
    rows: tuple[str, ...]
    """Rows of rules."""

    @property
    def key(self) -> str:
        return "\t".join((*self[:5], *self.rows))

    @classmethod
    def of(cls, key: str) -> Kind:
        category, channel, region, area, authority, *rows = key.split("\t")
        return cls(category, channel, region, area, authority, tuple(rows))


@dataclass(slots=True, eq=False)
class Tally:
    """Counts of one kind, which go into the weeks of its entities and into its strata as they come."""

    weeks: Sequence[list[float]]
    """Of entities that are compared for like categories and channels."""
    channel: list[float]
    """The week of the channel, which is compared for like categories and regions."""
    whole: Stratum
    by_channel: Stratum
    by_region: Stratum
    counts: dict[Measure, list[float]] = field(default_factory=dict)
    """By measure: cases, bad ones; of those of which it is known what is usual cases, bad ones, expected ones and their
    variance for like categories and channels, and these two for like categories and regions."""

    def count(self, measure: Measure, least: int, *, bad: bool) -> None:
        """One case; `least` cases of its category must be known before any is compared."""
        like = expected(self.whole, (self.by_channel, self.by_region), measure, least)
        if like is None:
            one = (1, bad, 0, 0, 0.0, 0.0, 0.0, 0.0)
        else:
            usual, usual_there = like
            one = (1, bad, 1, bad, usual, usual * (1 - usual), usual_there, usual_there * (1 - usual_there))
        self._add(measure, one)

    def load(self, counts: Mapping[Measure, Sequence[float]]) -> None:
        """Take up saved counts."""
        for measure, many in counts.items():
            self._add(measure, many)

    def body(self) -> dict[str, Any]:
        return {"counts": self.counts}

    def _add(self, measure: Measure, many: Sequence[float]) -> None:
        cases, bad, alike, alike_bad, usual, variance, usual_there, variance_there = many
        own = self.counts.get(measure)
        if own is None:
            self.counts[measure] = list(many)
        else:
            own[0] += cases
            own[1] += bad
            own[2] += alike
            own[3] += alike_bad
            own[4] += usual
            own[5] += variance
            own[6] += usual_there
            own[7] += variance_there
        a = COUNTS_PLACE[measure]
        b, c, d, e, f = a + 1, a + 2, a + 3, a + 4, a + 5
        for week in self.weeks:
            week[a] += cases
            week[c] += alike
            week[e] += usual
            week[f] += variance
        week = self.channel
        week[a] += cases
        week[c] += alike
        week[e] += usual_there
        week[f] += variance_there
        at = STRATUM_PLACE[measure]
        self.whole[at] += cases
        self.by_channel[at] += cases
        self.by_region[at] += cases
        if bad:
            for week in (*self.weeks, self.channel):
                week[b] += bad
                week[d] += alike_bad
            self.whole[at + 1] += bad
            self.by_channel[at + 1] += bad
            self.by_region[at + 1] += bad
