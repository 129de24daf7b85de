"""Personal data in free text is struck out before the text leaves the vault.

Pre-filters keep it cheap: a pattern runs only where the text could hold its kind at all.
"""

from __future__ import annotations

import re
import unicodedata

from stdnum import iban, luhn
from stdnum.ru import inn

EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
BETWEEN = r"[\s().\-/\u00b7\u2010-\u2015\u2212]{0,3}"
"""What people put between the digits of a number: spaces, brackets, dots, slashes, every kind of dash."""
DIGITS = re.compile(rf"(?<!\d)\+?\d(?:{BETWEEN}\d){{5,23}}(?!\d)")
SIX_DIGITS_CLOSE = re.compile(r"\d(?:\D{0,3}\d){5}")
UNSEEN = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")
"""Marks that nobody sees and that would break a number or an address in two."""
UNUSUAL = re.compile("[^\0-\x7f\u0400-\u045f\u00ab\u00bb\u2013\u2014\u2026\u2116]")
"""Beside plain letters, marks and Cyrillic: what may be unseen, or a digit of another script."""
NAME_AFTER = re.compile(
    r"\b((?:my name is|меня зовут)\s+)(?!(?:on|in|not|the|an?|at|of|не|в|на)\b)"
    r"([^\W\d_][\w'-]+(?:\s+(?!(?:and|but|from|i|и|а|но|я|у|в|на|из|с)\b)[^\W\d_][\w'-]+){0,2})",
    re.IGNORECASE,
)
WORD = r"[^\W\d_][\w'-]+"
INITIALS = r"(?:[^\W\d_]\.\s?){1,2}"
NAME = rf"(?:{INITIALS})?{WORD}(?:\s+(?:{INITIALS}|{WORD})){{0,2}}"
CAPITAL = r"[A-ZА-ЯЁ][\w'-]+"
CAPITALS = rf"(?:{INITIALS})?{CAPITAL}(?:\s+(?:{INITIALS}|{CAPITAL})){{0,2}}"
SIGNED = re.compile(
    r"((?i:\b(?:sincerely|regards|yours(?: truly)?|с уважением|подпись|фио|ф\.и\.о\.?|full name)))"
    rf"(?:(\s*[,:\n-]\s*)(?i:{NAME})|(\s+){CAPITALS})",
)
"""A name in any letters after a mark or a new line, else in capitals: "regards to the driver" holds none."""
NAMED = rf"\s+){CAPITAL}\s+(?:{INITIALS}|{CAPITAL})(?:\s+{CAPITAL})?"
TITLED = re.compile(rf"(\b(?:Mr|Mrs|Ms|Miss|Dr)\.?\s+){CAPITALS}")
TITLES = ("mr", "ms", "miss", "dr")
BEFORE_NAMED_PLACES = re.compile(
    r"\b(?:ул(?:иц\w*)?|пр(?:оспект\w*)?|пл(?:ощад\w*)?|пер(?:еул\w*)?|наб(?:ережн\w*)?|бульвар\w*|шоссе|парк\w*"
    r"|сквер\w*|школ\w*|им(?:ени)?|памятник\w*|мост\w*|библиотек\w*|музе\w*)\W{0,3}$",
    re.IGNORECASE,
)
"""Before the name of somebody whom a place is called after."""
RUSSIAN_CAPITAL = r"[А-ЯЁ][а-яё-]+"
PATRONYMIC = re.compile(
    rf"(?:{RUSSIAN_CAPITAL}\s+){{0,2}}[А-ЯЁ][а-яё]+(?:[оеё]вич|ьич|[оеё]вн|иничн|[кмлф]ичн)(?:а|у|ем|ом|е|ы|ой)?\b"
)
PATRONYMIC_ENDS = ("вич", "ьич", "овн", "евн", "ёвн", "ичн")
WITH_INITIALS = re.compile(rf"{RUSSIAN_CAPITAL}\s+[А-ЯЁ]\.\s?[А-ЯЁ]\.|\b[А-ЯЁ]\.\s?[А-ЯЁ]\.\s?{RUSSIAN_CAPITAL}")
HANDLE = re.compile(r"(?<![\w@.])@[A-Za-z][\w.]{3,31}\b")
PLATE_LETTER = "АВЕКМНОРСТУХABEKMHOPCTYX"
PLATE = re.compile(
    rf"(?<!\w)(?:[{PLATE_LETTER}]\s?\d{{3}}\s?[{PLATE_LETTER}]{{2}}|[{PLATE_LETTER}]{{2}}\s?\d{{3}})"
    r"\s?\d{2,3}(?:\s?(?:RUS|rus))?(?!\w)"
)
"""Of Russia: a letter that both alphabets have, three digits, two letters, the region; of taxis the letters first."""
PLATE_AFTER_WORDS = re.compile(
    r"(\b(?:машин|авто|номер|госномер|мотоцикл|taxi|такси)\w*\W{1,3})" + PLATE.pattern, re.IGNORECASE
)
PLATE_WORDS = ("машин", "авто", "номер", "мотоцикл", "такси", "taxi")
THREE_DIGITS = re.compile(r"\d{3}")
BORN = re.compile(
    r"(\b(?:дата рождения|родил(?:ась|ся)|d\.?o\.?b\.?|date of birth|born(?: on)?)\W{1,3})"
    r"(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}\s+[^\W\d_]{3,9}\s+\d{4}(?:\s*г(?:ода|\.)?)?"
    r"|[A-Z][a-z]{2,8}\s+\d{1,2},?\s+\d{4}|\d{4}-\d\d-\d\d)",
    re.IGNORECASE,
)
BORN_WORDS = ("рожд", "родил", "dob", "d.o.b", "birth", "born")
SPELT_NUMBER = re.compile(
    r"\b(?:(?:ноль|один|два|три|четыре|пять|шесть|семь|восемь|девять|десять|\w{2,8}надцать|двадцать|тридцать|сорок"
    r"|\w{2,6}десят|девяносто|сто|двести|триста|четыреста|\w{3,7}сот|zero|one|two|three|four|five|six|seven|eight|nine)"
    r"[\s,.-]{1,3}){5,}(?:\w+(?:ть|мь|ль|ин|ри|ва|рок|сят|сот|то|сти|ста)|zero|one|two|three|four|five|six|seven|eight"
    r"|nine)\b",
    re.IGNORECASE,
)
"""Six number words or more: a telephone number as it is said."""
SPELT_WORDS = ("девят", "семь", "сорок", "десят", "five", "seven", "nine")
ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?\b")
I_AM = re.compile(r"([Ii](?<!\w[Ii])(?:'m| am)" + NAMED)
I_AM_RUSSIAN = re.compile(r"([Яя](?<!\w[Яя]),?" + NAMED)
"""Both begin with a set of letters, so that they pass quickly over a text without them."""
NAME_AFTER_WORDS = ("my name is", "меня зовут")
SIGNED_WORDS = ("sincerely", "regards", "yours", "с уважением", "подпись", "фио", "ф.и.о", "full name")
I_AM_WORDS = ("i am ", "i'm ")
OWN_PAGE_WORDS = (".me/", ".com/", ".ru/")
FLAT = re.compile(
    r"\b(?:кв(?:артира|артире|артиру|артиры)?\.?|apt\.?|apartment|flat)\s*(?:№|no\.?|#)?\s*\d{1,4}[\w]?\b"
    r"(?!\s*(?:%|percent|процент))",
    re.IGNORECASE,
)
FLAT_WORDS = ("кв", "apt", "apartment", "flat")
ADDRESS_UNIT = re.compile(
    r"(?:\b(?:unit|suite|ste\.?|room|rm\.?|оф(?:ис)?\.?|комн(?:ата)?\.?)\s*(?:№|#)?\s*|#\s*)\d{1,5}[\w]?\b",
    re.IGNORECASE,
)
AT_WORDS = ("(at", "( at", "[at", "[ at", "собака")
PASSPORT_WORDS = ("passport", "паспорт")
SPELT_EMAIL = re.compile(
    r"[\w.+-]{1,64}\s*(?:[\[(]\s*(?:at|собака)\s*[\])]|\sсобака\s)\s*[\w-]{1,63}"
    r"(?:\s*(?:\.|[\[(]\s*(?:dot|точка)\s*[\])]|\sточка\s)\s*[\w-]{1,63}){1,4}",
    re.IGNORECASE,
)
OWN_PAGE = re.compile(
    r"(?:https?://)?(?:www\.|m\.)?(?:t\.me|telegram\.me|vk\.com|ok\.ru|wa\.me|facebook\.com|fb\.com|instagram\.com"
    r"|twitter\.com|x\.com|linkedin\.com)/\S+",
    re.IGNORECASE,
)
PASSPORT = re.compile(r"(\b(?:passport|паспорт\w*)\W{0,3}(?:серия|series|no\.?|№|number|номер)?\W{0,3})"
                      r"[A-ZА-Я]{0,2}\s?\d(?:(?:[\d\s№-]|номер|no\.?){5,15})\d", re.IGNORECASE)  # fmt: skip
