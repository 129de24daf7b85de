"""A verdict that is said in plain words, on channels that have no buttons. Pure."""

from __future__ import annotations

import re
from typing import Literal

from common.contracts.frozen import value

Word = Literal["confirmed", "reopened", "withdrawn"]
SAID: dict[Word, frozenset[str]] = {
    "reopened": frozenset({
        "reopen", "open again", "open it again", "not solved", "not fixed", "still not fixed", "still broken",
        "it is not solved", "it is not fixed", "открыть снова", "откройте снова", "не решено", "не исправлено",
        "не сделано", "ничего не сделано", "вопрос не решен", "no resuelto", "no está resuelto", "sin resolver",
    }),
    "confirmed": frozenset({
        "confirm", "confirmed", "solved", "fixed", "it is solved", "it is fixed", "подтверждаю", "решено",
        "исправлено", "сделано", "вопрос решен", "resuelto", "está resuelto", "confirmo",
    }),
    "withdrawn": frozenset({"withdraw", "i withdraw it", "take it back", "отзываю", "отзываю обращение", "lo retiro"}),
}  # fmt: skip
"""Whole messages, in lower case, without marks and with `е` for `ё`."""
RATING = re.compile(r"(?:rating|оценка|rate)?\s*([1-5])(?:\s*/\s*5|\s+of\s+5|\s+из\s+5)?")
MARKS = re.compile(r"[.!,;:\s]+")
LONGEST = 60


@value
class Spoken:
    """What was said."""

    word: Word
    rating: int | None = None


def verdict_in(text: str) -> Spoken | None:
    """The verdict that a message is and nothing else; a number from 1 to 5 confirms with that rating. None for any
    other text: who says more says it to people."""
    if len(text) > LONGEST:
        return None
    said = MARKS.sub(" ", text.lower().replace("ё", "е")).strip()
    rated = RATING.fullmatch(said)
    if rated is not None:
        return Spoken("confirmed", int(rated[1]))
    return next((Spoken(word) for word, phrases in SAID.items() if said in phrases), None)
