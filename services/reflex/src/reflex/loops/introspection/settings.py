"""What introspection goes by: its rows of table loops."""

from __future__ import annotations

from pydantic import Field

from reflex.loop import LoopSettings


class Settings(LoopSettings):
    """Days are days of the calendar."""

    closed_days: float = Field(default=30, gt=0, le=366)
    """After its first end a case counts as it is then: reopened, come again, rated."""
    poor_rating: int = Field(default=2, ge=1, le=5)
    """A rating of so much or less is poor."""
    usual_weeks: float = Field(default=13, ge=1, le=104)
    """What happened so many weeks ago weighs half in what is usual."""
    least_usual: int = Field(default=20, ge=1)
    """Cases of a category that must be known before others are compared with it."""
    grown: float = Field(default=2, gt=1, le=100)
    """The running week is shown anew when its cases are so many times those shown."""
