"""The one house that a message's own text names as the place it is about, where that is beyond doubt. Pure.

A text names streets for many reasons: a bus comes from one, a citizen lives in another, a square has somebody's name.
So a house is needed beside the street, nothing that says whose house it is, and no second street. Anything else is for
a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from common.rulebook.streets import (
    HOUSE_WORDS,
    KIND_OF,
    MOST_CHARACTERS,
    TOKEN,
    Gazetteer,
    Mention,
    PlaceRead,
    places_of,
    widest,
)

HOUSE = re.compile(r"\d{1,5}[a-hа-з]?(?:[/-]\d{1,4}[a-hа-з]?)?")
ORDINAL = re.compile(r"\d+-?(?:st|nd|rd|th|ая|ой|ый|го|я|й)")
ENDS = re.compile(r"[.,;:!?)…\n]|\s[-–—]\s")
SENTENCE = re.compile(r"[.!?…\n]")
SHORT_WORDS = frozenset(KIND_OF) | {"д", "no", "nr", "корп", "стр", "кв", "mr", "mrs"}
"""A full stop behind them ends no sentence."""
ON_A_STREET = frozenset(("on", "in", "на", "по"))
BEFORE_A_NUMBER = frozenset(("house", "number", "no", "дом", "дома", "доме", "дому", "домом", "д"))
"""Between them a house: number 5 on Elm Street."""
CONTRAST = re.compile(r",\s(?:а|зато)\s|\b(?:but|while|whereas) (?:our|my|the)\b|\bnow it is\b")
"""Behind a place, in its sentence: it is about something else."""
LOOK_BACK = 6
"""Words before a place, in its sentence, in which its owner is looked for."""
SOMEBODYS_WORDS = (
    "live lives living lived reside resides residing resident residents residence home born worked repaired fixed"
    " registered register moved moving owner owners own owns rent rents rented renting bill bills letter"
    " parcel package wrote written reported visited visit grew neighbour neighbor friend as done signed sincerely"
    " regards respectfully reply permit friend aunt uncle sister brother colleague like compared mother"
    " grandmother son"
    " daughter bus route tram train taxi walk walked walking drove driving goes going went came"
    " живу живем живет живут живущий живущая живущие жил жила жили проживаю проживаем проживает проживают проживающий"
    " проживающая проживающего проживающей прописан прописана прописаны прописка зарегистрирован зарегистрирована"
    " зарегистрированы житель жительница жители жильцы работаю работал работала переехал переехала переехали"
    " родился родилась собственник собственница владелец офис письмо писал писала писали обращался"
    " обращалась мама бабушка сын дочь тетя тети друг подруга брат сестра как такую такой такое такие уважением"
    " ответить ответ прошлом прошлого сравнению отремонтировали починили сделали маршрут автобус трамвай"
    " троллейбус маршрутка такси еду ехал ехала иду шел шла"
    " поехал поехала приехал приехала квитанция квитанции"
)
SOMEBODYS = frozenset(SOMEBODYS_WORDS.split())
"""What stands before somebody's house, or one on somebody's way."""
PAIRS = frozenset((who, work) for who in ("i", "we", "who", "he", "she") for work in ("work", "works")) | {
    ("my", "address"), ("address", "is"), ("ran", "into"),
}  # fmt: skip
MOVES = frozenset(
    (
        "from",
        "to",
        "towards",
        "toward",
        "until",
        "till",
        "via",
        "through",
        "от",
        "до",
        "из",
        "с",
        "со",
        "not",
        "не",
        "ни",
    )
)
"""Directly before a place: not where something is, but what it is between, or not."""
BESIDE = frozenset(
    ("next", "close", "adjacent", "opposite", "across", "near", "недалеко", "неподалеку", "справа", "слева", "вблизи")
)
"""Before one of MOVES: it is there after all."""
NUMBERED_WORDS = (
    "bus route line tram train zone ward apartment apt unit room gate lot flat exit floor page since in may june july"
    " january february march april august september october november december over about and or between"
)
NUMBERED = frozenset(NUMBERED_WORDS.split())
"""Before a number in front of a street: it is no house."""
BEHIND_A_HOUSE_WORDS = (
    "has is was there where near opposite in on at and the a by which that since because needs had"
    " у около возле напротив рядом на в во за под перед есть нет не где и там был была было стоит лежит течет горит"
    " прорвало сломан сломана сломано разбит разбита разбито образовалась образовался"
    " появилась открыт открыта открыто"
)
BEHIND_A_HOUSE = frozenset(BEHIND_A_HOUSE_WORDS.split())
"""Behind a number without a word for house: it is a house still, and no count of something."""
NOT_PLURAL = frozenset(("is", "was", "has", "as", "its", "this", "always", "does", "needs", "looks", "smells", "keeps"))
ABBREVIATED = frozenset(("ул", "пр", "просп", "пер", "пл", "наб", "бул", "ave", "rd", "blvd"))
OF_ALL_STREETS = frozenset(("the", "this", "our", "my", "a", "that", "your", "whole", "same", "main", "every", "of"))


@dataclass(frozen=True, slots=True)
class PlaceInText:
    """`words` as they stand in the text."""

    place: PlaceRead
    point: tuple[float, float] | None
    words: str


@dataclass(frozen=True, slots=True)
class _Text:
    plain: str
    shown: str
    tokens: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]

    def between(self, one: int, other: int) -> str:
        """What stands between two words."""
        start = self.spans[one][1] if one >= 0 else 0
        end = self.spans[other][0] if other < len(self.spans) else len(self.plain)
        return self.plain[start:end]

    def _is_short(self, token: int) -> bool:
        """A word behind which a full stop ends no sentence: one of ours, or somebody's initial."""
        return self.tokens[token] in SHORT_WORDS or len(self.tokens[token]) == 1

    def capital(self, token: int) -> bool:
        return 0 <= token < len(self.spans) and self.shown[self.spans[token][0]].isupper()

    def starts_sentence(self, token: int) -> bool:
        if token == 0:
            return True
        gap = self.between(token - 1, token)
        return bool(SENTENCE.search(gap)) and not (gap.strip(" ,;") == "." and self._is_short(token - 1))


