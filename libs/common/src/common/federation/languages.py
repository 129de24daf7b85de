"""The languages people read: catalogues of texts, and times and numbers as they are written there.

A catalogue is `<folder>/<language>/LC_MESSAGES/<domain>.po`; texts in code are English and are their own keys, so
English needs none. A new language is a new folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from math import inf
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

SOURCE = "en"
"""The language of the texts in code."""
MAX_TAGS = 20
"""Of what a browser says that its reader reads."""
LONGEST = 1e15
"""Numbers beyond it are written by their power of ten."""


class Catalogues:
    """The texts of one domain in every language there is a catalogue for."""

    def __init__(self, folder: Path, domain: str) -> None:
        """Reads all of them; raises OSError or ValueError for one that cannot be read."""
        self._texts: dict[str, NullTranslations] = {SOURCE: NullTranslations()}
        for path in sorted(folder.glob(f"*/LC_MESSAGES/{domain}.po")):
            language = path.parent.parent.name
            with path.open("rb") as file:
                catalogue = read_po(file, locale=language.replace("-", "_"), abort_invalid=True)
            compiled = BytesIO()
            write_mo(compiled, catalogue)
            compiled.seek(0)
            self._texts[language] = GNUTranslations(compiled)

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(sorted(self._texts))

    def best(self, wanted: Iterable[str]) -> str:
        """The first of these languages (`ru-RU` is served by `ru`) that there is; English where there is none."""
        for tag in wanted:
            for each in _wider(tag):
                if each in self._texts:
                    return each
        return SOURCE

    def of(self, language: str) -> NullTranslations:
        """The texts of a language of `languages`."""
        return self._texts[language]


def N_(text: str) -> str:
    """Marks a text for the catalogues that is translated later."""
    return text


def asked_for(headers: Mapping[str, str]) -> list[str]:
    """The languages that a browser asks for, the most wanted first (RFC 9110)."""
    asked = [_weighed(part) for part in headers.get("accept-language", "").split(",")[:MAX_TAGS]]
    return [tag for weight, tag in sorted(asked, key=lambda one: -one[0]) if tag and weight > 0]


def _weighed(part: str) -> tuple[float, str]:
    """`ru;q=0.8` as its weight and tag."""
    tag, _semicolon, weight = part.partition(";")
    try:
        return (float(weight.strip().removeprefix("q=")) if weight else 1.0), tag.strip().lower()
    except ValueError:
        return 0.0, ""


def languages_to_try(wanted: str, spoken: str) -> tuple[str, ...]:
    """The tag, the language without its region, and what is spoken where it is not known, each once."""
    return tuple(dict.fromkeys((*_wider(wanted), spoken)))


def local_moment(at: datetime, zone: str, language: str) -> str:
    """Date and time of day in a place, such as `March 3, 2011, 4:30 PM` or `3 марта 2011 г., 16:30`."""
    local, locale = at.astimezone(ZoneInfo(zone)), _locale(language)
    return f"{format_date(local, 'long', locale)}, {format_time(local, 'short', locale=locale)}"


def short_moment(local: datetime, language: str) -> str:
    """Date and time of day in little room, such as `14 Jul 2011, 09:32` or `14 июл. 2011, 09:32`."""
    return format_datetime(local, "d MMM y, HH:mm", locale=_locale(language))


def short_day(day: date, language: str) -> str:
    """Such as `14 Jul 2011` or `14 июл. 2011`."""
    return format_date(day, "d MMM y", locale=_locale(language))


def decimal(value: float, language: str, places: int | None = None) -> str:
    """A number with the language's separators; `places` after the point, all of up to four where none are given.

    One beyond LONGEST is written such as `1.000e+30`.
    """
    if LONGEST < abs(value) < inf:
        return f"{Decimal(value):.4g}"
    form = "#,##0.####" if places is None else "#,##0" + "." * bool(places) + "0" * places
    return format_decimal(value, form, locale=_locale(language))


def listed(items: Sequence[str], language: str, *, either: bool = False) -> str:
    """Such as `a, b and c`; `a, b or c` for `either`; empty for none."""
    return format_list(items, "or" if either else "standard", locale=_locale(language)) if items else ""


def name_of(tag: str, language: str) -> str:
    """What a language is called in another, such as `Spanish` for `es`; the tag itself for one that nobody knows."""
    try:
        return Locale.parse(tag, sep="-").get_display_name(_locale(language)) or tag
    except (UnknownLocaleError, ValueError):
        return tag


def own_name(language: str) -> str:
    """What a language calls itself, such as `English` or `Русский`."""
    name = _locale(language).get_display_name()
    return (name or language).capitalize()


def _wider(tag: str) -> tuple[str, str]:
    return tag, tag.split("-")[0]


@cache
def _locale(language: str) -> Locale:
    """Of a tag as channels give it; English for one that nobody knows."""
    for each in _wider(language):
        try:
            return Locale.parse(each, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(SOURCE)
