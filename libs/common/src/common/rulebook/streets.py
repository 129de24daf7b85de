"""Which area, and which point, the words of an address mean by the streets of a federation. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

Side = Literal["odd", "even", ""]
MOST_CHARACTERS = 2_000
"""Of a text, from its beginning."""
MOST_READ = 5
"""Places that a text may mean, which are told."""
FUZZY_LETTERS, INFLECTED_LETTERS = 5, 5
"""A word must have so many letters to be read with one letter wrong, or in another form."""
WORDS_KNOWN, LONGEST_KNOWN = 50_000, 40
"""Words of texts that are remembered, of so many letters at most."""
ENDING = 3
"""Letters by which forms of a Russian word differ at most."""
KINDS = {
    "street": ("street", "str", "st", "ул", "улица", "улице", "улицы", "улицу"),
    "avenue": ("avenue", "ave", "av", "проспект", "проспекте", "проспекта", "просп", "пр"),
    "road": ("road", "rd", "шоссе", "ш"),
    "lane": ("lane", "ln", "переулок", "переулке", "переулка", "пер"),
    "square": ("square", "sq", "площадь", "площади", "пл"),
    "boulevard": ("boulevard", "blvd", "бульвар", "бульваре", "бульвара", "бул", "б"),
    "embankment": ("embankment", "набережная", "набережной", "наб"),
    "drive": ("drive", "dr", "проезд", "проезде", "проезда"),
    "court": ("court", "ct"), "place": ("place", "pl"), "way": ("way",), "terrace": ("terrace", "ter"),
    "highway": ("highway", "hwy"), "parkway": ("parkway", "pkwy"), "alley": ("alley", "аллея", "аллее"),
    "circle": ("circle", "cir"), "row": ("row",), "dead end": ("тупик", "тупике"),
}  # fmt: skip
KIND_OF = {word: kind for kind, words in KINDS.items() for word in words}
HOUSE_WORDS = frozenset({"d", "no", "nr", "house", "number", "д", "дом", "дома", "доме", "номер", "напротив", "у"})
TOKEN = re.compile(
    r"\d+(?:-?(?:st|nd|rd|th|ая|ой|ый|го|я|й))(?!\w)|\d+[a-zа-я]?(?:[/-]\d+[a-zа-я]?)?(?!\w)|[^\W\d_]+(?:-[^\W\d_]+)*"
)
HOUSE = re.compile(r"(\d{1,5})([a-zа-я]?)(?:[/-].*)?")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A street, or its part between house numbers."""

    street: str
    area: str
    low: int | None
    high: int | None
    side: Side
    lat: float | None
    lon: float | None

    def has(self, house: int) -> bool:
        if self.side and (self.side == "odd") != (house % 2 == 1):
            return False
        return (self.low is None or house >= self.low) and (self.high is None or house <= self.high)

    @property
    def whole(self) -> bool:
        return self.low is None and self.high is None and not self.side


@dataclass(frozen=True, slots=True)
class PlaceRead:
    """A place that a text may mean."""

    street: str
    house: str | None
    area: str
    lat: float | None
    lon: float | None
    """Of the part of the street in which the house lies; a whole street has no point."""
    exact: bool
    """Every word of the street stands there as it is written, or in another form; not with a letter wrong."""


@dataclass(frozen=True, slots=True)
class PlacesRead:
    """All that a text may mean, the likeliest first, and the one area that all of it lies in, where it is sure."""

    places: tuple[PlaceRead, ...]
    area: str | None

    @property
    def point(self) -> tuple[float, float] | None:
        """Of the one place that is meant."""
        if self.area is None or len(self.places) != 1:
            return None
        lat, lon = self.places[0].lat, self.places[0].lon
        return (lat, lon) if lat is not None and lon is not None else None


NOTHING = PlacesRead((), None)


@dataclass(frozen=True, slots=True)
class _Name:
    words: tuple[str, ...]
    kind: str
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """A street between two words of a text, the last of them not its own; `typed`: its kind stands there too."""

    start: int
    end: int
    name: _Name
    exact: bool
    typed: bool
    house: str | None

    def with_house(self, house: str) -> Mention:
        return replace(self, house=house)


