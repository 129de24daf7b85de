"""An adopted change's forecast against what came, from columns to the event. What is counted, see rules.Forecast."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from common.contracts.events.archive import ForecastScored
from common.contracts.events.rules import SETTLED_DAYS, TRANSFERS_AVOIDED, Forecast, ProposalChecked
from common.contracts.frozen import value
from common.rulebook.book import ReleaseBook
from common.rulebook.layers import Rulebook

from archive.answer import FEWEST_KNOWN
from archive.change_in_force import held_until, rulebook_without
from archive.columns import DecisionInputs, FollowedCases, Past, VerdictRow, Window, gather, opened
from archive.microseconds import microseconds
from archive.verdicts import verdict

LEAST_SHARE = 0.5
"""Of the horizon: a change that held for less is not judged by what was promised for the whole."""


@value
class Promise:
    """What a forecast says of the time that is counted."""

    expected: float
    low: float
    high: float

    def against(self, least: int, most: int) -> Literal["held", "below", "above", "too_little_known"]:
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


def scored(
    proposal: ProposalChecked, since: datetime, review_at: datetime, book: ReleaseBook, parquet: Sequence[Path],
    csv: Path | None, folder: Path,
) -> ForecastScored:  # fmt: skip
    """How the forecast of a change that came into force at `since` stands at its review.

    A function of the past's rows before the review and of the releases alone. Raises ReleaseMissing.
    """
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
    if forecast.measure != TRANSFERS_AVOIDED:
        return _not_scorable(about, "unknown_measure", f"what {forecast.measure!r} counts is not defined")
    horizon = timedelta(days=forecast.horizon_days)
    end = held_until(book, proposal.proposal_id, proposal.reversal, since, min(since + horizon, review_at))
    share = (end - since) / horizon if horizon else 0.0
    found = _followed(proposal, since, end, review_at, book, parquet, csv, folder)
    actual, unknown = found.newly_right - found.newly_wrong, found.decisions - found.known
    about |= {
        "held_days": round((end - since) / timedelta(days=1), 3), "actual": actual, "actual_least": actual - unknown,
        "actual_most": actual + unknown, "decisions": found.decisions, "known": found.known, "unknown": unknown,
        "newly_right": found.newly_right, "newly_wrong": found.newly_wrong,
    }  # fmt: skip
    if share < LEAST_SHARE:
        held = f"it was in force for {about['held_days']:g} of {forecast.horizon_days} days"
        return _not_scorable(about, "held_too_short", held)
    promise = promised(forecast, share)
    about |= {"expected": promise.expected, "low": promise.low, "high": promise.high}
    return ForecastScored(**about, verdict=promise.against(actual - unknown, actual + unknown))


def _not_scorable(about: dict[str, Any], code: str, reason: str) -> ForecastScored:
    return ForecastScored(**about, verdict="not_scorable", code=code, reason=reason)


def _followed(
    proposal: ProposalChecked, since: datetime, end: datetime, review_at: datetime, book: ReleaseBook,
    parquet: Sequence[Path], csv: Path | None, folder: Path,
) -> FollowedCases:  # fmt: skip
    window = Window(microseconds(review_at), microseconds(since), microseconds(end), by_release=True)
    with opened(folder) as db:
        gather(db, parquet, csv)
        past = Past(db, window)
        past.judge(_otherwise(past.inputs(), book, proposal))
        return past.followed(microseconds(review_at - timedelta(days=SETTLED_DAYS)))


def _otherwise(inputs: Sequence[DecisionInputs], book: ReleaseBook, proposal: ProposalChecked) -> Iterator[VerdictRow]:
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
