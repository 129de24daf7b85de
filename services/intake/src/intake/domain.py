"""Is a message valid, and what is the citizen told: pure decisions."""

from __future__ import annotations

from datetime import datetime, timedelta
from string import Formatter

from common.events.clock import TimePassed

LEAST_TOLERANCE = timedelta(minutes=5)

FALLBACK = {
    "registered": "Your message is registered as {reference}.",
    "answered": "Answer to {reference}: {answer}",
    "extended": "{reference} needs more time; you will have an answer by {due}.",
    "escalated": "{reference} is late and was raised one level.",
    "refused": "Your message could not be taken: {answer}",
}
"""What is said where the rulebook has no text."""


def too_early(sent_at: datetime, tick: TimePassed | None) -> str | None:
    """Why a message from the future is refused; None when it is not. An interval may run ahead of its own tick."""
    if tick is None:
        return None
    latest = tick.until + max(LEAST_TOLERANCE, tick.until - tick.since)
    if sent_at > latest:
        return f"sent_at {sent_at.isoformat()} lies in the future: it is {tick.until.isoformat()}"
    return None


def words(notice: str, template: str | None, **fields: str) -> str:
    """The text of a notice; a template with fields it may not use falls back to the plain text."""
    text = template if template is not None and _uses_only(template, set(fields)) else FALLBACK[notice]
    return text.format(**fields)


def _uses_only(template: str, names: set[str]) -> bool:
    """Plain fields of these names, without format or conversion: a text row must not make notices fail."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        return False
    return all(field is None or (field in names and not spec and conversion is None)
               for _, field, spec, conversion in parts)  # fmt: skip
