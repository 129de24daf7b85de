"""Orders the steps, the adoption, the roll back or the end of every trial, by the outcomes of both arms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache

from common.federation.country import Federation
from common.rulebook.release import NATIONAL

from reflex.loop import LoopContext
from reflex.loops.trial.loop import TrialLoop
from reflex.loops.trial.settings import Settings


class CalendarAges:
    """Ages of cases by the calendars of a federation's regions."""

    def __init__(self, context: LoopContext) -> None:
        self._context = context

    def handed_on(self, region: str, opened: datetime) -> datetime:
        minutes = self._context.settings(Settings, TrialLoop.name, opened, region).outcome_working_minutes
        return self._context.federation.calendar(region).add(opened, minutes)

    def deadline(self, region: str, received: datetime, minutes: int) -> datetime:
        return self._context.federation.calendar(region).add(received, minutes)


def build(context: LoopContext) -> TrialLoop:
    """The loop over a federation's calendars and places."""
    federation = context.federation

    @cache
    def places(layer: str) -> Mapping[str, int]:
        return places_of(federation, layer)

    def broken(layer: str, now: datetime) -> Mapping[str, str]:
        return context.book.in_force(layer, now).broken_trials

    return TrialLoop(
        lambda now: context.settings(Settings, TrialLoop.name, now), CalendarAges(context), places, broken
    )  # fmt: skip


def places_of(federation: Federation, layer: str) -> Mapping[str, int]:
    """How many regions, areas and channels the rules of a layer may reach."""
    regions = [r for r in federation.regions if layer in (NATIONAL, r.id)]
    return {
        "region": len(regions),
        "area": sum(len(r.areas) for r in regions),
        "channel": len(federation.channels),
    }
