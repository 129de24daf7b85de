"""What equity goes by: its rows of table loops."""

from __future__ import annotations

from pydantic import Field

from reflex.loop import LoopSettings


class Settings(LoopSettings):
    """Shares are of one; days are days of the calendar."""

    false_share: float = Field(default=0.05, gt=0, lt=1)
    """Of the places and channels named at one time, at most this share is expected to be named by chance."""
    least_difference: float = Field(default=0.03, ge=0, lt=1)
    """A smaller difference of shares is not named."""
    least_cases: int = Field(default=100, ge=1)
    """Cases that are compared, before a place or channel is named."""
    least_blocks: int = Field(default=4, ge=2)
    """Fortnights that are known of a place or channel, before it is named."""
    remembered_blocks: int = Field(default=26, ge=2, le=260)
    """Fortnights that are looked at."""
    closed_days: float = Field(default=30, gt=0, le=366)
    """After its first end a case counts as it is then: reopened, rated."""
    poor_rating: int = Field(default=2, ge=1, le=5)
    """A rating of so much or less is poor."""
    again_days: int = Field(default=90, ge=1, le=3_660)
    """A difference that lasts is told again after so many days."""
