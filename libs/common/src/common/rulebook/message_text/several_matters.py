"""How a message whose words seem to be about several matters may be divided: a suggestion for a person. Pure.

A part counts where it has a category of its own, sure enough. All parts together are the whole text. A part whose words
name one house beyond doubt has it as its address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from common.contracts.events.base import Place
from common.contracts.events.intake import MessageRegistered
from common.contracts.frozen import value
from common.contracts.parts import FEWEST, MOST, Part
from common.contracts.seen_text import as_seen
from common.rulebook.category_words import TABLE as CATEGORY_MAP
from common.rulebook.classification import TABLE as CLASSIFICATION
from common.rulebook.classification import asked_of, waits_for_model
from common.rulebook.layers import Rulebook, RuleDecision
from common.rulebook.message_text.context import TextContext
from common.rulebook.message_text.words import MessageWords
from common.rulebook.place_in_text import place_in_text
from common.rulebook.placement import category_of
from common.rulebook.streets import KIND_OF, Gazetteer
from common.rulebook.trial import NO_UNIT, Unit

MOST_PIECES = 20
"""That are looked at; what follows belongs to the last."""
MOST_CHARACTERS = 10_000
HINTS = (
    "\n", "1)", "1.", "also", "another thing", "one more thing", "another matter", "in addition", "besides", "second",
    "также", "ещё", "еще", "кроме ", "помимо ", "второе", "во-вторых", "во вторых",
)  # fmt: skip
"""A text with none of them is about one matter, and nothing else is looked at."""
CONNECTOR = re.compile(
    r"(?:(?<=[.!?…;,:\n])|(?<=[.!?…;,:\n]\s))(?:and also|also|another thing|another matter|one more thing|in addition"
    r"|besides|secondly|second|thirdly|third|а также|также|и ещ[её]|ещ[её] одно|ещ[её]|кроме (?:того|этого)"
    r"|помимо (?:того|этого)|второе|третье|во[- ]вторых|в[- ]третьих)\b",
    re.IGNORECASE,
)
PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
BULLET = re.compile(r"^[^\S\n]*[-*•–—][^\S\n]+", re.MULTILINE)
NUMBER = re.compile(
    r"(?:^|(?<=[\s,;:.]))(\d{1,2})\)\s*(?=\S)|(?:^|(?<=\n)|(?<=[.!?…;:]\s))(\d{1,2})\.\s+", re.MULTILINE
)
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
RUSSIAN_ENDINGS = (
    "а я ы и у ю е ё о ь й ой ей ом ем ём ам ям ах ях ами ями ов ев ья ью ий ый ая яя ое ее ые ие ых их ого его ую юю"
    " ым им ыми ими ому ему ной ный ная ное ные ных ную"
)
ENDINGS = {
    False: frozenset(("", "s", "es", "ed", "ing")),
    True: frozenset(("", *RUSSIAN_ENDINGS.split())),
}
"""By which forms of a word differ: of Latin letters and of Cyrillic ones."""
SHORT = 3
"""A word has its forms from so many letters on."""
LITTLE = (
    "a an and at by for from in is it of on or the to with request requests general complaint complaints repair"
    " maintenance issue issues report other services service в во для и или к на не о об от по при с со у"
    " жалоба жалобы ремонт прочее другое обращение заявка"
)
SAYS_LITTLE = frozenset(LITTLE.split())
"""Words of a name that a text need not have."""
BEFORE_A_PLACE = (
    "near by beside under behind at to from before around next у около возле под перед за рядом напротив от до"
)
PLACE_BEFORE = frozenset(BEFORE_A_PLACE.split())
"""What is named behind them says where it is, before it says what."""
NO_STREETS = frozenset(
    ("place", "pl", "way", "row", "circle", "court", "ct", "square", "st", "ш", "б", "пр", "dr", "ter")
)
"""Kinds of streets that are other words as well."""


@value
class _Name:
    """What somebody may call a category: the words that tell it."""

    words: tuple[str, ...]
    category: str


@value
class _Piece:
    text: str
    category: str | None
    streets: frozenset[str]


def suggested_parts(
    message: MessageRegistered, rulebook: Rulebook, unit: Unit, context: TextContext
) -> tuple[Part, ...]:
    """Two to five parts, or none where it is one matter, as far as can be told."""
    text = message.text
    if message.part_of is not None or len(text) > MOST_CHARACTERS or not _may_be_several(text):
        return ()
    texts = pieces(text)
    if len(texts) < FEWEST:
        return ()
    names = _names(rulebook, context)
    words = MessageWords(message, context)
    model = rulebook.decide(CLASSIFICATION, asked_of(words), unit)
    read = [
        _Piece(one, (_read(one, message, model, context) if model else None) or named_in(one, names), _streets(one))
        for one in texts
    ]
    joined = _together(read)
    if not any(_differ(one, other) for one, other in pairwise(joined)):
        return ()
    streets = context.country.streets(message.received_at)
    return tuple(
        Part(text=one.text, category=one.category, place=_house_in(one.text, streets)) for one in _at_most(joined)
    )


def _house_in(text: str, streets: Gazetteer | None) -> Place | None:
    found = place_in_text(streets, text) if streets is not None else None
    return Place(address=found.words) if found is not None else None


def _may_be_several(text: str) -> bool:
    seen = text.casefold()
    return any(hint in seen for hint in HINTS)


def pieces(text: str) -> list[str]:
    """The text, cut wherever another matter may begin."""
    cuts = {found.end() for found in PARAGRAPH.finditer(text)} | {found.start() for found in CONNECTOR.finditer(text)}
    bullets = [found.start() for found in BULLET.finditer(text)]
    numbered = list(_numbered(text))
    for items in (bullets, numbered):
        if len(items) >= FEWEST:
            cuts.update(items)
    at = [0, *sorted(cuts - {0})[: MOST_PIECES - 1], len(text)]
    found = [text[start:end].strip() for start, end in pairwise(at)]
    return [one for one in found if one]


def _numbered(text: str) -> Iterator[int]:
    """Where the items of a list begin that counts from 1."""
    due = 1
    for found in NUMBER.finditer(text):
        if int(found[1] or found[2]) == due:
            due += 1
            yield found.start()


def _read(text: str, message: MessageRegistered, model: RuleDecision, context: TextContext) -> str | None:
    """The category of a piece where the model is so sure that it would decide over a message of these words."""
    words = MessageWords(message.model_copy(update={"text": text}), context)
    reading = words.read(str(model.outputs["model"]), waits=waits_for_model(model))
    if reading is None or not reading.candidates or reading.known < float(model.outputs["known_percent"]):
        return None
    first = reading.candidates[0]
    return first.category if first.percent >= float(model.outputs["automatic_percent"]) else None


def named_in(text: str, names: Sequence[_Name]) -> str | None:
    """The one category that the words name; None where they name none or several."""
    words = _words(text)
    said = {word[:2] for word in words}
    hits = [
        (name, places)
        for name in names
        if all(word[:2] in said for word in name.words) and (places := _places(name.words, words)) is not None
    ]
    hits = [one for one in hits if not any(set(one[1]) < set(other[1]) for other in hits)]
    if len({name.category for name, _places in hits}) > 1:
        hits = [one for one in hits if not _behind_a_place_word(min(one[1]), words)] or hits
    categories = {name.category for name, _places in hits}
    return categories.pop() if len(categories) == 1 else None


def _behind_a_place_word(place: int, words: Sequence[str]) -> bool:
    return any(word in PLACE_BEFORE for word in words[max(0, place - 2) : place])


def _places(sought: Iterable[str], words: Sequence[str]) -> tuple[int, ...] | None:
    """Where each word stands first, in whatever form; None where one is missing."""
    found = []
    for one in sought:
        place = next((n for n, word in enumerate(words) if _same(one, word)), None)
        if place is None:
            return None
        found.append(place)
    return tuple(found)


def _same(one: str, other: str) -> bool:
    """Two forms of a word."""
    if one == other:
        return True
    if min(len(one), len(other)) < SHORT or one[:2] != other[:2]:
        return False
    common = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    cyrillic = one[0] > "\u0400"
    if not cyrillic and common < min(len(one), len(other)):
        return False
    endings = ENDINGS[cyrillic]
    return one[common:] in endings and other[common:] in endings


def _words(text: str) -> list[str]:
    return WORD.findall(as_seen(text).replace("ё", "е"))


def _names(rulebook: Rulebook, context: TextContext) -> tuple[_Name, ...]:
    return _known_names(rulebook, context.country.category_phrases())


@lru_cache(maxsize=64)
def _known_names(rulebook: Rulebook, phrases: tuple[tuple[str, str], ...]) -> tuple[_Name, ...]:
    """What channels call the categories by the rules, and what the federation calls them itself."""
    by_channels = ((given, category_of(given, rulebook, NO_UNIT)[0]) for given in rulebook.named(CATEGORY_MAP, "given"))
    found = {
        _Name(words, category)
        for phrase, category in (*by_channels, *phrases)
        if category is not None and (words := tuple(w for w in _words(phrase) if w not in SAYS_LITTLE))
    }
    return tuple(sorted(found, key=lambda name: (name.category, name.words)))


def _streets(text: str) -> frozenset[str]:
    """Names beside words such as `street`."""
    words = _words(text)
    found = set()
    for n, word in enumerate(words):
        if word in KIND_OF and word not in NO_STREETS:
            beside = n + 1 if word[0] > "\u0400" else n - 1
            if 0 <= beside < len(words):
                found.add(words[beside])
    return frozenset(found)


def _differ(one: _Piece, other: _Piece) -> bool:
    if one.category != other.category:
        return True
    return bool(one.streets and other.streets) and one.streets.isdisjoint(other.streets)


def _together(read: Sequence[_Piece]) -> list[_Piece]:
    """What has no category of its own belongs to what it stands behind, a beginning to what follows; neighbours about
    the same stay one."""
    found: list[_Piece] = []
    for one in read:
        if found and (one.category is None or found[-1].category is None or not _differ(found[-1], one)):
            found[-1] = _joined(found[-1], one)
        else:
            found.append(one)
    return found


def _joined(one: _Piece, other: _Piece) -> _Piece:
    category = one.category if one.category is not None else other.category
    return _Piece(f"{one.text}\n{other.text}", category, one.streets | other.streets)


def _at_most(found: list[_Piece]) -> list[_Piece]:
    """The last takes what is left, and a person says what that is about."""
    if len(found) <= MOST:
        return found
    rest = found[MOST - 1 :]
    text = "\n".join(one.text for one in rest)
    categories = {one.category for one in rest}
    return [*found[: MOST - 1], _Piece(text, categories.pop() if len(categories) == 1 else None, frozenset())]
