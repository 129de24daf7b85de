"""What recurrence goes by: its rows of table loops."""

from __future__ import annotations

from pydantic import Field

from reflex.loop import LoopSettings


class Settings(LoopSettings):
    """Days are days of a region's own zone."""

    score: float = Field(default=3.0, gt=0)
    """A place is ordered about when its days with reports, each weighed by its age, come to so much."""
    tau_days: float = Field(default=45.0, gt=0, le=90)
    """A day's weight falls to 37 % in so many days."""
    radius_m: float = Field(default=42.0, ge=5, le=500)
    """Reports of one category within so many metres of a place's first report are about that place."""
    pause_days: int = Field(default=90, ge=1, le=366)
    """From one order to the next about the same place or one beside it, at least."""
    term_days: int = Field(default=30, ge=1, le=366)
    """In which an order must be answered."""
    remind_days: int = Field(default=7, ge=0, le=366)
    """Before the end of the term the authority is reminded."""
    review_days: int = Field(default=60, ge=7, le=120)
    """After the answer, or after the term without one, the place is looked at for so long."""
    compared_below: float = Field(default=1.0, gt=0)
    """A place is compared with those whose score lay at most so far under the cut."""
    min_compared: int = Field(default=5, ge=1)
    """Places without which nothing is said about what was to be expected."""
