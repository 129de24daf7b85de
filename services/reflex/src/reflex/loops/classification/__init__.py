"""Proposes what words of channels mean, and names categories that a model confuses, from what people say in triage."""

from __future__ import annotations

from reflex.loop import LoopContext
from reflex.loops.classification.loop import ClassificationLoop
from reflex.loops.classification.patching import Patcher
from reflex.loops.classification.settings import Settings


def build(context: LoopContext) -> ClassificationLoop:
    """The loop over a federation and its rulebook."""
    return ClassificationLoop(
        lambda now: context.settings(Settings, ClassificationLoop.name, now), Patcher(context.book),
        context.federation.category_title,
    )  # fmt: skip
