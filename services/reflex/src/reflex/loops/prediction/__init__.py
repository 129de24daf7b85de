"""Forecasts arrivals for the coming fortnight, and the capacity that authorities will need to keep their deadlines."""

from __future__ import annotations

from reflex.local_days import LocalDays
from reflex.loop import LoopContext
from reflex.loops.prediction.loop import PredictionLoop
from reflex.loops.prediction.settings import Settings
from reflex.loops.prediction.wording import Titles


def build(context: LoopContext) -> PredictionLoop:
    """The loop over a federation's regions, each with its own days."""
    federation, days = context.federation, LocalDays(context.federation)

    def region_title(region: str) -> str:
        found = federation.region(region)
        return region if found is None else found.title

    def authority_title(authority: str) -> str:
        found = federation.authority(authority)
        return authority if found is None else found.title

    return PredictionLoop(
        lambda now: context.settings(Settings, PredictionLoop.name, now), days.day_of, days.works,
        Titles(region_title, authority_title),
    )  # fmt: skip
