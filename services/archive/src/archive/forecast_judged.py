"""An adopted change's forecast against what came, whoever has counted that."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from common.contracts.events.archive import ForecastScored
from common.contracts.events.rules import ANSWERED_IN_TIME, Forecast, ProposalChecked
from common.contracts.frozen import value
from common.rulebook.book import ReleaseBook
from common.rulebook.layers import Rulebook

from archive.answer import FEWEST_KNOWN
from archive.came import Came
from archive.change_in_force import held_until, rulebook_without
from archive.columns import DecisionInputs, VerdictRow
from archive.verdicts import verdict

LEAST_SHARE = 0.5
"""Of the horizon: a change that held for less is not judged by what was promised for the whole."""


@value
class Promise:
    """What a forecast says of the time that is counted."""

    expected: float
    low: float
    high: float

    def against(self, least: float, most: float) -> Literal["held", "below", "above", "too_little_known"]:
        """Where what came lies, known to be from `least` to `most`."""
        if self.low <= least and most <= self.high:
            return "held"
        if most < self.low:
            return "below"
        return "above" if least > self.high else "too_little_known"


def promised(forecast: Forecast, share: float) -> Promise:
    """A part of the horizon has that part of the promise, with the whole numbers around it."""
    if share >= 1:
        return Promise(forecast.expected, forecast.low, forecast.high)
    low, high = math.floor(forecast.low * share), math.ceil(forecast.high * share)
    return Promise(round(forecast.expected * share, 1), low, high)


Measure = Callable[[Forecast, datetime], Came]
"""What came of a forecast until a moment at which the change was taken back or its horizon ended."""


def judged(
    proposal: ProposalChecked, since: datetime, review_at: datetime, book: ReleaseBook, measures: Mapping[str, Measure]
) -> ForecastScored:
    """How the forecast of a change that came into force at `since` stands at its review. Raises ReleaseMissing."""
    forecast = proposal.forecast
    about: dict[str, Any] = {
        "proposal_id": proposal.proposal_id, "proposer": proposal.loop or proposal.actor, "since": since,
        "until": review_at, "fewest_known": FEWEST_KNOWN, "measure": "" if forecast is None else forecast.measure,
    }  # fmt: skip
    if forecast is None:
        return _not_scorable(about, "no_forecast", "nothing was forecast")
    about |= {
        "confidence": forecast.confidence, "horizon_days": forecast.horizon_days, "expected": forecast.expected,
        "low": forecast.low, "high": forecast.high,
    }  # fmt: skip
    if forecast.measure not in measures:
        return _not_scorable(about, "unknown_measure", f"what {forecast.measure!r} counts is not defined")
    horizon = timedelta(days=forecast.horizon_days)
    end = held_until(book, proposal.proposal_id, proposal.reversal, since, min(since + horizon, review_at))
    share = (end - since) / horizon if horizon else 0.0
    came = measures[forecast.measure](forecast, end)
    about |= {
        "held_days": round((end - since) / timedelta(days=1), 3), "actual": came.actual, "actual_least": came.least,
        "actual_most": came.most, **came.told,
    }  # fmt: skip
    if share < LEAST_SHARE:
        held = f"it was in force for {about['held_days']:g} of {forecast.horizon_days} days"
        return _not_scorable(about, "held_too_short", held)
    # A share of cases is promised for any time, a number of cases for the whole horizon.
    promise = promised(forecast, 1.0 if forecast.measure == ANSWERED_IN_TIME else share)
    about |= {"expected": promise.expected, "low": promise.low, "high": promise.high}
    if came.least is None or came.most is None:
        return ForecastScored(**about, verdict="too_little_known", reason=came.too_few)
    return ForecastScored(**about, verdict=promise.against(came.least, came.most))


def _not_scorable(about: dict[str, Any], code: str, reason: str) -> ForecastScored:
    return ForecastScored(**about, verdict="not_scorable", code=code, reason=reason)


def otherwise(inputs: Iterable[DecisionInputs], book: ReleaseBook, proposal: ProposalChecked) -> Iterator[VerdictRow]:
    """What the change decides otherwise than the rules before it, each decision under its own release."""
    before: dict[str, Rulebook | None] = {}
    for one in inputs:
        tag = one.release or ""
        if tag not in before:
            before[tag] = rulebook_without(book, tag, proposal.proposal_id, proposal.reversal)
        without = before[tag]
        if without is None:
            continue
        found = verdict(one, without, book.get(tag))
        if found.changed:
            yield found
