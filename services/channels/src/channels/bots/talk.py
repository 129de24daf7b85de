"""What a bot knows of a talk, and what it asks for: only what is missing, once. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from common.contracts.frozen import value

Asks = Literal["words", "place"]
ADDRESS_LENGTH = 300
"""Characters; a longer reply to the question for the place is no address."""
ENDS = frozenset({"confirmed", "withdrawn", "erased"})
"""Kinds of notices after which a citizen's next words are about something else."""
REFUSED = "refused"
"""The class of notices of an end without an answer."""
PLACED = frozenset({
    "asked", "reminded", "reminded_closing", "answered", "extended", "deferred", "transferred", "handed_over", "joined",
    "may_be_known",
})  # fmt: skip
"""Kinds of notices of a case that somebody works on or has worked on: where it is is known, so that further words are
no address."""


@value
class Talk:
    """Of the matter that the citizen speaks about now."""

    words: bool = False
    place: bool = False
    asked_words: bool = False
    asked_place: bool = False
    objects_to: str | None = None
    """The reference of the proposal that the citizen is against, while the reason is awaited."""


def is_address(talk: Talk, text: str) -> bool:
    """Whether words are the answer to the question for the place."""
    return talk.asked_place and not talk.place and 0 < len(text) <= ADDRESS_LENGTH


def after_message(talk: Talk, *, words: bool, place: bool) -> tuple[Talk, Asks | None]:
    """After a message with words, a place or neither (a photo alone), and what to ask now."""
    talk = replace(talk, words=talk.words or words, place=talk.place or place)
    if not talk.words and not talk.asked_words:
        return replace(talk, asked_words=True), "words"
    if talk.words and not talk.place and not talk.asked_place:
        return replace(talk, asked_place=True), "place"
    return talk, None


def after_notice(talk: Talk, notice: str | None, kind: str) -> Talk:
    """After what the citizen was told: an end begins a new matter, what is worked on needs no place. A reason that was
    asked for is awaited as before: it is about no case, so that only an erasure ends it."""
    if kind in ENDS or notice == REFUSED:
        return Talk(objects_to=None if kind == "erased" else talk.objects_to)
    return replace(talk, words=True, place=True) if kind in PLACED else talk