OTHER_DIGIT = re.compile(r"[^\D0-9]")
THING = re.compile(
    r"(?:\b(?:pole|post|lamp|light|mast|order|ref|reference|case|ticket)s?|опор\w*|столб\w*|фонар\w*|светильник\w*"
    r"|мачт\w*|заявк\w*|обращени\w*)\W{0,3}(?:№|no\.?|number|номер)?\W{0,3}$",
    re.IGNORECASE,
)
"""Before a number of six or seven digits: it is the number of a thing, not of a phone."""
REGISTERED = re.compile(
    r"(?:\b(?:order|ref|reference|case|ticket|request)s?|заявк\w*|обращени\w*|огрн)\W{0,3}"
    r"(?:№|no\.?|number|номер)?\W{0,3}$",
    re.IGNORECASE,
)
"""Before a number of any length that no telephone has."""
MOBILE = re.compile(r"^(?:\+?7|8)?9\d{9}$")
SUM = re.compile(r"^\d{1,3}(?:[\s,]\d{3})+$")
AFTER_SUM = re.compile(r"\s*(?:руб|₽|р\.|тыс|млн|dollar|usd|eur|€|\$)", re.IGNORECASE)
SSN = re.compile(r"^\d{3}-\d{2}-\d{4}$")
SIX_DIGITS_PAIRED = re.compile(r"^\d\d-\d\d-\d\d$")
SNILS = re.compile(r"^\d{3}-?\d{3}-?\d{3}[ -]?\d{2}$")
DATE = re.compile(r"^(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4})(?:[ T]\d{1,2})?$")
DECIMALS = re.compile(r"^-?\d{1,3}\.\d{3,}(?:\s+-?\d{1,3}\.\d{3,})?$")


