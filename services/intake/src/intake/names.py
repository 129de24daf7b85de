"""Which of the names that a model of names saw in a Russian text are people's, and the text without them. Pure.

A model reads "Pushkin" as a person wherever it stands. Here it is decided that a street, a school, a theatre called
after somebody stays, and so does what was taken for a name since a sentence begins with it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from typing import Protocol

from intake.place_names import Span, is_place, like_a_first_name

CYRILLIC = re.compile("[А-Яа-яЁё]")
TOKEN = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*\.?")
WRITTEN_AS_A_NAME = re.compile(r"[А-ЯЁ][а-яё]*(?:-[А-ЯЁ][а-яё]+)?\.?")
AT_THE_BEGINNING = re.compile(r"(?:\A|[.!?\n…]\s*)\Z")
CALLED_BEFORE = re.compile(
    r"\b(?:зовут|звать|зовётся|зовется|представил\w*(?:\s+как)?|назвал\w*(?:\s+(?:себя|как))?|подпис\w+(?:\s+как)?|фамили\w+|имя"
    r"|по\s+имени|по\s+фамилии|кличк\w+|некий|некая|некто)\W{0,3}$",
    re.IGNORECASE,
)
"""A name in quotation marks after these is no title."""
QUOTED = re.compile('«[^«»\n]{1,60}»|"[^"\n]{1,60}"|“[^“”\n]{1,60}”')
MOST_WORDS_OF_A_TITLE = 4
FIGURES = re.compile(r"дед\w*\s+мороз\w*|снегурочк\w*|баб\w\s+яг\w|иван\w?-ча\w|иван\w?\s+купал\w", re.IGNORECASE)
SURNAME = re.compile(
    r"\w+(?:[оеё]в|ин|ын|ск(?:ий|ая|ого|ой|ому|им|ом|ую)|[оеё]в(?:а|у|ым|ой|е|ы|ых)|[иы]н(?:а|у|ым|ой|е|ы|ых)|енко|чук|дзе"
    r"|швили|ян|янц|оглы)",
    re.IGNORECASE,
)


class Model(Protocol):
    """Sees people in texts, and knows first names."""

    @property
    def first_names(self) -> Container[str]:
        """In lower case."""
        ...

    def people(self, text: str) -> Iterable[Span]: ...


def without_names(text: str, model: Model) -> str:
    """The text with `[name]` for each person whom the model sees and whom no place is called after."""
    if not CYRILLIC.search(text):
        return text
    kept: list[str] = []
    end, last_place = 0, -1
    quoted = [m.span() for m in QUOTED.finditer(text) if len(m.group().split()) <= MOST_WORDS_OF_A_TITLE]
    for seen in sorted(model.people(text)):
        span = _person_in(text, seen, model.first_names)
        if span is None or span[0] < end:
            continue
        start, stop = span
        titled = any(a <= start and stop <= b and not CALLED_BEFORE.search(text[:a][-40:]) for a, b in quoted)
        if titled or is_place(text, span, last_place, model.first_names):
            last_place = stop
            continue
        kept += [text[end:start], "[name]"]
        end = stop
    return "".join(kept) + text[end:]


def _person_in(text: str, span: Span, first_names: Container[str]) -> Span | None:
    """The words of a span that are a person's; None where none is."""
    words = [(m.start(), m.end(), m.group()) for m in TOKEN.finditer(text, *span)]
    begins = AT_THE_BEGINNING.search(text[max(0, span[0] - 3) : span[0]]) is not None
    if begins and words and not _like_a_name(words[0][2], first_names):
        words = words[1:]  # a capital that only begins a sentence
    while words and not WRITTEN_AS_A_NAME.fullmatch(words[0][2]):
        words = words[1:]
    while words and not WRITTEN_AS_A_NAME.fullmatch(words[-1][2]):
        words = words[:-1]
    if not words or not any(len(word.rstrip(".")) > 1 for _, _, word in words):
        return None
    found = (words[0][0], words[-1][1])
    if words[-1][2].endswith(".") and len(words[-1][2]) > 2:
        found = (found[0], found[1] - 1)  # the end of the sentence
    return None if FIGURES.search(text[span[0] : span[1]]) else found


def _like_a_name(word: str, first_names: Container[str]) -> bool:
    """Whether a word may be somebody's: a first name in any case, an initial, or what ends as surnames do."""
    plain = word.rstrip(".").lower()
    return len(plain) == 1 or SURNAME.fullmatch(plain) is not None or like_a_first_name(plain, first_names)
