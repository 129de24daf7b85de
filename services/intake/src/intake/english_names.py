"""Which capitalised words of an English text are people's names, by a list of given names and by what stands around
them, and the text without them. Pure.

Precise rather than complete: a street, a school, a shop called after somebody stays, and so does any name that neither
the list nor a word such as "neighbor" or "driver" shows.
"""

from __future__ import annotations

import re
from collections.abc import Set

from common.contracts.frozen import value

CAPITAL = r"(?:(?:Mc|Mac|O['’]|D['’]|De|La)?[A-Z][a-z]+|[A-Z][a-z]+-[A-Z][a-z]+)"
RUN = re.compile(rf"(?<![\w'’@\[/.-])(?:St\. )?{CAPITAL}(?:(?: [A-Z]\.)? {CAPITAL}){{0,3}}(?![\w@/]|\.\w)")
"""Words with a capital that stand together, an initial between them or none."""
POSSESSIVE = re.compile(r"['’]s\b")
SENTENCE = re.compile(r"(?:\A|[.!?\n:;]\s*[\"“(]?)\Z")
RELATED = re.compile(
    r"\b(?:(?:my|his|her|their|our|your|the|a|an|old|new|this|that|by|with|for|to|ask|tell)\s+)?(?:neighbou?r|driver|janitor"
    r"|plumber|landlord|landlady|owner|manager|super(?:intendent)?|guard|doorman|teacher|principal|nurse|doctor|officer"
    r"|inspector|mailman|carrier|plower|mechanic|electrician|worker|foreman|clerk|cashier|operator|dispatcher|coach"
    r"|librarian|councilor|councillor|councilman|councilwoman|alderman|representative|mother|father|mom|dad|son|daughter"
    r"|brother|sister|wife|husband|uncle|aunt|cousin|grandmother|grandfather|grandma|grandpa|roommate|tenant|friend"
    r"|girlfriend|boyfriend|(?:man|woman|guy|lady|boy|girl|kid|person|someone|somebody)(?:,)?\s+(?:named|called))"
    r"(?:,)?(?:\s+(?:named|called))?,?\s+$",
    re.IGNORECASE,
)
"""Who somebody is, before the name."""
_PLACE = (
    r"(?:Street|St\b|Avenue|Ave\b|Road|Rd\b|Boulevard|Blvd|Lane|Ln\b|Drive|Dr\b|Court|Ct\b|Place|Pl\b|Square|Sq\b"
    r"|Terrace|Way|Highway|Parkway|Park|Playground|Field|Garden|School|High|Elementary|Middle|College|University|Library"
    r"|Church|Chapel|Temple|Hospital|Clinic|Center|Centre|Station|Bridge|River|Lake|Pond|Hill|Hills|Island|Beach|Harbor"
    r"|Building|House|Hall|Plaza|Mall|Market|Tower|Towers|Apartments|Circle|Row|Wharf|Pier|Depot|Pizza|Cup|Day|Statue"
    r"|Monument|Memorial|Cemetery|Science|Theat(?:er|re)|Museum|Gym|Stadium|Arena|Garage|Donuts|Cafe|Café|Diner|Grill"
    r"|Bar|Pub|Store|Shop|Deli|Bakery|Laundromat|Pharmacy|Bank|Hotel|Inn|Airport|Tunnel|Terminal|Expressway|Line|Blue"
    r"|street|avenue|boulevard|road|statue|monument|memorial|tunnel|bridge|station|playground)"
)
"""What is called after somebody."""
PLACE_AFTER = re.compile(rf"(?:['’]s)?(?:,?\s+Jr\.?)?\s+{_PLACE}\b")
PLACE_INSIDE = re.compile(rf"\b{_PLACE}\b")
PLACE_BEFORE = re.compile(r"\b(?:statue|bust|monument|memorial|church|school|city|town)\s+(?:of|to)\s+$", re.IGNORECASE)
_OPENERS = """
ask tell call contact dear hello hi hey please old thank thanks poor little meet see email and but because when where
yesterday today tomorrow kids on in at by for from with to the this that our my his her their your also then since
after before near mr mrs ms dr monday tuesday wednesday thursday friday saturday sunday january february march april
may june july august september october november december
"""
OPENERS = frozenset(_OPENERS.split())
"""Words that begin a sentence before a name, or stand before one with a capital of their own."""
ON_A_STREET = re.compile(
    r"\b(?:on|at|near|along|between|corner\s+of|intersection\s+of|across|off|past|around|towards?|through|in|down|up)\s+"
    r"(?:the\s+)?(?:(?:[A-Z][a-z]+\s+(?:and|&|to)\s+))?$",
    re.IGNORECASE,
)
"""What follows one word after these is a street more often than somebody."""
CROSSES_AFTER = re.compile(r"\s+(?:and|&|at|near|between|to)\s+([A-Z]\w*)")
ADDRESSEE = re.compile(
    r"\b(?:and|with|to|from|by|ask|call|told|tell|saw|met|contact|email|see|name\s+is|i\s+am|i'm)\s+$", re.IGNORECASE
)


