"""What loops find, and how loops, their trials and their forecasts stand."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.events.base import Instant
from common.contracts.events.reflex.loop_event import LoopEvent

SHORTFALL = "shortfall"
SHORTFALLS = frozenset({SHORTFALL, "capacity"})
"""Kinds of findings of loop prediction, that an authority will miss deadlines. Older ones have the name of a finding of
loop deadline."""


class FindingMade(LoopEvent):
    """A loop saw something: an alarm, a cell to clarify, a draft proposed; with its numbers."""

    type: ClassVar[str] = "reflex.finding.made.v1"
    topic: ClassVar[str] = "reflex.observations"

    loop: str
    key: str
    kind: str
    """`proposed`, `clarify`, `kept`, `alarm`, `drift`, `drift_over`, `capacity`, `practice`, `confused` or `shortfall`;
    of a change at its review `review` or `not taken back`; of a loop's proposals `too bold`, `too narrow` or
    `too wide`; of the loop itself `stopped` (it failed) or `resumed`. Loops may add others."""
    words: str
    numbers: dict[str, Any]
    proposal_id: str | None = None
    found_at: Instant

    def record_key(self, loop: str) -> str:
        # Two loops, which may be of two processes, never write one key.
        return f"{loop}|{self.key}"


class CellObserved(LoopEvent):
    """The hint for a dispatcher: where the last cases of a category in an area ended, before any rule is changed.

    Published when it changes and any of those cases ended elsewhere than the rule says. It is the whole state: the
    last one about a cell replaces those before it.
    """

    type: ClassVar[str] = "reflex.cell.observed.v1"
    topic: ClassVar[str] = "reflex.observations"

    loop: str
    category: str
    area: str
    region: str
    authority: str
    """Whom the rule names."""
    ends: tuple[str, ...]
    """Authorities that had the last cases three working days after their assignment, newest last; at most six."""
    observed_at: Instant

    def record_key(self, loop: str) -> str:
        return f"cell|{self.category}|{self.area}"


class SettingDeclared(BaseModel):
    """A setting of a loop: its name in table `loops`, and what it is where the rulebook says nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    name: str
    default: float
    least: float | None = None
    most: float | None = None


class LoopDeclared(LoopEvent):
    """Which events a loop watches, and its settings. Said when a loop first runs and when these have changed."""

    model_config = ConfigDict(allow_inf_nan=False)

    type: ClassVar[str] = "reflex.loop.declared.v1"
    topic: ClassVar[str] = "reflex.observations"

    loop: str
    watches: tuple[str, ...]
    """Types of events."""
    settings: tuple[SettingDeclared, ...] = ()
    declared_at: Instant

    def record_key(self, loop: str) -> str:
        return f"loop|{self.loop}"


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


class TrackRecordPublished(LoopEvent):
    """What became of the proposals of one loop or person that moved in the last `days`. The last one of an author
    replaces those before it."""

    model_config = ConfigDict(allow_inf_nan=False)

    type: ClassVar[str] = "reflex.track_record.published.v1"
    topic: ClassVar[str] = "reflex.observations"

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

    def record_key(self, loop: str) -> str:
        return f"record|{self.author}"


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


class TrialObserved(LoopEvent):
    """A trial as it stands: both arms, the evidence of gain, and every guard. The last one replaces those before it."""

    type: ClassVar[str] = "reflex.trial.observed.v1"
    topic: ClassVar[str] = "reflex.observations"

    proposal_id: str
    share: float
    current: ArmSeen
    candidate: ArmSeen
    gain: float
    """The e-value of gain."""
    gain_bound: float
    guards: tuple[GuardSeen, ...] = ()
    observed_at: Instant

    def record_key(self, loop: str) -> str:
        return f"trial|{self.proposal_id}"
