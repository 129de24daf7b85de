"""Keeps every author's record, takes back what did harm by its own measure, and makes a loop stricter that errs."""

from __future__ import annotations

from reflex.loop import LoopContext
from reflex.loops.evaluation.loop import EvaluationLoop
from reflex.loops.evaluation.settings import Settings
from reflex.loops.evaluation.stricter import Stricter


def build(context: LoopContext) -> EvaluationLoop:
    """The loop over a federation's rulebook."""
    return EvaluationLoop(
        lambda now: context.settings(Settings, EvaluationLoop.name, now), Stricter(context.book)
    )  # fmt: skip
