"""What silence goes by: its rows of table loops."""

from __future__ import annotations

from pydantic import Field

from reflex.loop import LoopSettings


class Settings(LoopSettings):
    """Days are days of a region's own zone."""

    chance: float = Field(default=0.025, gt=0, le=1)
    """Shared evenly among all that is watched (regions and their channels): so few cases, or fewer, come by chance no
    more often than its share, one time in two hundred at most."""
    channel_share: float = Field(default=0.3, gt=0, lt=1)
    """A silent channel brings less than this share of what is usual."""
    region_share: float = Field(default=0.5, gt=0, lt=1)
    """And so does a silent region."""
    window_days: int = Field(default=56, ge=7, le=366)
    """What is usual is learnt from so many days before."""
    min_days: int = Field(default=6, ge=3)
    """Like days (working, or free) that must be known before one is judged."""
    level_days: int = Field(default=14, ge=3, le=366)
    """Where the last so many days brought less than like days before, less is usual."""
    min_dispersion: float = Field(default=1.2, ge=1)
    """Variance over mean, at least."""
    relearn_days: int = Field(default=7, ge=1)
    """After so many silent days in a row the quiet is what is usual."""
