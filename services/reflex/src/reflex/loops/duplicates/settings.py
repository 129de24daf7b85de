"""What duplicates goes by: its rows of table loops."""

from __future__ import annotations

from pydantic import Field

from reflex.loop import LoopSettings


class Settings(LoopSettings):
    """Shares are of suggestions on which a person, official or citizen, has said whether it is the same."""

    min_decided: int = Field(default=25, ge=5)
    """Decided suggestions of a category that must be known, under the rule in force."""
    min_outside: int = Field(default=12, ge=5)
    """Of them, those that a narrower rule would leave out."""
    least_share: float = Field(default=0.3, gt=0, lt=1)
    """Where surely fewer are the same, suggesting costs more than it saves."""
    good_share: float = Field(default=0.6, gt=0, lt=1)
    """A wider rule is proposed only where surely more of the farthest half are the same."""
    min_missed: int = Field(default=6, ge=2)
    """Cases that people joined though the rule did not suggest it, for a wider one."""
    chance: float = Field(default=0.01, gt=0, lt=0.5)
    """Surely: with at most this probability it is otherwise."""
    keep_days: int = Field(default=180, ge=14, le=366)
    """Older decisions are forgotten."""
    pause_days: int = Field(default=30, ge=1)
    """Days before another change of the same category's rule is proposed."""
