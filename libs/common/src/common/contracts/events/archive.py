"""What the archive concludes from the past: what a proposed change would have done to decisions that were made."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from common.contracts.events.base import Event, Instant


class BacktestCounts(BaseModel):
    """Past decisions, by what the change would have made of them.

    Each changed decision is either `saved`, `timed` or `unknown`: so many can be known, and so many cannot.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    decisions: int = 0
    """Decided again, with the change and without."""
    changed: int = 0
    """Decided otherwise with the change."""
    moved: int = 0
    """Of these: to another authority."""
    to_person: int = 0
    """Of these: by rule without the change, by a person with it."""
    to_rule: int = 0
    """Of these: by a person without the change, by rule with it."""
    saved: int = 0
    """Moved to the authority where the case ended after a transfer: a lower bound of transfers saved, since what an
    authority that never had a case would have done with it is not known."""
    timed: int = 0
    """With the same authority and another deadline, and answered: what the deadline alone would have done."""
    late_without: int = 0
    """Of `timed`: the working time until the answer was longer than the deadline without the change."""
    late_with: int = 0
    """Of `timed`: it was longer than the deadline with the change."""
    unknown: int = 0
    """Changed, and what would have come of it cannot be known."""


class BacktestSlice(BacktestCounts):
    """The same counts for one region, area, channel or category."""

    dimension: Literal["region", "area", "channel", "category"]
    name: str


class BacktestFlow(BaseModel):
    """Decisions that would have gone from one authority to another; without a name: to a person."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    without: str | None = None
    instead: str | None = None
    cases: int
    ended_there: int = 0
    """Of these: how many ended with the other authority after a transfer."""


class ProposalBacktested(Event):
    """A checked proposal was replayed on the decisions made before its check, under the rules in force then."""

    type: ClassVar[str] = "archive.proposal.backtested.v1"

    proposal_id: str
    verdict: Literal["known", "too_little_known", "unchanged", "not_replayable"]
    """`too_little_known`: outcomes of fewer than `fewest_known` changed decisions are known, so `saved`, `late_without`
    and `late_with` are no basis for a judgement. `not_replayable`: `reason` says why."""
    reason: str | None = None
    as_of: Instant
    """What happened before this is counted: the time of the check."""
    since: Instant | None = None
    """Of the first decision that was replayed."""
    left_out_from: Instant | None = None
    """From here to `left_out_until` lie the cases that the proposal's evidence is made of."""
    left_out_until: Instant | None = None
    left_out: int = 0
    """Decisions that the change would have made otherwise and that are evidence for it: they are not counted."""
    waiting: int = 0
    """Messages that nobody has placed yet: where they lie is not known, so they are not replayed."""
    known: int = 0
    """Changed decisions of cases that have ended, or were transferred: so that where they belonged is known."""
    fewest_known: int = 30
    total: BacktestCounts = BacktestCounts()
    slices: tuple[BacktestSlice, ...] = ()
    """Those with changed decisions, most first, at most 30 a dimension."""
    flows: tuple[BacktestFlow, ...] = ()
    """Most first, at most 30."""
    unasked: tuple[str, ...] = ()
    """Columns that the patch changes, such as `triage.several`, or whole tables, that ask the words of a message: these
    are not kept, so what would have changed by them is not counted."""


class ForecastScored(Event):
    """An adopted change's forecast against what came, at its review date. What is counted, see rules.Forecast."""

    type: ClassVar[str] = "archive.forecast.scored.v1"

    proposal_id: str
    proposer: str
    """The loop or person that made the forecast."""
    measure: str
    """Empty where there was no forecast."""
    verdict: Literal["held", "below", "above", "too_little_known", "not_scorable"]
    """Where what came lies against the interval. `too_little_known`: cases of which it is not known where they belong
    could tip it, or too few cases can be counted at all, as `reason` says. `not_scorable`: `reason` says why."""
    reason: str | None = None
    code: Literal["no_forecast", "unknown_measure", "held_too_short", "not_replayable"] | None = None
    """Of `reason`."""
    expected: float | None = None
    """With `low` and `high`: what was promised for the time that is counted. Where the change was not in force for the
    whole horizon, that part of the promise; the interval then has whole numbers for its ends."""
    low: float | None = None
    high: float | None = None
    confidence: float | None = None
    actual: float | None = None
    """What came, of the cases of which it is known; None where nothing could be counted."""
    actual_least: float | None = None
    actual_most: float | None = None
    """Bounds of it, by the worst and the best of what cannot be known."""
    since: Instant
    """When the change came into force."""
    until: Instant
    """What happened before this is counted: the review date."""
    horizon_days: int | None = None
    """For how long after its adoption the forecast was made."""
    held_days: float | None = None
    """For how much of that the change was in force."""
    decisions: int = 0
    """That followed the change and would have gone elsewhere by the rule before it."""
    known: int = 0
    """Of these: cases of which it is known where they belong."""
    unknown: int = 0
    newly_right: int = 0
    """Of `known`: they lie with the authority that the change gave them to."""
    newly_wrong: int = 0
    """Of `known`: they lie with the authority of the rule before. The others lie with a third."""
    bad: int | None = None
    """Of `known`, by a measure of bad cases: so many were; by the one of answers in time: so many were not in time."""
    before: int | None = None
    """Like cases before the change that these are compared with, where the measure compares."""
    bad_before: int | None = None
    """Of `before`: so many were bad."""
    fewest_known: int = 30
    """With fewer known cases the count stands, but says little of the rule."""
