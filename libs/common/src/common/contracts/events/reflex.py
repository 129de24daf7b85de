"""What the loops see."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.events.base import Command, Event, Instant, Refusal


class FindingMade(Event):
    """A loop saw something: an alarm, a cell to clarify, a draft proposed; with its numbers."""

    type: ClassVar[str] = "reflex.finding.made.v1"

    loop: str
    key: str
    kind: str
    """`proposed`, `clarify`, `alarm`, `drift`, `drift_over` or `capacity`; of the loop itself `stopped` (it failed) or
    `resumed`."""
    words: str
    numbers: dict[str, Any]
    proposal_id: str | None = None
    found_at: Instant


class CellObserved(Event):
    """The hint for a dispatcher: where the last cases of a category in an area ended, before any rule is changed.

    Published when it changes and any of those cases ended elsewhere than the rule says. It is the whole state: the
    last one about a cell replaces those before it.
    """

    type: ClassVar[str] = "reflex.cell.observed.v1"

    loop: str
    category: str
    area: str
    region: str
    authority: str
    """Whom the rule names."""
    ends: tuple[str, ...]
    """Authorities that had the last cases three working days after their assignment, newest last; at most six."""
    observed_at: Instant


class SettingDeclared(BaseModel):
    """A setting of a loop: its name in table `loops`, and what it is where the rulebook says nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    name: str
    default: float
    least: float | None = None
    most: float | None = None


class LoopDeclared(Event):
    """Which events a loop watches, and its settings. Said when a loop first runs and when these have changed."""

    model_config = ConfigDict(allow_inf_nan=False)

    type: ClassVar[str] = "reflex.loop.declared.v1"

    loop: str
    watches: tuple[str, ...]
    """Types of events."""
    settings: tuple[SettingDeclared, ...] = ()
    declared_at: Instant


class ForecastsScored(BaseModel):
    """How the forecasts of one author about one measure turned out. Sums in the measure's unit."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    measure: str
    scored: int
    held: int
    below: int
    above: int
    held_low: float
    """With `held_high`: the interval of 90 % for the share of intervals that hold, in percent."""
    held_high: float
    promised: float
    came: float
    width: float
    """Of an interval, on average."""


class TrackRecordPublished(Event):
    """What became of the proposals of one loop or person that moved in the last `days`. The last one of an author
    replaces those before it."""

    model_config = ConfigDict(allow_inf_nan=False)

    type: ClassVar[str] = "reflex.track_record.published.v1"

    author: str
    loop: bool
    states: dict[str, int]
    """Proposals by their state, see rules.ProposalState."""
    held_back: int = 0
    """Proposals of a loop that had to wait: for others, after a setback, or since it had proposed enough."""
    judged: int
    """Proposals of which it is known whether they were right."""
    precision: float
    """How many of these were right, in percent, as precision.py counts."""
    precision_low: float
    """With `precision_high`: the interval of 90 % for the share of all its proposals that would be right."""
    precision_high: float
    forecasts: tuple[ForecastsScored, ...] = ()
    days: int
    published_at: Instant


class ArmSeen(BaseModel):
    """What came of one arm of a trial so far."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    units: int = 0
    """Decisions that took it."""
    outcomes: int = 0
    """Of these: counted, each at the same age in both arms."""
    measures: dict[str, float] = Field(default_factory=dict)
    """Shares of the outcomes by guard or aim, such as `transferred` and `overdue`."""