def _snils_is_valid(digits: str) -> bool:
    total = sum(int(d) * (9 - i) for i, d in enumerate(digits[:9])) % 101
    return (0 if total == 100 else total) == int(digits[9:])


def _could_be_a_date(digits: str) -> bool:
    """Whether six digits in pairs can be day, month and year in any order that people use."""
    a, b, c = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    return (1 <= a <= 31 and 1 <= b <= 12) or (1 <= a <= 12 and 1 <= b <= 31) or (1 <= b <= 12 and 1 <= c <= 31)


def _digits(match: re.Match[str]) -> str:
    text = match.group()
    if DATE.match(text) or DECIMALS.match(text):
        return text
    if SUM.match(text) and (AFTER_SUM.match(match.string, match.end()) or match.string[: match.start()].endswith("$")):
        return text
    digits = re.sub(r"\D", "", text)
    if SSN.match(text):
        return "[document]"
    if len(digits) == 11 and SNILS.match(text) and _snils_is_valid(digits):
        return "[document]"
    if 13 <= len(digits) <= 19 and luhn.is_valid(digits):
        return "[card]"
    if len(digits) in (10, 12) and inn.is_valid(digits):
        return "[document]"
    if 10 <= len(digits) <= 15:
        before = match.string[max(0, match.start() - 30) : match.start()]
        return text if REGISTERED.search(before) and not MOBILE.match(digits) else "[phone]"
    if len(digits) > 15:
        return "[number]"
    local = len(digits) == 7 and text != digits
    local = local or (SIX_DIGITS_PAIRED.match(text) is not None and not _could_be_a_date(digits))
    if local and not THING.search(match.string[max(0, match.start() - 30) : match.start()]):
        return "[phone]"
    return text


