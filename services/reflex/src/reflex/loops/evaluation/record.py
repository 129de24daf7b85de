"""An author's record over the proposals that are remembered: states, precision, forecasts by measure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from math import sqrt

from common.contracts.events.reflex.observations import ForecastsScored, TrackRecordPublished
from common.contracts.precision import RIGHT, WRONG, precision_percent

from reflex.loops.evaluation.followed import Followed, Score
from reflex.shares import share_interval

HALF = 0.5
Z80 = 1.2816
"""Of an interval of 80 %: one in ten lies below it."""
Z90 = 1.6449
"""Of the normal distribution, for an interval of 90 %."""


def did_harm(score: Score) -> bool:
    """Whether less came than nothing, whatever is not known, and hardly by chance: where cases are counted that became
    right or wrong, more became wrong with nine in ten."""
    if score.most >= 0:
        return False
    return not score.wrong or share_interval(score.wrong, score.right + score.wrong, z=Z80)[0] > HALF


def record_of(
    author: str, proposals: Iterable[Followed], held_back: int, days: int, now: datetime, *, loop: bool
) -> TrackRecordPublished:
    found = list(proposals)
    states = Counter(p.state for p in found)
    right, judged = judged_of(found)
    low, high = interval(right, judged)
    return TrackRecordPublished(
        author=author, loop=loop, states=dict(sorted(states.items())), held_back=held_back, judged=judged,
        precision=precision_percent(p.state for p in found), precision_low=100 * low, precision_high=100 * high,
        forecasts=forecasts_of(found), days=days, published_at=now,
    )  # fmt: skip


def judged_of(proposals: Iterable[Followed]) -> tuple[int, int]:
    """Proposals that were right, and those that were judged at all."""
    states = [p.state for p in proposals]
    right, wrong = sum(s in RIGHT for s in states), sum(s in WRONG for s in states)
    return right, right + wrong


def forecasts_of(proposals: Iterable[Followed]) -> tuple[ForecastsScored, ...]:
    by_measure: dict[str, list[Score]] = {}
    for proposal in proposals:
        if proposal.score is not None:
            by_measure.setdefault(proposal.score.measure, []).append(proposal.score)
    return tuple(_measured(measure, scores) for measure, scores in sorted(by_measure.items()))


def _measured(measure: str, scores: list[Score]) -> ForecastsScored:
    verdicts = Counter(score.verdict for score in scores)
    low, high = interval(verdicts["held"], len(scores))
    return ForecastsScored(
        measure=measure, scored=len(scores), held=verdicts["held"], below=verdicts["below"], above=verdicts["above"],
        held_low=100 * low, held_high=100 * high, promised=sum(s.expected for s in scores),
        came=sum(s.actual for s in scores), width=sum(s.high - s.low for s in scores) / len(scores),
    )  # fmt: skip


def interval(right: int, all_of_them: int) -> tuple[float, float]:
    """Wilson's of 90 % for a share; everything where there is nothing."""
    if all_of_them == 0:
        return 0.0, 1.0
    n, share, square = all_of_them, right / all_of_them, Z90**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z90 * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, middle - half), min(1.0, middle + half)
