"""What misrouting goes by: its rows of table loops, and table background."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from common.rulebook.tables import YEAR
from pydantic import Field

from reflex.loop import LoopSettings

MIN_BACKGROUND, MAX_BACKGROUND = 0.03, 0.6


class Settings(LoopSettings):
    """Days are days of the calendar."""

    sr_threshold: float = Field(default=10_000, ge=1)
    """At most one false proposal in so many cases, while backgrounds are what they are said to be."""
    win_probability: float = Field(default=0.85, ge=0.5, lt=1)
    min_cases: int = Field(default=5, ge=1)
    outcome_working_minutes: int = Field(default=1_440, ge=1, le=YEAR)
    """After its assignment a case counts, whatever became of it."""
    late_working_minutes: int = Field(default=9_600, ge=0, le=YEAR)
    """After it counted, until which a case that is handed on late counts as handed on."""
    cooldown_days: int = Field(default=14, ge=0, le=3_660)
    """Silence about a cell after a setback; doubled with each further one."""
    background_rate: float = Field(default=0.08, ge=0, le=1)
    """For categories that table background does not name."""
    rollup_cells: int = Field(default=3, ge=1)
    rollup_days: int = Field(default=14, ge=0, le=3_660)
    """So many cells that name one target within so many days become one proposal."""
    flip_days: int = Field(default=60, ge=0, le=3_660)
    """Going back to what a rule said less than so long ago needs a person."""


class InForce:
    """The settings at one time, with the background share of every category asked for."""

    def __init__(self, settings: Settings, background: Callable[[str], float | None]) -> None:
        self.settings = settings
        self._background = background
        self._shares: dict[str, float] = {}

    def background(self, category: str) -> float:
        """The share of a category's cases that are transferred under right rules, within .03 and .6."""
        share = self._shares.get(category)
        if share is None:
            said = self._background(category)
            share = self.settings.background_rate if said is None else said
            share = self._shares[category] = min(max(share, MIN_BACKGROUND), MAX_BACKGROUND)
        return share


Rules = Callable[[datetime], InForce]
"""What is in force at a time."""
CountsAt = Callable[[str, datetime], tuple[datetime, datetime]]
"""(region, time of assignment) to the fixed time at which the case counts, and until when a transfer corrects that."""