class Gazetteer:
    """Streets of one version."""

    def __init__(self, name: str, valid_from: datetime, rows: Iterable[tuple[Stretch, Sequence[str]]]) -> None:
        self.name, self.valid_from = name, valid_from
        found: dict[tuple[tuple[str, ...], str], list[Stretch]] = {}
        self.areas = set[str]()
        for stretch, names in rows:
            self.areas.add(stretch.area)
            for written in (stretch.street, *names):
                key = _name_of(written)
                if key[0]:
                    found.setdefault(key, []).append(stretch)
        self._by_word: dict[str, list[_Name]] = {}
        self._begun_by: dict[str, tuple[_Name, ...]] = {}
        """By a word of a text, which most other texts have too."""
        for (words, kind), stretches in found.items():
            one = _Name(words, kind, tuple(stretches))
            for form in _forms(words[0]):
                self._by_word.setdefault(form, []).append(one)

    def read(self, text: str, *, loose: bool) -> PlacesRead:
        """`loose`: the text is an address, in which a street needs neither its kind nor a house to be one."""
        tokens = tokens_of(text)
        mentions = widest(one for one in self.mentions(tokens) if loose or one.typed or one.house is not None)
        if not mentions:
            return NOTHING
        places: dict[PlaceRead, None] = {}
        common: set[str] | None = None
        sure = True
        for mention in mentions:
            found, known = places_of(mention)
            areas = {one.area for one in found}
            common = areas if common is None else common & areas
            sure = sure and known and mention.exact
            places.update(dict.fromkeys(found))
        area = next(iter(common)) if sure and common is not None and len(common) == 1 else None
        said = [one for one in places if area is None or one.area == area]
        ordered = sorted(said, key=lambda one: (not one.exact, one.street, one.area, one.house or ""))
        return PlacesRead(tuple(ordered[:MOST_READ]), area)

    def mentions(self, tokens: Sequence[str]) -> Iterator[Mention]:
        """Every street whose words stand there, also within another's."""
        known = self._begun_by
        for start, token in enumerate(tokens):
            for name in known[token] if token in known else self._look(token):
                mention = _mentioned(tokens, start, name)
                if mention is not None:
                    yield mention

    def _look(self, token: str) -> tuple[_Name, ...]:
        """The streets whose first word this may be; they are known of it from then on."""
        found = {id(name): name for form in _forms(token) for name in self._by_word.get(form, ())}
        if len(self._begun_by) >= WORDS_KNOWN:
            self._begun_by.clear()
        if len(token) <= LONGEST_KNOWN:
            self._begun_by[token] = tuple(found.values())
        return tuple(found.values())


def tokens_of(text: str) -> list[str]:
    """Words and numbers in one spelling."""
    plain = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS]).casefold().replace("ё", "е")
    return TOKEN.findall(plain)


def _name_of(written: str) -> tuple[tuple[str, ...], str]:
    """A street's own words, and its kind. One whose name is but a kind keeps it as its word."""
    tokens = tokens_of(written)
    kinds = [token for token in (tokens[-1:] + tokens[:1]) if token in KIND_OF]
    if not kinds or len(tokens) < 2:
        return tuple(tokens), ""
    own = tokens[:-1] if tokens[-1] in KIND_OF else tokens[1:]
    return tuple(own), KIND_OF[kinds[0]]


def _forms(word: str) -> set[str]:
    """Under which a word is looked for: itself, its beginning, and itself without any one letter."""
    forms = {word}
    if word.isalpha() and len(word) >= INFLECTED_LETTERS and _cyrillic(word):
        forms |= _beginnings(word)
    if word.isalpha() and len(word) >= FUZZY_LETTERS:
        forms |= {word[:n] + word[n + 1 :] for n in range(len(word))}
    return forms


def _beginnings(word: str) -> set[str]:
    """Forms of a word are of different lengths, so each is known by several."""
    return {word[: max(4, len(word) - less)] + "*" for less in (ENDING - 1, ENDING, ENDING + 1)}


def _cyrillic(word: str) -> bool:
    return "а" <= word[0] <= "я"


