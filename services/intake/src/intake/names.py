"""Which of the names that a model of names saw in a Russian text are people's, and the text without them. Pure.

A model reads "Pushkin" as a person wherever it stands. Here it is decided that a street, a school, a theatre called
after somebody stays, and so does what was taken for a name since a sentence begins with it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from typing import Protocol

from intake.redaction import BEFORE_NAMED_PLACES

Span = tuple[int, int]
"""From where to where in a text."""

CYRILLIC = re.compile("[А-Яа-яЁё]")
TOKEN = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*\.?")
WRITTEN_AS_A_NAME = re.compile(r"[А-ЯЁ][а-яё]*(?:-[А-ЯЁ][а-яё]+)?\.?")
BEFORE_PLACES = re.compile(
    r"\b(?:алле\w*|проезд\w*|тупик\w*|микрорайон\w*|квартал\w*|район\w*|пос[её]л\w*|деревн\w*|сел[оаеу]|город\w*|станци\w*"
    r"|остановк\w*|метро|театр\w*|двор(?:ец|ц\w*)(?:\s+культуры)?|дом\w*\s+культуры|дк|кинотеатр\w*|стадион\w*|завод\w*"
    r"|фабрик\w*|больниц\w*|госпитал\w*|гимнази\w*|лице\w*|институт\w*|университет\w*|колледж\w*|магистрал\w*|мемориал\w*"
    r"|бюст\w*|озер\w*|гор[аыеу]|остров\w*|канал\w*|храм\w*|церк\w*|собор\w*|кладбищ\w*|ул|пр-т|просп|бул|б-р|мкр"
    r"|фонд\w*|маг(?:азин)?|кафе|аптек\w*|фирм\w*|партии)"
    r"(?:\s+(?:имени|им\.?|святого|святой|героя|героев|маршала|генерала|адмирала|академика|космонавта))?\W{0,3}$",
    re.IGNORECASE,
)
RANK_BEFORE = re.compile(
    r"\b(?:маршал|генерал|адмирал|академик|космонавт|геро|святого|святой|имени|им\.)\w*\s*$", re.IGNORECASE
)
"""Whose name follows, places are called after; people are called so in no message."""
HOUSE_AFTER = re.compile(
    r"\s*,?\s*(?:д(?:ом)?\.?\s*)?\d{1,4}(?:[\s/-]?[а-я]\b|/\d+)?(?!\d|\s*[-–.:]?\s*(?:лет|год|раз|руб|числ|месяц|час|дн|мин))",
    re.IGNORECASE,
)
AT_THE_BEGINNING = re.compile(r"(?:\A|[.!?\n…]\s*)\Z")
ON_STREET = re.compile(r"(?:^|[.!?\n…]\s*)(?:На|По|С|От|Вдоль|Угол|Перекр[её]сток|Пересечение)\s+$")
"""A sentence that begins so goes on with a street."""
GENITIVE = re.compile(r"[А-ЯЁ]\w+(?:а|я|ого|его|ой|ей|ых|их)")
ALSO = re.compile(r"\s*(?:и|до|с|,|-|–|—|/)\s+|\s*[-–—/]\s*")
"""Between two streets."""
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
        if _is_place(text, span, last_place) or any(a <= start and stop <= b for a, b in quoted):
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
    if len(plain) == 1 or SURNAME.fullmatch(plain):
        return True
    stems = {plain, *(plain[:-cut] for cut in (1, 2) if len(plain) > cut + 2)}
    return any(stem + end in first_names for stem in stems for end in ("", "а", "я", "й", "ь", "о"))


def _is_place(text: str, span: Span, last_place: int) -> bool:
    """Whether a street or a house is called so."""
    start, stop = span
    before, name = text[max(0, start - 40) : start], text[start:stop]
    if BEFORE_NAMED_PLACES.search(before) or BEFORE_PLACES.search(before) or RANK_BEFORE.search(before):
        return True
    if last_place >= 0 and ALSO.fullmatch(text[last_place:start]) and GENITIVE.fullmatch(name):
        return True
    if " " in name or not GENITIVE.fullmatch(name):
        return False
    if HOUSE_AFTER.match(text, stop) or ON_STREET.search(before):
        return True
    return re.match(r"\s+до\s+[А-ЯЁ]", text[stop:]) is not None and before.lower().endswith("от ")
