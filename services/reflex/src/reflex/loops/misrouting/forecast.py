"""Transfers that a change would avoid in the horizon, with an interval: two futures of its cells, by simulation.

A cell is proposed because of an extreme run of its cases, and most such runs pass: an office enters a pile of one kind
on one day, a desk stands in for another. So two futures are looked at. In one, what its cases did since the change
lasts; in the other it passes, and the cell returns to all that is known of it. How likely the first is follows from
what passing runs look like, and weighs the expected number. The interval weighs both alike: it is to hold in a world
in which most changes last as in one in which most pass.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from common.contracts.events.rules import TRANSFERS_AVOIDED, Forecast

from reflex.loops.misrouting.cell import KEPT_OUTCOMES, Cell, Winner
from reflex.loops.misrouting.evidence import CANNOT_KNOW, Named
from reflex.loops.misrouting.outcome import CellOutcome

HORIZON_DAYS = 60
CONFIDENCE = 0.9
DRAWS = 1_000
"""Of each future; the tail of the interval is then known to about one point."""

# Learnt by likelihood from what came of the loop's proposals on resampled half-years of Boston (`tests/evaluation`),
# every cell weighed by the root of how often it was proposed.
PRIOR_DAYS, PRIOR_SPAN = 3.0, 2.0
"""Days with cases, and days in all, that a proposed cell is thought to have had before it was watched."""
PRIOR_BATCH = 12.0
"""So many days of one case each stand beside a cell's own cases a day."""
SPREAD, SPREAD_OF_A_DAY = 0.22, 1.84
"""Squared variation of the cases to come: of seasons, and of each day seen."""
LASTING = (2.0, -0.7, -3.3, -2.3, -2.0)
"""Logit of lasting: constant; log of cases a day; share of the evidence that stayed; share that ended at the target
before it; share of the evidence that ended at neither."""
LASTS_GAINED, LASTS_LOST = 10.0, 0.3
PASSES_GAINED, PASSES_LOST = 0.3, 0.8
"""Cases at the target and at the present authority that are thought to have been seen before the cell's own."""
EVIDENCE_DAY, EARLIER_CASE = 0.3, 0.15
"""What a day of the evidence and an earlier case tell of a cell once the change has passed, in cases."""
ELSEWHERE, NOT_ELSEWHERE, EACH = 0.2, 0.6, 0.2
"""The same of cases that end at neither."""


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


def forecast_of(target: str, named: Sequence[Named], watched_since: datetime, now: datetime) -> Forecast:
    """Newly right less newly wrong cases of all named cells, as `Forecast` counts them; `watched_since`: the first case
    that the loop has seen of any cell."""
    outlooks = [outlook(target, one, watched_since, now) for one in named]
    own = [o.lasting for o, one in zip(outlooks, named, strict=True) if one.winner is not None]
    lasting = sum(own) / len(own)
    random = Random(f"{named[0].cell.key}:{target}:{now.isoformat()}")
    lasts = sorted(sum(_drawn(random, o, o.lasts) for o in outlooks) for _ in range(DRAWS))
    passes = sorted(sum(_drawn(random, o, o.passes) for o in outlooks) for _ in range(DRAWS))
    both = sorted([*lasts, *passes])
    tail = round((1 - CONFIDENCE) / 2 * len(both))
    expected = lasting * sum(lasts) / DRAWS + (1 - lasting) * sum(passes) / DRAWS
    forecast = Forecast(
        measure=TRANSFERS_AVOIDED, expected=round(expected, 1), low=math.floor(both[tail]),
        high=math.ceil(both[-tail - 1]), confidence=CONFIDENCE, horizon_days=HORIZON_DAYS, review_at=now,
        cannot_know=CANNOT_KNOW,
    )  # fmt: skip
    return forecast.model_copy(update={"review_at": forecast.review_after(now)})


def outlook(target: str, named: Named, watched_since: datetime, now: datetime) -> Outlook:
    """What the outcomes of one cell say about its cases to come."""
    cell, winner = named.cell, named.winner
    cases, shape = _arrivals(cell, watched_since, now, proposed=winner is not None)
    ends = Counter(o.end for o in cell.outcomes)
    at_target, stayed = ends[target], ends[cell.current]
    elsewhere = len(cell.outcomes) - at_target - stayed
    gained, lost = PASSES_GAINED, PASSES_LOST
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
        lasting=_lasting(target, winner) if winner is not None else 0.5,
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


def _lasting(target: str, winner: Winner) -> float:
    """How likely it is that the evidence is no passing run: these come in few days, are mixed, and come again."""
    constant, batch, stayed, before, neither = LASTING
    evidence, known = len(winner.since), winner.wins + winner.losses
    logit = (
        constant
        + batch * math.log(evidence / len(_days(winner.since)))
        + stayed * winner.losses / known
        + before * sum(o.end == target for o in winner.before) / (len(winner.before) + 3)
        + neither * (evidence - known) / evidence
    )
    return 1 / (1 + math.exp(-logit))


def _drawn(random: Random, cell: Outlook, share: tuple[float, float]) -> float:
    """One future of one cell: cases that end at the target less those that stay, whose chance is nearly normal."""
    cases = random.gammavariate(cell.shape, cell.cases / cell.shape)
    cases *= 1 - random.betavariate(*cell.neither)
    gained = random.betavariate(*share)
    return cases * (2 * gained - 1) + math.sqrt(cases) * random.gauss(0, 1)
