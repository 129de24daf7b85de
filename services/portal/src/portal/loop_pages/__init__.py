"""What each loop says, in the reader's words: one module a loop, and one for those that have none."""

from __future__ import annotations

from portal.language import _
from portal.loop_pages import (
    classification,
    deadline,
    diffusion,
    duplicates,
    emergence,
    equity,
    introspection,
    misrouting,
    prediction,
    recurrence,
    silence,
    trial,
)
from portal.loop_pages.evaluation import EvaluationPage
from portal.loop_pages.page import LoopPage
from portal.loop_pages.unknown import UNKNOWN

LOOPS: dict[str, LoopPage] = {
    "classification": classification.PAGE,
    "deadline": deadline.PAGE,
    "diffusion": diffusion.PAGE,
    "duplicates": duplicates.PAGE,
    "emergence": emergence.PAGE,
    "equity": equity.PAGE,
    "evaluation": EvaluationPage(lambda loop: loop_title(loop)),
    "introspection": introspection.PAGE,
    "misrouting": misrouting.PAGE,
    "prediction": prediction.PAGE,
    "recurrence": recurrence.PAGE,
    "silence": silence.PAGE,
    "trial": trial.PAGE,
}
"""By the loop's name."""


def page_of(loop: str | None) -> LoopPage:
    """The words of a loop; of an unknown one, or of a person, what can be said of any."""
    return LOOPS.get(loop or "", UNKNOWN)


def loop_title(loop: str) -> str:
    """What a loop is called; its name where it has no words here."""
    return _(LOOPS[loop].title) if loop in LOOPS else loop
