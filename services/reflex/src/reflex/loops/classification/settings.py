"""What classification goes by: its rows of table loops."""

from __future__ import annotations

from pydantic import Field

from reflex.loop import LoopSettings


class Settings(LoopSettings):
    """Cases are those that a person, or the citizen asked, gave a category."""

    min_cases: int = Field(default=6, ge=2)
    """Cases with the same word of a channel that must be known."""
    win_probability: float = Field(default=0.98, gt=0.5, lt=1)
    """That more than half of what the word is said of belongs to one category."""
    change_probability: float = Field(default=0.999, gt=0.5, lt=1)
    """The same of the newest cases alone, of as many as show it best."""
    min_confused: int = Field(default=12, ge=2)
    """Cases in which a model's first category was another than the one they were given."""
    keep_days: int = Field(default=180, ge=14, le=366)
    """Older cases are forgotten."""
    pause_days: int = Field(default=30, ge=1)
    """Days before the same is said again."""
