"""An adopted change's forecast against what came, from columns to the event. What is counted, see rules.Forecast."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

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

from archive.came import Came, avoided, confirmed, percent_of
from archive.cases_compared import CaseCounts, Span, counted
from archive.change_in_force import RulesAround
from archive.columns import DecisionInputs, Past, VerdictRow, Window, gather, opened
from archive.forecast_judged import Measure, judged, otherwise
from archive.microseconds import microseconds
from archive.suggestions import Asked, Suggestions
from archive.verdicts import verdict


def scored(
    proposal: ProposalChecked, since: datetime, review_at: datetime, book: ReleaseBook, parquet: Sequence[Path],
    csv: Path | None, folder: Path,
) -> ForecastScored:  # fmt: skip
    """How the forecast of a change that came into force at `since` stands at its review.

    A function of the past's rows before the review and of the releases alone. Raises ReleaseMissing.
    """
    past = (parquet, csv, folder)

    def measured(measure: Callable[[Question], Came]) -> Measure:
        return lambda forecast, end: measure(Question(proposal, forecast, since, end, review_at, book, past))

    measures = {name: measured(measure) for name, measure in MEASURES.items()}
    return judged(proposal, since, review_at, book, measures)


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
        past.judge(otherwise(past.inputs(), asked.book, asked.proposal))
        found = past.followed(microseconds(asked.review_at - timedelta(days=SETTLED_DAYS)))
    actual, unknown = found.newly_right - found.newly_wrong, found.decisions - found.known
    told = {
        "decisions": found.decisions, "known": found.known, "unknown": unknown, "newly_right": found.newly_right,
        "newly_wrong": found.newly_wrong,
    }  # fmt: skip
    return Came(actual, actual - unknown, actual + unknown, told)


def _after(asked: Question) -> CaseCounts:
    span = Span(asked.since, asked.end, asked.review_at, asked.arm("current"), by_release=True)
    return counted(asked.forecast.measure, span, lambda i: otherwise(i, asked.book, asked.proposal), *asked.past)


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
