"""Transfers that a change would avoid in the horizon, with an interval: two futures of its cells, by simulation.

A cell is proposed because of an extreme run of its cases, and most such runs pass: an office enters a pile of one kind
on one day, a desk stands in for another. So two futures are looked at. In one, what its cases did since the change
lasts; in the other it passes, and the cell returns to what its category and its own past say. How likely the first is
follows from what passing runs look like: they come where much is handed on under right rules too. It weighs both
futures, in the interval never less than LEAST_WEIGHT.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from common.contracts.events.rules import TRANSFERS_AVOIDED, Forecast

from reflex.loops.misrouting.cell import KEPT_OUTCOMES, Cell
from reflex.loops.misrouting.evidence import CANNOT_KNOW, Named
from reflex.loops.misrouting.lasting import lasting_of
from reflex.loops.misrouting.outcome import CellOutcome

HORIZON_DAYS = 60
CONFIDENCE = 0.9
DRAWS = 500
"""Of each future; the tail of the interval is then known to about one point."""

# Learnt by likelihood from what came of the loop's proposals in six resampled half-years of Boston with and without
# planted faults (`otklik evaluate loops`).
PRIOR_DAYS, PRIOR_SPAN = 3.0, 2.0
"""Days with cases, and days in all, that a proposed cell is thought to have had before it was watched."""
PRIOR_BATCH = 12.0
"""So many days of one case each stand beside a cell's own cases a day."""
SPREAD, SPREAD_OF_A_DAY = 0.22, 1.84
"""Squared variation of the cases to come: of seasons, and of each day seen."""
LEAST_WEIGHT = 0.1
LASTS_GAINED, LASTS_LOST = 10.0, 0.3
"""Cases at the target and at the present authority that are thought to have been seen before the cell's own."""
PASSES_CASES = 6.0
"""The same of a change that passes: so many, of which the background's share ended at the target."""
EVIDENCE_DAY, EARLIER_CASE = 0.2, 0.05
"""What a day of the evidence and an earlier case tell of a cell once the change has passed, in cases."""
ELSEWHERE, NOT_ELSEWHERE, EACH = 0.2, 0.6, 0.2
"""The same of cases that end at neither."""


Background = Callable[[str], float]
"""By category: the share of its cases that is handed on under right rules."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is thought of one cell's cases to come; pairs are the two counts of a beta distribution."""

    cases: float
    """Expected in the horizon."""
    shape: float
    """Of their gamma distribution."""
    neither: tuple[float, float]
    """That one ends at neither authority, and that it ends at one of the two."""
    lasts: tuple[float, float]
    """That one of these ends at the target, and that it stays, if the change lasts."""
    passes: tuple[float, float]
    """The same if it passes."""
    lasting: float
    """Probability that the change lasts."""


def forecast_of(
    target: str, named: Sequence[Named], background: Background, watched_since: datetime, now: datetime
) -> Forecast:
    """Newly right less newly wrong cases of all named cells, as `Forecast` counts them; `watched_since`: the first case
    that the loop has seen of any cell."""
    outlooks = [outlook(target, one, background(one.cell.category), watched_since, now) for one in named]
    own = [o.lasting for o, one in zip(outlooks, named, strict=True) if one.winner is not None]
    lasting = sum(own) / len(own)
    random = Random(f"{named[0].cell.key}:{target}:{now.isoformat()}")
    lasts, passes = [0.0] * DRAWS, [0.0] * DRAWS
    for one in outlooks:
        for draw in range(DRAWS):
            if_lasts, if_passes = _drawn(random, one)
            lasts[draw] += if_lasts
            passes[draw] += if_passes
    low, high = _middle(lasts, passes, min(max(lasting, LEAST_WEIGHT), 1 - LEAST_WEIGHT))
    expected = lasting * sum(lasts) / DRAWS + (1 - lasting) * sum(passes) / DRAWS
    forecast = Forecast(
        measure=TRANSFERS_AVOIDED, expected=round(expected, 1), low=math.floor(low), high=math.ceil(high),
        confidence=CONFIDENCE, horizon_days=HORIZON_DAYS, review_at=now,
        cannot_know=CANNOT_KNOW,
    )  # fmt: skip
    return forecast.model_copy(update={"review_at": forecast.review_after(now)})


