"""What deadline goes by: its rows of table loops."""

from __future__ import annotations

from common.rulebook.tables import YEAR
from pydantic import Field

from reflex.loop import LoopSettings


class Settings(LoopSettings):
    """Days are days of the calendar, minutes are working minutes."""

    quantile: float = Field(default=0.8, ge=0.5, le=0.95)
    """The share of cases that is to be answered within the limit."""
    window_days: int = Field(default=56, ge=14, le=366)
    """The time to answer is estimated from the cases received in so many last days."""
    min_cases: int = Field(default=60, ge=30)
    """Fewer say nothing."""
    dead_band: float = Field(default=0.15, ge=0, le=1)
    """A limit that differs by a smaller share is left as it is."""
    dwell_days: int = Field(default=28, ge=0, le=3_660)
    """A limit stands at least so long; doubled with each further change of it, four times at most."""
    cooldown_days: int = Field(default=14, ge=0, le=3_660)
    """Silence about a row after a setback; doubled with each further one."""
    cap_minutes: int = Field(default=10_080, ge=1, le=YEAR)
    """No limit is made longer than this: 21 working days of 8 hours are the 30 days of the law."""
    least_minutes: int = Field(default=480, ge=1, le=YEAR)
    """No limit is made shorter than this: a working day."""
    fit_days: int = Field(default=7, ge=1, le=366)
    """A row's time to answer is estimated every so many days."""
    reopened_days: int = Field(default=30, ge=0, le=366)
    """A case that is reopened so soon after its answer was not closed."""
    flip_days: int = Field(default=60, ge=0, le=3_660)
    """Going back to a limit that was left less than so long ago needs a person."""
    drift_threshold: float = Field(default=1_000, ge=1)
    """At most one false alarm in so many cases, while answers take what they took."""
    drift_cases: int = Field(default=40, ge=10)
    """Cases from which it is learnt how long a row's cases usually take, before it is watched for drift."""
    refit_days: int = Field(default=30, ge=1, le=3_660)
    """What is usual is learnt anew every so many days, unless an alarm is open."""
    capacity_days: int = Field(default=60, ge=1, le=3_660)
    """The same lack of capacity is said again after so many days."""
