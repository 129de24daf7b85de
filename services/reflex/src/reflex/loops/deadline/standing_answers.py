"""How likely an answer that nobody has contested yet is to stand: some are reopened days later.

An answer within a tenth of the limit is judged apart from slower ones: empty answers come fast. The share that is
reopened, by the days since the answer, is estimated as a time to an event whose end is not seen for young answers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reflex.loops.deadline.watched import WatchedCase

FAST = 0.1
"""Share of its limit within which an answer is a fast one."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StandingAnswers:
    """Of each of the two kinds the days after which answers were reopened, and the share that is left after each."""

    fast: tuple[Sequence[float], Sequence[float]]
    slow: tuple[Sequence[float], Sequence[float]]
    now: datetime

    @property
    def all_stand(self) -> bool:
        """Whether no answer was reopened."""
        return not self.fast[0] and not self.slow[0]

    def chance(self, case: WatchedCase) -> float:
        """That an answered case stays answered."""
        if case.reopened:
            return 1.0
        days, left = self.fast if _is_fast(case) else self.slow
        if not days:
            return 1.0
        place = bisect_right(days, (self.now - datetime.fromisoformat(case.answered)) / DAY)
        until_now = left[place - 1] if place else 1.0
        return left[-1] / until_now if until_now else 0.0


def standing_answers(cases: Iterable[WatchedCase], reopened_days: int, now: datetime) -> StandingAnswers:
    """From answered cases of one kind of report."""
    cases = list(cases)
    if not any(case.reopened for case in cases):
        return StandingAnswers(((), ()), ((), ()), now)
    kinds: dict[bool, list[tuple[float, bool]]] = {True: [], False: []}
    for case in cases:
        if case.first is not None:
            end = datetime.fromisoformat(case.reopened) if case.reopened else now
            days = (end - datetime.fromisoformat(case.answered)) / DAY
            kinds[_is_fast(case)].append((min(days, reopened_days), bool(case.reopened)))
    return StandingAnswers(_left(kinds[True]), _left(kinds[False]), now)


def _is_fast(case: WatchedCase) -> bool:
    return case.first is not None and case.first <= FAST * case.limit


def _left(seen: list[tuple[float, bool]]) -> tuple[list[float], list[float]]:
    """The days of reopenings, and the share of answers that stand after each."""
    days: list[float] = []
    left: list[float] = []
    at_risk, share = len(seen), 1.0
    for day, reopened in sorted(seen, key=lambda s: (s[0], not s[1])):
        if reopened:
            share *= 1 - 1 / at_risk
            days.append(day)
            left.append(share)
        at_risk -= 1
    return days, left