def _middle(lasts: Sequence[float], passes: Sequence[float], weight: float) -> tuple[float, float]:
    """Between what the middle CONFIDENCE of both futures together lies, the first of this weight."""
    drawn = sorted([*((x, weight) for x in lasts), *((x, 1 - weight) for x in passes)])
    tail = (1 - CONFIDENCE) / 2 * DRAWS
    return _first_beyond(drawn, tail), _first_beyond(reversed(drawn), tail)


def _first_beyond(drawn: Iterable[tuple[float, float]], tail: float) -> float:
    passed = 0.0
    for value, weight in drawn:
        passed += weight
        if passed > tail:
            return value
    raise AssertionError("the weights of all draws exceed a tail")


def outlook(target: str, named: Named, background: float, watched_since: datetime, now: datetime) -> Outlook:
    """What the outcomes of one cell say about its cases to come; `background`: the share of its category's cases that
    is handed on under right rules."""
    cell, winner = named.cell, named.winner
    cases, shape = _arrivals(cell, watched_since, now, proposed=winner is not None)
    ends = Counter(o.end for o in cell.outcomes)
    at_target, stayed = ends[target], ends[cell.current]
    elsewhere = len(cell.outcomes) - at_target - stayed
    gained, lost = PASSES_CASES * background, PASSES_CASES * (1 - background)
    evidence = Counter[str]()
    if winner is not None:
        evidence = Counter(o.end for o in winner.since)
        known, days = winner.wins + winner.losses, len(_days(winner.since))
        gained += EVIDENCE_DAY * days * winner.wins / known
        lost += EVIDENCE_DAY * days * winner.losses / known
    gained += EARLIER_CASE * (at_target - evidence[target])
    lost += EARLIER_CASE * (stayed - evidence[cell.current])
    return Outlook(
        cases=cases,
        shape=shape,
        neither=(ELSEWHERE + EACH * elsewhere, NOT_ELSEWHERE + EACH * (at_target + stayed)),
        lasts=(LASTS_GAINED, LASTS_LOST),
        passes=(gained, lost),
        lasting=lasting_of(winner, background) if winner is not None else 0.5,
    )


def _days(outcomes: Sequence[CellOutcome]) -> set[str]:
    """Dates: cases of one day came together."""
    return {o.day for o in outcomes}


def _arrivals(cell: Cell, watched_since: datetime, now: datetime, *, proposed: bool) -> tuple[float, float]:
    """Cases expected in the horizon and the shape of their gamma distribution: days with cases, times cases a day."""
    outcomes = cell.outcomes
    since = watched_since
    if len(outcomes) >= KEPT_OUTCOMES:
        since = datetime.fromisoformat(outcomes[0].opened)
    elif cell.since:
        since = datetime.fromisoformat(cell.since)
    until = datetime.fromisoformat(outcomes[-1].opened) if outcomes else now
    span = max((until - since) / timedelta(days=1), 1.0) + PRIOR_SPAN
    days = len(_days(outcomes))
    batch = (len(outcomes) + PRIOR_BATCH) / (days + PRIOR_BATCH)
    rate = (days + (PRIOR_DAYS if proposed else 0.5)) / span
    return rate * batch * HORIZON_DAYS, 1 / (SPREAD + SPREAD_OF_A_DAY / max(days, 1))


def _drawn(random: Random, cell: Outlook) -> tuple[float, float]:
    """One future of one cell, if the change lasts and if it passes: cases that end at the target less those that stay,
    whose chance is nearly normal."""
    cases = random.gammavariate(cell.shape, cell.cases / cell.shape)
    cases *= 1 - random.betavariate(*cell.neither)
    chance = math.sqrt(cases) * random.gauss(0, 1)
    lasts, passes = random.betavariate(*cell.lasts), random.betavariate(*cell.passes)
    return cases * (2 * lasts - 1) + chance, cases * (2 * passes - 1) + chance