def place_in_text(streets: Gazetteer, text: str) -> PlaceInText | None:
    """None where the text names no house, more than one, or says of it that it is somebody's."""
    if len(text) > MOST_CHARACTERS:
        return None
    read = _read(text)
    named = widest(one for one in streets.mentions(read.tokens) if one.typed or one.house is not None)
    names = {id(one.name) for one in named}
    if len(names) != 1 or _names_others(read, named):
        return None
    seen = [(one, _house(read, one)) for one in named]
    housed = [(one, house) for one, house in seen if house is not None]
    if any(house is None and one.house is not None for one, house in seen):
        return None
    if len({read.tokens[house] for _one, house in housed}) != 1 or not all(one.exact for one in named):
        return None
    if any(_is_somebodys(read, one, house) for one, house in housed):
        return None
    first, house = housed[0]
    found, known = places_of(first.with_house(read.tokens[house]))
    if not known or len({one.area for one in found}) != 1:
        return None
    one = found[0]
    point = (one.lat, one.lon) if len(found) == 1 and one.lat is not None and one.lon is not None else None
    start, end = min(first.start, house), max(first.end - 1, house)
    return PlaceInText(one, point, read.shown[read.spans[start][0] : read.spans[end][1]])


def _read(text: str) -> _Text:
    composed = unicodedata.normalize("NFKC", text)
    plain = composed.casefold().replace("ё", "е")
    found = list(TOKEN.finditer(plain))
    shown = composed if len(composed) == len(plain) else plain
    return _Text(plain, shown, tuple(one[0] for one in found), tuple(one.span() for one in found))


def _house(read: _Text, one: Mention) -> int | None:
    """The token that is the number of a house, beyond doubt."""
    behind = one.end
    word = False
    while behind < len(read.tokens) and read.tokens[behind] in HOUSE_WORDS and read.tokens[behind] != "у":
        behind, word = behind + 1, True
    if behind < len(read.tokens) and _is_house(read.tokens[behind]) and not read.starts_sentence(one.end):
        ends = _ends(read, behind) or read.tokens[behind + 1] in BEHIND_A_HOUSE
        on_it = one.start > 0 and read.tokens[one.start - 1] in ("на", "по")
        if (word or ends) and (one.typed or word or on_it):
            return behind
        return None
    before = one.start - 1
    if before > 0 and read.tokens[before] in ON_A_STREET and _is_house(read.tokens[before - 1]):
        return before - 1 if before > 1 and read.tokens[before - 2] in BEFORE_A_NUMBER else None
    if before < 0 or not _is_house(read.tokens[before]) or not one.typed or read.between(before, one.start).strip(" ,"):
        return None
    if _russian(read.tokens[one.start]):
        return before if before > 0 and read.tokens[before - 1] in BEFORE_A_NUMBER else None
    counted = before > 0 and (read.tokens[before - 1] in NUMBERED or read.tokens[before - 1].isdigit())
    counts = not _ends(read, one.end - 1) and _plural(read.tokens[one.end])
    return None if counted or counts else before


def _is_house(token: str) -> bool:
    return HOUSE.fullmatch(token) is not None and ORDINAL.fullmatch(token) is None and token[0] != "0"


def _ends(read: _Text, token: int) -> bool:
    """Whether nothing that belongs to a word follows it."""
    return token + 1 >= len(read.tokens) or ENDS.match(read.plain[read.spans[token][1] :]) is not None


def _plural(word: str) -> bool:
    return len(word) > 2 and word.endswith("s") and word not in NOT_PLURAL


def _russian(word: str) -> bool:
    return "а" <= word[0] <= "я"


def _is_somebodys(read: _Text, one: Mention, house: int) -> bool:
    """Whether words beside a place, in its sentence, say whose it is, that it is on the way, or another is meant."""
    behind = read.plain[read.spans[max(one.end - 1, house)][1] :]
    if CONTRAST.search(SENTENCE.split(behind, 1)[0]):
        return True
    first = start = min(one.start, house)
    while first > 0 and start - first < LOOK_BACK and not read.starts_sentence(first):
        first -= 1
    before = [word for word in read.tokens[first:start] if word not in HOUSE_WORDS or word == "у"]
    while before and before[-1] in ("the", "a", "адресу", "address", "number"):
        before.pop()
    if any(word in SOMEBODYS for word in before) or any(pair in PAIRS for pair in pairwise(before)):
        return True
    return bool(before) and before[-1] in MOVES and not (len(before) > 1 and before[-2] in BESIDE)


def _names_others(read: _Text, named: Sequence[Mention]) -> bool:
    """Whether a street stands there that is not among those known: its kind beside a name."""
    own = {n for one in named for n in range(one.start, one.end)}
    for n, token in enumerate(read.tokens):
        if n in own or token not in KIND_OF:
            continue
        beside = n + 1 if _russian(token) else n - 1
        if not 0 <= beside < len(read.tokens) or beside in own:
            continue
        if token in ABBREVIATED and read.tokens[beside] not in OF_ALL_STREETS:
            return True
        if read.capital(beside) and not read.starts_sentence(beside) and read.tokens[beside] not in OF_ALL_STREETS:
            return True
    return False
