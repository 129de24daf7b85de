"""What the two answers of a decision on trial are to its case."""

from __future__ import annotations

from common.contracts.trial import ArmDrawn

from reflex.loops.trial.measures import DEADLINE, ROUTES

MUST_ANSWER = frozenset({ROUTES, DEADLINE})
"""Tables in which a candidate without an answer leaves cases with nobody, or without a date."""


def has_no_answer(drawn: ArmDrawn) -> bool:
    """Whether the change leaves a case without what the rule in force gives it."""
    return drawn.table in MUST_ANSWER and drawn.candidate is None and drawn.current is not None


def is_longer(drawn: ArmDrawn) -> bool | None:
    """Whether the change gives a case a longer deadline; None where both are the same, or no deadline is given."""
    if drawn.table != DEADLINE or drawn.current is None or drawn.candidate is None:
        return None
    before, after = int(drawn.current["answer_minutes"]), int(drawn.candidate["answer_minutes"])
    return None if before == after else after > before
