"""What evaluation goes by: its rows of table loops."""

from __future__ import annotations

from pydantic import Field

from reflex.loop import LoopSettings


class Settings(LoopSettings):
    """Days are days of the calendar."""

    remembered_days: int = Field(default=366, ge=30, le=3_660)
    """For so long after its last step a proposal stands in its author's record."""
    least_judged: int = Field(default=10, ge=1)
    """Proposals of a loop that must have been judged before its settings are spoken of."""
    least_scored: int = Field(default=10, ge=1)
    """Forecasts of one measure that must have been scored before their intervals are spoken of."""
    poor_percent: float = Field(default=50, gt=0, lt=100)
    """A loop is too bold where even the upper end of the interval of its precision lies below this."""
    step_times: float = Field(default=3, gt=1, le=100)
    """So many times its value a threshold is to become in one step."""
    ask_every_days: int = Field(default=90, ge=1, le=3_660)
    """Silence about a loop's settings, and about its intervals, after something was said of them."""
