"""What diffusion goes by: its rows of table loops."""

from __future__ import annotations

from pydantic import Field

from reflex.loop import LoopSettings


class Settings(LoopSettings):
    """Shares are of one; days are days of the calendar."""

    least_better: float = Field(default=0.02, ge=0, lt=1)
    """The bound of a region's advantage must be beyond this."""
    least_cases: int = Field(default=30, ge=1)
    """Of a category in a region."""
    least_blocks: int = Field(default=4, ge=2)
    """Fortnights that must be known of them."""
    remembered_blocks: int = Field(default=13, ge=2, le=260)
    """Fortnights that are looked at."""
    closed_days: float = Field(default=30, gt=0, le=366)
    """After its first end a case counts as reopened or not."""
    several: int = Field(default=3, ge=2)
    """So many regions with the same row make it a row for the nation."""
    again_days: int = Field(default=182, ge=1, le=3_660)
    """The same is said again, and a rule proposed to the next region, after so many days."""
