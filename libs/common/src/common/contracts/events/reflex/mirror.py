"""The mirror of values: how cases went, by every declared value, week by week."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.events.base import Instant
from common.contracts.events.reflex.loop_event import LoopEvent

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


class MirrorObserved(LoopEvent):
    """How cases went in one week, by every declared value and its counter-measure: the nation, or what `dimension` and
    `name` say. It is the whole state: the last one about a week replaces those before it."""

    type: ClassVar[str] = "reflex.mirror.observed.v1"
    topic: ClassVar[str] = "reflex.observations"

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

    def record_key(self, loop: str) -> str:
        # Two loops, which may be of two processes, never write one key.
        return f"{loop}|mirror|{self.dimension}|{self.name}|{self.week.isoformat()}"