def _person(match: re.Match[str]) -> str:
    """A name, but not of whom a place is called after."""
    before = match.string[max(0, match.start() - 20) : match.start()]
    return match.group() if BEFORE_NAMED_PLACES.search(before) else "[name]"


def redact(text: str) -> str:
    """The text with e-mails, phones, cards, accounts, documents, dates of birth, number plates, flats, addresses of
    people's own pages, and names that something announces or a patronymic or initials show, replaced by what they were.

    NUL is dropped: PostgreSQL's text cannot hold it. Digits of other scripts become ours, so that they are seen.
    """
    text = text.replace("\x00", "")
    if not text.isascii() and UNUSUAL.search(text):
        text = _as_ascii_digits(UNSEEN.sub("", text))
    lowered = text.lower()
    if "@" in text:
        text = EMAIL.sub("[e-mail]", text)
    if _any(AT_WORDS, lowered):
        text = SPELT_EMAIL.sub("[e-mail]", text)
    if "@" in text:
        text = HANDLE.sub("[link]", text)
    if "/" in text and _any(OWN_PAGE_WORDS, lowered):
        text = OWN_PAGE.sub("[link]", text)
    if _any(BORN_WORDS, lowered):
        text = BORN.sub(r"\1[date]", text)
    if SIX_DIGITS_CLOSE.search(text):
        if _any(PASSPORT_WORDS, lowered):
            text = PASSPORT.sub(r"\1[document]", text)
        text = ACCOUNT.sub(_account, text)
        text = DIGITS.sub(_digits, text)
    if THREE_DIGITS.search(text):
        if _any(PLATE_WORDS, lowered):
            text = PLATE_AFTER_WORDS.sub(r"\1[plate]", text)
        text = PLATE.sub("[plate]", text)
    if _any(SPELT_WORDS, lowered):
        text = SPELT_NUMBER.sub("[phone]", text)
    if _any(FLAT_WORDS, lowered):
        text = FLAT.sub("[flat]", text)
    if _any(NAME_AFTER_WORDS, lowered):
        text = NAME_AFTER.sub(r"\1[name]", text)
    if _any(I_AM_WORDS, lowered):
        text = I_AM.sub(r"\1[name]", text)
    if _any(TITLES, lowered):
        text = TITLED.sub(r"\1[name]", text)
    if not lowered.isascii():
        text = I_AM_RUSSIAN.sub(r"\1[name]", text)
        text = WITH_INITIALS.sub(_person, text)
        if _any(PATRONYMIC_ENDS, lowered):
            text = PATRONYMIC.sub(_person, text)
    if _any(SIGNED_WORDS, lowered):
        text = SIGNED.sub(r"\1\2\3[name]", text)
    return text


def _account(match: re.Match[str]) -> str:
    return "[account]" if iban.is_valid(match.group()) else match.group()


def _any(words: tuple[str, ...], lowered: str) -> bool:
    for word in words:  # noqa: SIM110  # twice as quick as any()
        if word in lowered:
            return True
    return False


def redact_address(text: str) -> str:
    """An address without what tells the flat: as `redact`, and numbers after `#`, unit, office and the like as well."""
    return ADDRESS_UNIT.sub("[flat]", redact(text))


def _as_ascii_digits(text: str) -> str:
    return OTHER_DIGIT.sub(lambda found: str(unicodedata.digit(found.group())), text)
