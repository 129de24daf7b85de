"""Is a message valid, and what is the citizen told: pure decisions."""

from __future__ import annotations

import re
from string import Formatter

TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?")

FALLBACK = {
    "registered": "Your message is registered as {reference}.",
    "answered": "Answer to {reference}: {answer}",
    "extended": "{reference} needs more time; you will have an answer by {due}.",
    "escalated": "{reference} is late and was raised one level.",
    "corrected": "{reference}: our clock was wrong. We told you too early that this is late; please disregard it.",
    "refused": "Your message could not be taken: {answer}",
}
"""What is said where the rulebook has no text."""


def language_of(given: str | None) -> str | None:
    """A language tag as a channel may give it (BCP 47), lower case; None for anything else, which is not told on."""
    return given.lower() if given is not None and TAG.fullmatch(given) else None


def languages_to_try(wanted: str, spoken: str) -> tuple[str, ...]:
    """The tag, the language without its region, and what the federation speaks, each once."""
    return tuple(dict.fromkeys((wanted, wanted.split("-")[0], spoken)))


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
