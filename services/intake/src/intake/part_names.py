"""The parts of a message that was divided, as their citizen is told of them. Pure."""

from __future__ import annotations

from common.contracts.events.routing import MessageSplit
from common.contracts.parts import part_case_id
from common.contracts.reference import reference_of

from intake.redaction import redact

SHOWN = 80
"""Characters of a part by which its citizen knows it."""


def case_ids(event: MessageSplit) -> tuple[str, ...]:
    """Of the cases that the parts become."""
    return tuple(part_case_id(event.case_id, number) for number in range(1, len(event.parts) + 1))


def parts_named(event: MessageSplit) -> tuple[tuple[str, str], ...]:
    """The parts as their citizen is told of them: number and first words."""
    names = (reference_of(case_id) for case_id in case_ids(event))
    return tuple((name, _first_words(redact(part.text))) for name, part in zip(names, event.parts, strict=True))


def _first_words(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= SHOWN else words[:SHOWN].rsplit(" ", 1)[0] + " …"
