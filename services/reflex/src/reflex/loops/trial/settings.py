"""What the loop `trial` goes by: its rows of table loops. Shares, least outcomes and longest time are the plan's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from common.rulebook.tables import YEAR
from pydantic import Field

from reflex.loop import LoopSettings


class Settings(LoopSettings):
    """Days are days of the calendar."""

    gain_evidence: float = Field(default=20, ge=1)
    """A change without effect is adopted at most once in so many trials."""
    guard_evidence: float = Field(default=20, ge=1)
    """And one that does no harm is rolled back at most once in so many, over all guards together."""
    least_need: float = Field(default=0.15, gt=0, lt=1)
    """A longer deadline is adopted only where a greater share of the cases keep it and not the shorter one."""
    calm_share: float = Field(default=0.1, gt=0, le=1)
    """No greater share follows, and nothing is adopted, while a guard's evidence is above this share of its bound."""
    min_outcomes: int = Field(default=3, ge=1)
    """Of each arm, before anything is adopted, where the plan asks for fewer."""
    step_days: float = Field(default=4, ge=0, le=366)
    """A share holds for so long at least."""
    outcome_working_minutes: int = Field(default=1_440, ge=1, le=YEAR)
    """After its assignment it is known whether a case was handed on."""
    open_times: float = Field(default=2, ge=1, le=10)
    """A case is open for too long after so many times its time."""
    reopened_days: float = Field(default=30, ge=0, le=366)
    """After its answer it is known whether a case was reopened."""
    rating_days: float = Field(default=14, ge=0, le=366)
    """After its answer it is known how a case was rated, if it was."""
    poor_rating: int = Field(default=2, ge=1, le=5)
    """A rating of so much or less is poor."""
    safety_priority: int = Field(default=4, ge=0, le=101)
    """A case of this priority or a higher one that the candidate misroutes ends the trial at once."""
    volume_times: float = Field(default=2, gt=1)
    """So many times the cases are too many for an office."""
    volume_least: int = Field(default=50, ge=1)
    """Cases that the candidate brought to an office, before that is asked."""
    min_units: int = Field(default=6, ge=6)
    """Districts or authorities, before anything is concluded from them."""
    retry_days: float = Field(default=1, gt=0, le=366)
    """An order that was refused is given again after this time."""


SettingsAt = Callable[[datetime], Settings]
"""What is in force at a time."""