def _alike(said: str, known: str) -> bool | None:
    """True for the same word in whatever form, False for one with a letter wrong, None for another word."""
    if said == known:
        return True
    if not (said.isalpha() and known.isalpha()) or min(len(said), len(known)) < FUZZY_LETTERS:
        return None
    if _cyrillic(said) and _cyrillic(known) and abs(len(said) - len(known)) <= ENDING:
        stem = max(4, min(len(said), len(known)) - ENDING + 1)
        if said[:stem] == known[:stem]:
            return True
    return False if _one_apart(said, known) else None


def _one_apart(one: str, other: str) -> bool:
    """One letter is missing, too many, wrong, or two neighbours are swapped."""
    if len(one) == len(other):
        wrong = [n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        swapped = len(wrong) == 2 and wrong[1] == wrong[0] + 1 and one[wrong[0]] == other[wrong[1]]
        return len(wrong) == 1 or (swapped and one[wrong[1]] == other[wrong[0]])
    short, long = sorted((one, other), key=len)
    return len(long) - len(short) == 1 and any(long[:n] + long[n + 1 :] == short for n in range(len(long)))


def _mentioned(tokens: Sequence[str], start: int, name: _Name) -> Mention | None:
    """The street at this place of a text; None where the words are others, or of another kind of street."""
    end = start + len(name.words)
    if end > len(tokens):
        return None
    alike = [_alike(said, known) for said, known in zip(tokens[start:end], name.words, strict=True)]
    if any(one is None for one in alike):
        return None
    first, last, typed = start, end, False
    if end < len(tokens) and tokens[end] in KIND_OF:
        typed, last = KIND_OF[tokens[end]] == name.kind, end + 1
    elif start > 0 and tokens[start - 1] in KIND_OF:
        typed, first = KIND_OF[tokens[start - 1]] == name.kind, start - 1
    other_kind = (first, last) != (start, end) and not typed and bool(name.kind)
    return None if other_kind else Mention(first, last, name, all(alike), typed, _house(tokens, first, last))


def _house(tokens: Sequence[str], start: int, end: int) -> str | None:
    """The number behind a street, a word for house between them or not; else the one before it."""
    behind = tokens[end : end + 3]
    while behind and behind[0] in HOUSE_WORDS:
        behind = behind[1:]
    if behind and HOUSE.fullmatch(behind[0]):
        return behind[0]
    return tokens[start - 1] if start > 0 and HOUSE.fullmatch(tokens[start - 1]) else None


def widest(mentions: Iterable[Mention]) -> list[Mention]:
    """Without those that lie within the words of a longer one; exact ones hide others at the same words."""
    found = sorted(mentions, key=lambda one: (-len(one.name.words), not one.exact, not one.typed, one.start))
    kept: list[Mention] = []
    for one in found:
        own = range(one.start, one.end)
        hidden = any(
            other.start < one.end and one.start < other.end
            and (len(other.name.words) > len(one.name.words) or (other.exact and not one.exact)
                 or (other.typed and not one.typed))
            for other in kept
        )  # fmt: skip
        if own and not hidden:
            kept.append(one)
    return kept


def places_of(mention: Mention) -> tuple[list[PlaceRead], bool]:
    """Where the street lies, by its house; and whether that is known: a number that it does not have is not."""
    house = mention.house
    stretches, known = mention.name.stretches, True
    if house is not None:
        number = int(HOUSE.fullmatch(house)[1])  # type: ignore[index]
        with_it = tuple(one for one in stretches if one.has(number))
        stretches, known = (with_it, True) if with_it else (stretches, False)
    found = []
    for one in stretches:
        there = known and house is not None and not one.whole
        found.append(
            PlaceRead(
                one.street,
                house if known else None,
                one.area,
                one.lat if there else None,
                one.lon if there else None,
                mention.exact,
            )
        )
    return found, known


class Gazetteers:
    """All versions of a federation."""

    def __init__(self, versions: Iterable[Gazetteer]) -> None:
        self.versions = tuple(sorted(versions, key=lambda one: one.valid_from))

    def at(self, time: datetime) -> Gazetteer | None:
        """What is in force; None before the first, and where there is none."""
        return next((one for one in reversed(self.versions) if one.valid_from <= time), None)
