"""What emergence goes by: its rows of table loops."""

from __future__ import annotations

from pydantic import Field

from reflex.loop import LoopSettings


class Settings(LoopSettings):
    """Days are of a region's own zone. Radii and windows of the scan are its method, and no settings."""

    alarms_per_1300_cases: float = Field(default=1.0, gt=0, le=20)
    """So many alarms for 1,300 cases, those about something real too: the thresholds follow from it."""
    diffuse_share: float = Field(default=0.1, ge=0, lt=1)
    """The part of them that the nightly look at whole areas may make."""
    first_threshold: float = Field(default=18.0, gt=0)
    """Log likelihood ratio of an alarm until the loop has weeks enough to find its own threshold."""
    min_reports: int = Field(default=4, ge=2)
    """Fewer are no alarm."""
    warmup_days: int = Field(default=14, ge=7, le=180)
    """Of a region: before, nothing is known of what is usual there."""
    tau_days: float = Field(default=40.0, ge=5, le=180)
    """What was usual so many days ago weighs 37 %."""
    dispersion: float = Field(default=1.2, gt=1, le=10)
    """Variance over mean of the reports in one place and time, at least."""
    clumping: float = Field(default=0.15, ge=0, le=2)
    """So much of what a category's reports use to come together is added to it."""
    rearm_days: float = Field(default=7.0, gt=0, le=60)
    """One category alarms once in so many days within `rearm_m`."""
    rearm_m: float = Field(default=2000.0, gt=0)
    calibrate_weeks: int = Field(default=26, ge=4, le=52)
    """The threshold is found from so many weeks before, once a week."""
    quiet_hours: float = Field(default=24.0, ge=3, le=168)
    """A warning ends when so many hours brought no more than is usual there."""