@value
class GivenNames:
    """In lower case."""

    sure: Set[str]
    common: Set[str]
    """Words, streets or towns as well."""


def without_english_names(text: str, given: GivenNames) -> str:
    """The text with `[name]` for each person who is seen."""
    kept: list[str] = []
    end = 0
    for found in RUN.finditer(text):
        span = _person_in(text, found.start(), found.end(), given)
        if span is not None:
            kept += [text[end : span[0]], "[name]"]
            end = span[1]
    return "".join(kept) + text[end:]


def _person_in(text: str, start: int, stop: int, given: GivenNames) -> tuple[int, int] | None:
    """The part of a run of capitals that is somebody's name; None where none is."""
    if text.startswith("St. ", start) or PLACE_AFTER.match(text, stop) or PLACE_INSIDE.search(text, start, stop):
        return None
    if POSSESSIVE.match(text, stop) and re.match(r"['’]s [A-Z]", text[stop:]):
        return None
    words = [(start + m.start(), m.group()) for m in re.finditer(r"\S+", text[start:stop])]
    begins = SENTENCE.search(text[max(0, start - 4) : start]) is not None
    while len(words) > 1 and words[0][1].lower() in OPENERS and (begins or words[0][1].lower() not in given.common):
        words, begins = words[1:], False
    start = words[0][0]
    before = text[max(0, start - 60) : start]
    if PLACE_BEFORE.search(before):
        return None
    if RELATED.search(before):
        return start, stop
    if begins and len(words) > 1 and RELATED.search(words[0][1].lower() + " "):
        return words[1][0], stop
    at = next((nth for nth, (_, word) in enumerate(words) if _is(word, given.sure)), None)
    if at is None:
        return _by_common(text, before, words, stop, given, begins=begins)
    if len(words) == 1 and not begins and (ON_A_STREET.search(before) or _crosses(text, stop, given)):
        return None
    if at > 1 or len(words) - at > 3 or (at == 1 and (len(words) == 2 or not _is(words[0][1], given.common))):
        return None
    return start, stop


def _crosses(text: str, stop: int, given: GivenNames) -> bool:
    """Whether another street follows."""
    found = CROSSES_AFTER.match(text, stop)
    return found is not None and not _is(found[1], given.sure)


def _by_common(
    text: str, before: str, words: list[tuple[int, str]], stop: int, given: GivenNames, *, begins: bool
) -> tuple[int, int] | None:
    """A name that is a word as well: somebody's with a surname behind it, where no street is spoken of."""
    if len(words) < 2 or not _is(words[0][1], given.common) or ON_A_STREET.search(before):
        return None
    if begins and len(words) == 2 and words[1][1].lower() in given.common | given.sure:
        return None
    return (words[0][0], stop) if begins or ADDRESSEE.search(before) else None


def _is(word: str, names: Set[str]) -> bool:
    return all(part in names for part in word.rstrip(".").lower().split("-"))
