"""Early warnings."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, ConfigDict

from common.contracts.events.base import Instant
from common.contracts.events.reflex.loop_event import LoopEvent

MOST_REPORTS = 2**31 - 1
"""An integer of PostgreSQL holds no more."""


def _countable(reports: int) -> int:
    if not 0 <= reports <= MOST_REPORTS:
        raise ValueError(f"a number of reports is 0 to {MOST_REPORTS:,}")
    return reports


Reports = Annotated[int, AfterValidator(_countable)]


class WarningEvent(LoopEvent):
    """Common to what happens to an early warning: far more reports of one category than usual in one place and time."""

    model_config = ConfigDict(allow_inf_nan=False)

    topic: ClassVar[str] = "reflex.warnings"

    warning_id: str
    region: str
    authority: str
    """Who had the case that set it off."""
    category: str

    def record_key(self, loop: str) -> str:
        return self.warning_id

    def correlation_id(self) -> str | None:
        return self.warning_id


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
    reports: Reports
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

    reports: Reports
    cases: tuple[str, ...]
    """Those since the last word, the oldest first, at most fifty."""
    grown_at: Instant


class WarningEnded(WarningEvent):
    """No more reports than usual come any more."""

    type: ClassVar[str] = "reflex.warning.ended.v1"

    reports: Reports
    """In all."""
    since: Instant
    ended_at: Instant
