"""What a citizen's own words say about a proposal, in English and Russian: a stance with a reason, or nothing that is
understood. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from common.contracts.events.deliberation import Stance

Said = Stance | Literal["appeal"]
MOST_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Understood:
    """`words` are what is left beside the word that gave the stance: the reason, the comment, the question."""

    stance: Said
    words: str


# Words that mean a stance wherever they begin a text.
PLAIN: tuple[tuple[Said, str], ...] = (
    ("support", r"i support|support|i agree|agree|agreed|in favou?r|поддерживаю|согласен|согласна|одобряю"),
    (
        "object",
        r"i (?:do not|don't) (?:support|agree)|do not support|don't support|i object|object|i oppose|oppose|disagree"
        r"|i disagree|i am against|against|не поддерживаю|не согласен|не согласна|возражаю|я против|против",
    ),
    ("comment", r"comment|comments|remark|комментарий|замечание"),
    ("question", r"question|вопрос"),
    ("amendment", r"amendment|amend|поправка|предлагаю поправку"),
    ("appeal", r"appeal|обжалую|обжалование"),
)
# Words that begin many other sentences too: they mean a stance only alone, or before a mark.
SHORT: tuple[tuple[Said, str], ...] = (
    ("support", r"yes|yea|for|ok|okay|за|да|\+1|\+|👍"),
    ("object", r"no|nay|нет|-1|-|👎"),
)
# Begins like an objection, and is none.
UNCLEAR = re.compile(r"(?:я )?против ничего(?!\w)", re.IGNORECASE)
_MARK = r"(?=$|\s*[.,;:!—–-])"
_RULES = [
    *((stance, re.compile(rf"(?:{words})(?!\w)", re.IGNORECASE)) for stance, words in PLAIN),
    *((stance, re.compile(rf"(?:{words}){_MARK}", re.IGNORECASE)) for stance, words in SHORT),
]
_BECAUSE = re.compile(
    r"(?:because|since|as|that|to|of|потому что|потому, что|так как|поскольку|что|ибо)(?!\w)\s*", re.IGNORECASE
)
_THE_PROPOSAL = frozenset(
    {"this", "it", "that", "this proposal", "it all", "это", "его", "предложение", "это предложение"}
)
"""Rests that only name what the stance is about."""
_BEFORE = " .,;:!—–\"'«»()"
_MARKS = " \t\n\r.,;:!—–-\"'«»()"
REFERENCE = re.compile(r"(?<![\w-])[PР]-([2-9A-Z]{6,10})(?![\w-])", re.IGNORECASE)
"""The first letter may be the Cyrillic one, which looks the same."""

IDEA = re.compile(r"(?<![\w-])[IІ]-([2-9A-Z]{6})(?![\w-])", re.IGNORECASE)
"""What a citizen's own idea was told to be called; the first letter may be the Cyrillic one."""
TAKEN_BACK = re.compile(
    r"(?:i |я )?(?:withdraw|take back|taking back|отзываю|забираю|снимаю|отменяю)"
    r"(?: my| мою| свою| моё| своё)?(?: idea| wish| proposal| идею| пожелание| предложение)?",
    re.IGNORECASE,
)


def understood(text: str) -> Understood | None:
    """The stance that words give by how they begin, else by a question mark at their end; None where neither does."""
    said = " ".join(text.split())[:MOST_CHARACTERS].lstrip(_BEFORE)
    if UNCLEAR.match(said):
        return None
    for stance, words in _RULES:
        if found := words.match(said):
            return Understood(stance, _reason(said[found.end() :]))
    if said.endswith("?") and has_words(said):
        return Understood("question", said)
    return None


def has_words(text: str) -> bool:
    """Whether there is anything to read."""
    return any(c.isalnum() for c in text)


def named_in(text: str) -> tuple[str | None, str]:
    """The proposal's reference that stands in a text, and the text without it."""
    found = REFERENCE.search(text) if "-" in text else None
    if found is None:
        return None, text
    return f"P-{found[1].upper()}", f"{text[: found.start()]} {text[found.end() :]}".strip(" \t\n\r,;:")


def idea_taken_back(text: str) -> str | None:
    """The idea that its author takes back: nothing but its reference and a word that says so, in either order."""
    found = IDEA.search(text) if "-" in text else None
    if found is None:
        return None
    rest = f"{text[: found.start()]} {text[found.end() :]}".strip(_MARKS)
    return f"I-{found[1].upper()}" if TAKEN_BACK.fullmatch(" ".join(rest.split())) else None


def _reason(rest: str) -> str:
    """The reason itself, without what joins it to the stance."""
    left = rest.strip(_MARKS)
    if left.casefold() in _THE_PROPOSAL:
        return ""
    return left[found.end() :].strip() if (found := _BECAUSE.match(left)) else left
