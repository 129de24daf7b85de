"""How many cases offices get, with the candidate and without: twice as many is too much, whatever else it brings."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


def most_probable(cases: int) -> float:
    """The mean number of cases of which so few are seen by chance in one of forty times: few say little."""
    return cases + 2 + 2 * math.sqrt(cases + 1)


@dataclass(slots=True)
class OfficeVolume:
    """Cases count where they ended, after transfers: a change that only spares a transfer brings an office nothing."""

    ended: dict[str, list[int]] = field(default_factory=dict)
    """By office: cases of the rule in force, and of the candidate."""
    beside: dict[str, int] = field(default_factory=dict)
    """By office: cases that the trial did not concern."""

    def end(self, office: str, *, candidate: bool) -> None:
        self.ended.setdefault(office, [0, 0])[candidate] += 1

    def pass_by(self, office: str) -> None:
        self.beside[office] = self.beside.get(office, 0) + 1

    def too_many(self, least: int, times: float) -> str | None:
        """The office that gets `times` as many cases as by the other arm, of which `least` by the candidate."""
        current = sum(pair[0] for pair in self.ended.values())
        candidate = sum(pair[1] for pair in self.ended.values())
        if not current or not candidate:
            return None
        for office, (without, with_change) in sorted(self.ended.items()):
            beside = self.beside.get(office, 0)
            expected = beside + most_probable(without) * candidate / current
            if with_change >= least and beside + with_change >= times * expected:
                return office
        return None
