"""Proposes the authority at which a category's cases of an area keep ending."""

from __future__ import annotations

from datetime import datetime

from common.rulebook.release import NATIONAL
from common.rulebook.trial import NO_UNIT

from reflex.loop import LoopContext
from reflex.loops.misrouting.loop import MisroutingLoop
from reflex.loops.misrouting.patching import Patcher
from reflex.loops.misrouting.settings import InForce, Settings


def build(context: LoopContext) -> MisroutingLoop:
    """The loop over a federation's authorities and rulebook."""
    federation, book, name = context.federation, context.book, MisroutingLoop.name

    def in_force(now: datetime) -> InForce:
        rulebook = book.in_force(NATIONAL, now)

        def background(category: str) -> float | None:
            found = rulebook.decide("background", {"category": category}, NO_UNIT)
            return None if found is None else float(found.outputs["rate"])

        return InForce(context.settings(Settings, name, now), background)

    def counts_at(region: str, at: datetime) -> tuple[datetime, datetime]:
        settings, calendar = context.settings(Settings, name, at, region), federation.calendar(region)
        due = calendar.add(at, settings.outcome_working_minutes)
        return due, calendar.add(due, settings.late_working_minutes)

    def everywhere(authority_id: str) -> bool:
        authority = federation.authority(authority_id)
        return authority is not None and all(authority.serves(r.id) for r in federation.regions)

    region_of = {area: region.id for region in federation.regions for area in region.areas}
    return MisroutingLoop(in_force, counts_at, Patcher(book), region_of, everywhere)
