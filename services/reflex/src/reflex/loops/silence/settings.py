"""What silence goes by: its rows of table loops."""

from __future__ import annotations

from pydantic import Field

from reflex.loop import LoopSettings


class Settings(LoopSettings):
    """Days are days of a region's own zone."""

    p_value: float = Field(default=0.001, gt=0, le=0.1)
    """A category or channel is silent on a day when so few cases, or fewer, come by chance no more often than this."""
    categories: int = Field(default=2, ge=1)
    """So many categories must be silent on one day."""
    channels: int = Field(default=1, ge=1)
    """Or so many channels: one that is broken takes a little from every category, and shows in none of them."""
    window_days: int = Field(default=56, ge=7, le=366)
    """What is usual is learnt from so many days before."""
    min_days: int = Field(default=8, ge=3)
    """Like days (working, or free) that must be known before a day is judged."""
    min_dispersion: float = Field(default=1.2, ge=1)
    """Variance over mean, at least."""
    relearn_days: int = Field(default=7, ge=1)
    """After so many silent days in a row the quiet is what is usual."""
