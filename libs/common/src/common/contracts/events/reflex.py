"""What the loops see."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.events.base import Event, Instant


class FindingMade(Event):
    """A loop saw something: an alarm, a cell to clarify, a draft proposed; with its numbers."""

    type: ClassVar[str] = "reflex.finding.made.v1"

    loop: str
    key: str
    kind: str
    """`proposed`, `clarify` or `alarm`; of the loop itself `stopped` (it failed) or `resumed`."""
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
