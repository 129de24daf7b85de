"""Proposes how near and how old a case may be to be suggested as the same, from what people said of suggestions."""

from __future__ import annotations

from reflex.loop import LoopContext
from reflex.loops.duplicates.loop import DuplicatesLoop
from reflex.loops.duplicates.patching import Patcher
from reflex.loops.duplicates.settings import Settings


def build(context: LoopContext) -> DuplicatesLoop:
    """The loop over a federation and its rulebook."""
    return DuplicatesLoop(
        lambda now: context.settings(Settings, DuplicatesLoop.name, now), Patcher(context.book),
        context.federation.category_title,
    )  # fmt: skip
