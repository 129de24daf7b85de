"""The loops: pure, no I/O, no wall clock. One folder each."""

from __future__ import annotations

from collections.abc import Callable

from reflex.loop import Loop, LoopContext
from reflex.loops import (
    classification,
    deadline,
    diffusion,
    duplicates,
    emergence,
    equity,
    evaluation,
    introspection,
    misrouting,
    prediction,
    recurrence,
    silence,
    trial,
)

LOOPS: dict[str, Callable[[LoopContext], Loop]] = {
    "classification": classification.build,
    "deadline": deadline.build,
    "diffusion": diffusion.build,
    "duplicates": duplicates.build,
    "emergence": emergence.build,
    "equity": equity.build,
    "evaluation": evaluation.build,
    "introspection": introspection.build,
    "misrouting": misrouting.build,
    "prediction": prediction.build,
    "recurrence": recurrence.build,
    "silence": silence.build,
    "trial": trial.build,
}
"""How each loop is made, by its name; they speak in this order."""