class GuardSeen(BaseModel):
    """One measure of harm: the evidence so far and the bound at which the trial is rolled back."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    guard: str
    place: str | None = None
    """The region, area or channel that it is about, where it is about one: such as `area:01`."""
    evidence: float
    """The e-value of harm."""
    bound: float


class TrialObserved(Event):
    """A trial as it stands: both arms, the evidence of gain, and every guard. The last one replaces those before it."""

    type: ClassVar[str] = "reflex.trial.observed.v1"

    proposal_id: str
    share: float
    current: ArmSeen
    candidate: ArmSeen
    gain: float
    """The e-value of gain."""
    gain_bound: float
    guards: tuple[GuardSeen, ...] = ()
    observed_at: Instant


RootCause = Literal["wear", "poor_repair", "design", "outside", "upkeep", "conduct", "unknown"]
"""Why a problem comes again at one place: worn out, a repair that did not hold, how the place is made, works or damage
by others, upkeep that is lacking, how people use it, or not found out."""


class PreventionEvent(Event):
    """Common to what happens to a prevention order: the demand that an authority finds out why a problem comes again
    at one place, and does something about it."""

    order_id: str
    region: str
    authority: str
    """Who must answer."""


class PreventionOrdered(PreventionEvent):
    """The same problem came again at one place on several days, after its repairs."""

    type: ClassVar[str] = "reflex.prevention.ordered.v1"

    category: str
    area: str
    lat: float
    lon: float
    radius_m: float
    """Reports within so many metres of the point are about one place."""
    days: int
    """Distinct days with reports in the last 240 days."""
    first_day: str
    """Of these, as ISO has it."""
    score: float
    """The days, each weighed less the longer ago it was."""
    cases: tuple[str, ...]
    """The newest last, at most twenty."""
    answer_by: Instant
    ordered_at: Instant


class PreventionReminded(PreventionEvent):
    """The term of an order is near, and nobody has answered it."""

    type: ClassVar[str] = "reflex.prevention.reminded.v1"

    answer_by: Instant
    reminded_at: Instant


class PreventionOverdue(PreventionEvent):
    """The term of an order passed without an answer."""

    type: ClassVar[str] = "reflex.prevention.overdue.v1"

    answer_by: Instant


class AnswerPrevention(Command):
    """The authority says why the problem comes again, and what was done about it."""

    type: ClassVar[str] = "reflex.prevention.answer.v1"
    subject_field: ClassVar[str] = "order_id"

    order_id: str = Field(max_length=120)
    cause: RootCause
    explanation: str = Field(min_length=1, max_length=2000)
    """Why, in the authority's words."""
    done: str = Field(min_length=1, max_length=2000)
    """What was done so that it does not come again."""


class PreventionAnswered(PreventionEvent):
    """The authority answered an order; whether the problem stays away is looked at later."""

    type: ClassVar[str] = "reflex.prevention.answered.v1"

    actor: str
    cause: RootCause
    explanation: str
    done: str
    on_time: bool
    command_id: str
    review_at: Instant
    answered_at: Instant


class PreventionReviewed(PreventionEvent):
    """What came at the place in the weeks after the answer, or after the term where nobody answered."""

    type: ClassVar[str] = "reflex.prevention.reviewed.v1"

    answered: bool
    since: Instant
    until: Instant
    days: int
    """Days with reports at the place."""
    expected: float | None = None
    """Days with reports over the same time at places that were just under the cut, on average: a high score falls by
    itself. None where there were too few such places."""
    compared: int
    """How many places."""
    returned: float | None = None
    """At which share of these the problem came again."""
    reviewed_at: Instant


class WarningEvent(Event):
    """Common to what happens to an early warning: far more reports of one category than usual in one place and time."""

    warning_id: str
    region: str
    authority: str
    """Who had the case that set it off."""
    category: str


class WarningRaised(WarningEvent):
    """More reports came than chance explains. It is about reports, not yet about what is behind them."""

    type: ClassVar[str] = "reflex.warning.raised.v1"

    area: str
    lat: float
    lon: float
    """Of the middle of its reports."""
    radius_m: float
    whole_region: bool = False
    """It is about the whole region: the radius is that of a circle as large as what of it is lived in."""
    reports: int
    """Within the radius, since `since`."""
    expected: float
    """How many are usual there in `window_hours`."""
    since: Instant
    window_hours: float
    likelihood: float
    """Log likelihood ratio of more against as many as usual."""
    threshold: float
    """Of the likelihood, so that a week has about one alarm for 1,300 cases."""
    cases: tuple[str, ...]
    """The oldest first, at most fifty."""
    parent_case: str
    """The first of them: the others may be about the same thing, and may be joined to it by whoever finds so."""
    raised_at: Instant


class WarningGrown(WarningEvent):
    """Twice as many reports as were told last."""

    type: ClassVar[str] = "reflex.warning.grown.v1"

    reports: int
    cases: tuple[str, ...]
    """Those since the last word, the oldest first, at most fifty."""
    grown_at: Instant


class WarningEnded(WarningEvent):
    """No more reports than usual come any more."""

    type: ClassVar[str] = "reflex.warning.ended.v1"

    reports: int
    """In all."""
    since: Instant
    ended_at: Instant


