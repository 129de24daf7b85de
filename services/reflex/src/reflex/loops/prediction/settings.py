"""What prediction goes by: its rows of table loops."""

from __future__ import annotations

from pydantic import Field

from reflex.loop import LoopSettings


class Settings(LoopSettings):
    """Days are days of a region's own zone."""

    min_days: int = Field(default=28, ge=14)
    """Whole days that must be known before anything is forecast."""
    level_days: float = Field(default=21, ge=3)
    """How fast the level forgets: a day counts 1/e after so many days."""
    profile_days: float = Field(default=180, ge=28)
    """The same for the profile of the week."""
    spread_days: float = Field(default=90, ge=14)
    """The same for the spread around what was expected."""
    categories: int = Field(default=12, ge=0, le=50)
    """So many categories of a region are forecast by themselves, those with the most cases; the others together."""
    min_mean: float = Field(default=1.0, gt=0)
    """Cases a day that a category must have for that."""
    areas: int = Field(default=24, ge=0, le=100)
    """So many areas of a region are forecast, those with the most cases."""
    tail_step: float = Field(default=0.03, ge=0, le=0.5)
    """How fast the width of the intervals follows the share of them that held; 0: it does not."""
    scored_days: int = Field(default=56, ge=14, le=366)
    """The published coverage and error are those of so many days."""
    short_days: int = Field(default=3, ge=1)
    """Days in a row on which an authority must be short before a finding."""
    short_cases: int = Field(default=5, ge=1)
    """Cases that it would be short of, at least."""
    quiet_days: int = Field(default=28, ge=1)
    """The same authority is not told again for so many days."""
    forgotten_days: int = Field(default=180, ge=14)
    """A case that is open so many days after its deadline is thought never to end."""
    short_sigma: float = Field(default=3.0, ge=0)
    """And so many standard deviations of what comes and what gets done."""
