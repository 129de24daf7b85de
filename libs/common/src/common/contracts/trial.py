"""A change of rules that is tried in a part: its plan, and which of two answers a decision took by it."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from common.contracts.patch import Patch

TrialUnit = Literal["case", "area", "authority"]
Arm = Literal["current", "candidate"]
TrialMeasure = Literal["transferred", "overdue", "open_age", "reopened", "rating", "slower"]
"""What is counted of a case on trial: it was handed on, missed its deadline, is open after twice its time, was reopened
by its citizen, got a poor rating; where a longer deadline is tried, it was not answered by the shorter one. Each is
worse where it is more."""
MEASURES: tuple[TrialMeasure, ...] = ("transferred", "overdue", "open_age", "reopened", "rating")
"""Of every trial."""
TrialStop = Literal["safety", "cannot_decide", "office_volume"]
"""Why a trial is rolled back without statistics: it misrouted an urgent case; the candidate cannot be read, or has no
answer where the rule in force has one; an office gets twice the cases."""
Answer = dict[str, str | int | float | bool]
"""Outputs of a decision by column name."""


class TrialPlan(BaseModel):
    """Which decisions of a release follow the rule in force, and which the candidate.

    It stands in a release whose tables are those for all who are in no trial. A unit takes the candidate where its
    place, a number in [0, 1) that follows from `salt`, stratum and unit alone, lies below `share`: with a growing
    share nobody who has the candidate loses it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    proposal_id: str
    patch: Patch
    """From the rule in force to the candidate."""
    reversal: Patch
    """The way back."""
    unit: TrialUnit
    strata: tuple[str, ...] = ()
    """Inputs of the table within whose values the units are divided, such as `category`."""
    share: float = Field(ge=0, le=1)
    """Of the units that take the candidate."""
    steps: tuple[float, ...] = ()
    """The shares of the plan, growing, up to 1."""
    salt: str
    guards: tuple[str, ...] = ()
    """What is watched for harm, among `MEASURES`; empty: all of them."""
    least_outcomes: int = 30
    """Of each arm, before the next step and before gain is believed."""
    longest_days: int = 60
    started_at: AwareDatetime
    adopted: bool = False
    """The release's tables hold the candidate; those who are left keep the rule before it."""
    paused: bool = False
    """No unit takes the candidate for now."""
    holdout_until: AwareDatetime | None = None
    """Of an adopted change: until when a part keeps the rule before it."""


class ArmDrawn(BaseModel):
    """A decision that a trial concerns: both answers, which was taken, and how probable that was."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    proposal_id: str
    table: str
    unit: TrialUnit
    unit_id: str
    stratum: str = ""
    arm: Arm
    probability: float
    """Of the arm that was taken."""
    salt: str
    current: Answer | None = None
    """What the rule in force says; None: nothing."""
    candidate: Answer | None = None
