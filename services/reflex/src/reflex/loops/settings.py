"""The loop's own rules, from tables loop_settings and background."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MIN_BACKGROUND, MAX_BACKGROUND = 0.03, 0.6


@dataclass(frozen=True, slots=True)
class Settings:
    """One row of loop_settings. Days are days of the calendar."""

    sr_threshold: float = 10_000
    """At most one false proposal in so many cases, while backgrounds are what they are said to be."""
    win_probability: float = 0.95
    min_cases: int = 5
    cooldown_days: int = 14
    """Silence about a cell after a setback; doubled with each further one."""
    background_rate: float = 0.08
    """For categories that table background does not name."""
    rollup_cells: int = 3
    rollup_days: int = 14
    """So many cells that name one target within so many days become one proposal."""
    flip_days: int = 60
    """Going back to what a rule said less than so long ago needs a person."""

    @classmethod
    def of(cls, outputs: Mapping[str, Any]) -> Settings:
        return cls(
            sr_threshold=float(outputs["sr_threshold"]),
            win_probability=float(outputs["win_probability"]),
            min_cases=int(outputs["min_cases"]),
            cooldown_days=int(outputs["cooldown_days"]),
            background_rate=float(outputs["background_rate"]),
            rollup_cells=int(outputs["rollup_cells"]),
            rollup_days=int(outputs["rollup_days"]),
            flip_days=int(outputs["flip_days"]),
        )


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