class ReflexCommandRefused(Refusal):
    """A command on reflex.commands was refused, with the reason."""

    type: ClassVar[str] = "reflex.command.refused.v1"

    order_id: str
    command: str
    """Its wire type."""
    command_id: str
    actor: str


MirrorDimension = Literal["nation", "region", "area", "authority", "category", "channel", "rule"]


class MeasureSeen(BaseModel):
    """Bad outcomes among cases that came to the age of a measure in one week. Intervals hold 95 in 100."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    cases: int
    bad: int
    low: float
    high: float
    """Of the share of bad ones."""
    alike: int = 0
    """Cases of which it is known how like ones usually go."""
    alike_bad: int = 0
    """Bad ones among those. Like the expected ones they may be summed over weeks."""
    expected: float | None = None
    """Bad ones that are usual among those, in the whole nation, for the same mix of cases."""
    adjusted: float | None = None
    """The share of bad ones with the nation's mix of cases: the nation's usual share, times seen over expected."""
    adjusted_low: float | None = None
    adjusted_high: float | None = None


class MirrorObserved(Event):
    """How cases went in one week, by every declared value and its counter-measure: the nation, or what `dimension` and
    `name` say. It is the whole state: the last one about a week replaces those before it."""

    type: ClassVar[str] = "reflex.mirror.observed.v1"

    dimension: MirrorDimension
    name: str = ""
    """Empty for the nation; of a rule `table|layer|row`."""
    week: date
    """The Monday on which it began, in the country's zone."""
    ended: bool
    """Nothing more will be counted in it."""
    measures: dict[str, MeasureSeen]
    """By measure: late, unresolved, handed_on, poor_rating, reopened, repeated, without_work, within_a_minute."""
    spread: dict[str, float] = Field(default_factory=dict)
    """Of the nation only, the value equity: `measure|region` and `measure|channel` to how far these differ beyond
    chance for like cases, as the standard deviation of shares over the weeks before."""
    observed_at: Instant

    @property
    def key(self) -> str:
        """The record's key."""
        return f"mirror|{self.dimension}|{self.name}|{self.week.isoformat()}"


SeriesKind = Literal["total", "category", "other_categories", "area"]
"""What a series of arrivals counts in a region: all cases, those of one category or area, or those of all categories
that are too rare to be forecast by themselves."""


class ForecastSeries(BaseModel):
    """Cases of one series a day, the first day first."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    what: SeriesKind
    name: str = ""
    """The category or area."""
    expected: tuple[float, ...]
    """Means, each series by itself: those of the parts need not add up to that of the whole."""
    middle: tuple[int, ...]
    """Medians."""
    low: tuple[int, ...]
    high: tuple[int, ...]
    area_shares: dict[str, float] = Field(default_factory=dict)
    """Of a category: which part of it falls to each area."""


class ArrivalsForecast(Event):
    """How many cases will come to a region on each day of the next fortnight. The last one replaces those before it."""

    type: ClassVar[str] = "reflex.arrivals.forecast.v1"

    loop: str
    region: str
    first_day: date
    """In the region's zone."""
    coverage: float = 0.9
    """Share of the counts that shall lie within their intervals, bounds included."""
    series: tuple[ForecastSeries, ...]
    made_at: Instant


class ScoredSeries(BaseModel):
    """What came on a day, and what was forecast when it began."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    what: SeriesKind
    name: str = ""
    count: int
    expected: int
    """The median."""
    low: int
    high: int


class HorizonScore(BaseModel):
    """How the forecasts of one kind of series turned out, so many days ahead, over the last weeks.

    `error` over `naive_error` is the mean absolute scaled error.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    what: SeriesKind
    days_ahead: int
    forecasts: int
    held: int
    """Intervals that held the count."""
    error: float
    """Sum of absolute errors of the medians, in cases."""
    naive_error: float
    """The same of who says the count of the same day of the last week that was known."""


class ArrivalsScored(Event):
    """How the forecasts for a day that has ended turned out."""

    type: ClassVar[str] = "reflex.arrivals.scored.v1"

    loop: str
    region: str
    day: date
    series: tuple[ScoredSeries, ...]
    horizons: tuple[HorizonScore, ...]
    """Over the last weeks, this day included."""
    scored_at: Instant
