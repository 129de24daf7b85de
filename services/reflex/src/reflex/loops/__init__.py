"""The loops: pure, no I/O, no wall clock. One folder each."""

from __future__ import annotations

from collections.abc import Callable

from reflex.loop import Loop, LoopContext
from reflex.loops import (
    deadline,
    diffusion,
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
    "introspection": introspection.build,
    "misrouting": misrouting.build,
    "diffusion": diffusion.build,
    "equity": equity.build,
    "deadline": deadline.build,
    "recurrence": recurrence.build,
    "prediction": prediction.build,
    "silence": silence.build,
    "trial": trial.build,
    "evaluation": evaluation.build,
}
"""How each loop is made, by its name; they speak in this order."""
