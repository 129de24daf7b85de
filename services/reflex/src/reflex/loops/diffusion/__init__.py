"""Finds what a region does better for like cases, and proposes its rule to others."""

from __future__ import annotations

from common.rulebook.release import NATIONAL

from reflex.loop import LoopContext
from reflex.loops.diffusion.loop import DiffusionLoop
from reflex.loops.diffusion.rows import Rows
from reflex.loops.diffusion.settings import Settings
from reflex.loops.diffusion.wording import Titles


def build(context: LoopContext) -> DiffusionLoop:
    """The loop over a federation's regions and rulebook."""
    federation = context.federation

    def region_title(region: str) -> str:
        found = federation.region(region)
        return ("the nation" if region == NATIONAL else region) if found is None else found.title

    return DiffusionLoop(
        lambda now: context.settings(Settings, DiffusionLoop.name, now), Rows(context.book),
        [region.id for region in federation.regions], Titles(region_title, federation.category_title),
    )  # fmt: skip
