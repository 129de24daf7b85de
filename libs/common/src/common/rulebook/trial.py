"""Whom a decision is about, so that a trial of two rules can answer each unit by its own arm."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """What a trial may divide by: a case, the area it lies in, the authority that has it; None where not known."""

    case: str | None = None
    area: str | None = None
    authority: str | None = None


NO_UNIT = Unit()
"""Of decisions that are about no case: loop settings, texts, what a channel may name."""
