"""An adopted change's forecast against what came, from columns to the event. What is counted, see rules.Forecast."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from common.contracts.events.archive import ForecastScored
from common.contracts.events.rules import (
    ANSWERED_IN_TIME,
    DUPLICATES_SUGGESTED,
    LATE_AVOIDED,
    POORLY_RATED_AVOIDED,
    REFUSALS_SPARED,
    REOPENED_AVOIDED,
    SETTLED_DAYS,
    TRANSFERS_AVOIDED,
    Forecast,
    ProposalChecked,
)
from common.contracts.frozen import value
from common.rulebook.book import ReleaseBook
from common.rulebook.layers import Rulebook

from archive.answer import FEWEST_KNOWN
from archive.came import Came, avoided, confirmed, percent_of
from archive.cases_compared import CaseCounts, Span, counted
from archive.change_in_force import RulesAround, held_until, rulebook_without
from archive.columns import DecisionInputs, Past, VerdictRow, Window, gather, opened
from archive.microseconds import microseconds
from archive.suggestions import Asked, Suggestions
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
    if forecast.measure not in MEASURES:
        return _not_scorable(about, "unknown_measure", f"what {forecast.measure!r} counts is not defined")
    horizon = timedelta(days=forecast.horizon_days)
    end = held_until(book, proposal.proposal_id, proposal.reversal, since, min(since + horizon, review_at))
    share = (end - since) / horizon if horizon else 0.0
    came = MEASURES[forecast.measure](Question(proposal, forecast, since, end, review_at, book, (parquet, csv, folder)))
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


@value
class Question:
    """A change that was in force from `since` to `end`, looked at as of `review_at`."""

    proposal: ProposalChecked
    forecast: Forecast
    since: datetime
    end: datetime
    review_at: datetime
    book: ReleaseBook
    past: tuple[Sequence[Path], Path | None, Path]
    """Segments, the journal's text, and a folder to work in."""

    @property
    def rules(self) -> RulesAround:
        return RulesAround(self.book, self.proposal.proposal_id, self.proposal.reversal, self.since)

    def arm(self, name: str) -> str:
        return f"{self.proposal.proposal_id}:{name}"

    def earlier(self) -> tuple[datetime, datetime]:
        """From when on cases before the change are compared, and as of when: after as long a time as those after it."""
        return self.since - timedelta(days=self.forecast.horizon_days), self.since + (self.review_at - self.end)


def _transfers(asked: Question) -> Came:
    window = Window(microseconds(asked.review_at), microseconds(asked.since), microseconds(asked.end), by_release=True)
    parquet, csv, folder = asked.past
    with opened(folder) as db:
        gather(db, parquet, csv)
        past = Past(db, window)
        past.judge(_otherwise(past.inputs(), asked.book, asked.proposal))
        found = past.followed(microseconds(asked.review_at - timedelta(days=SETTLED_DAYS)))
    actual, unknown = found.newly_right - found.newly_wrong, found.decisions - found.known
    told = {
        "decisions": found.decisions, "known": found.known, "unknown": unknown, "newly_right": found.newly_right,
        "newly_wrong": found.newly_wrong,
    }  # fmt: skip
    return Came(actual, actual - unknown, actual + unknown, told)


def _after(asked: Question) -> CaseCounts:
    span = Span(asked.since, asked.end, asked.review_at, asked.arm("current"), by_release=True)
    return counted(asked.forecast.measure, span, lambda i: _otherwise(i, asked.book, asked.proposal), *asked.past)


def _in_time(asked: Question) -> Came:
    return percent_of(_after(asked))


def _bad_cases(asked: Question) -> Came:
    since, seen = asked.earlier()
    span = Span(since, asked.since, seen, asked.arm("candidate"), by_release=False)
    rules = asked.rules
    before = counted(asked.forecast.measure, span, lambda i: _around(i, rules), *asked.past)
    return avoided(before, _after(asked))


def _refusals(asked: Question) -> Came:
    since, seen = asked.earlier()
    found = Suggestions(*asked.past)
    before = found.refused(Asked(since, asked.since, seen), asked.rules)
    return avoided(before, found.refused(Asked(asked.since, asked.end, asked.review_at), asked.rules))


def _suggested(asked: Question) -> Came:
    about = Asked(asked.since, asked.end, asked.review_at)
    return confirmed(Suggestions(*asked.past).confirmed(about, asked.rules))


MEASURES: Mapping[str, Callable[[Question], Came]] = {
    TRANSFERS_AVOIDED: _transfers,
    ANSWERED_IN_TIME: _in_time,
    LATE_AVOIDED: _bad_cases,
    REOPENED_AVOIDED: _bad_cases,
    POORLY_RATED_AVOIDED: _bad_cases,
    REFUSALS_SPARED: _refusals,
    DUPLICATES_SUGGESTED: _suggested,
}
"""What came, by the measure of the forecast. Each may raise ReleaseMissing."""


def _around(inputs: Iterable[DecisionInputs], rules: RulesAround) -> Iterator[VerdictRow]:
    """What the change decides otherwise, by the rules of the moment in which it came into force."""
    for one in inputs:
        both = rules.of(one.region)
        if both is not None and (found := verdict(one, *both)).changed:
            yield found


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
