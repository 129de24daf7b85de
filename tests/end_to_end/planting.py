"""Personal data planted in everything that an outsider may fill, and the search for it in everything that is kept."""

from __future__ import annotations

import base64
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

CONSONANTS = "bcdfghjklmnprstw"
FREE_TEXT = frozenset({"text", "reason", "place.address"})
"""Fields that go on as citizens' words, redacted: they hold STRUCK. Every other text that an outsider gives must not go
on at all, so that a new field of a model is planted, and found where it leaks, without being named here."""
STRUCK = (
    ("PLANTED.ONE@example.org", "planted.one@example.org"),
    ("имя@посажено.рф", "имя@посажено.рф"),
    ("8 (916) 123-45-67, +7 916 123 45 67, 916.123.45.67, 89161234567", "9161234567"),
    ("(617) 555-0199, 617 - 555 - 0199, 617/555/0199, tel:+16175550199", "6175550199"),
    ("617\u2011555\u20130198, 6\u200b17\u200b5550198", "6175550198"),
    ("\uff16\uff11\uff17\uff15\uff15\uff15\uff10\uff11\uff19\uff17", "6175550197"),
    ("\u0669\u0661\u0666\u0661\u0662\u0663\u0664\u0665\u0666\u0668", "9161234568"),
    ("card 4111 1111-1111 1111", "4111111111111111"),
    ("SNILS 112-233-445 95", "11223344595"),
    ("паспорт 4509 123457", "4509123457"),
    ("my name is Plantella Example.", "plantella"),
    ("Меня зовут Посадка Иванова.", "посадка"),
    ("я живу в кв. 571", "кв. 571"),
    ("in apt. 572", "apt. 572"),
)
"""What a text must lose: the words, and what nobody may find of them afterwards."""


def struck_text() -> str:
    return "; ".join(words for words, _ in STRUCK)


@dataclass
class Planted:
    """Words that stand for personal data, each with the place where it was planted."""

    where: dict[str, str] = field(default_factory=dict)

    def word(self, where: str) -> str:
        """A new word of nine letters that is found nowhere else."""
        number, letters = len(self.where), ""
        for _ in range(4):
            number, rest = divmod(number, len(CONSONANTS))
            letters += CONSONANTS[rest]
        found = f"zq{letters}xvz"
        self.where[found] = where
        return found

    def model(self, model: type[BaseModel], where: str, given: Mapping[str, object], now: datetime) -> dict[str, Any]:
        """A body with a word in each text of the model, but for what is `given` by its path."""
        return {
            name: self._value(kind.annotation, where, name, given, now) for name, kind in model.model_fields.items()
        }

    def _value(self, kind: Any, where: str, path: str, given: Mapping[str, object], now: datetime) -> Any:
        if path in given:
            return given[path]
        if path in FREE_TEXT:
            return struck_text()
        origin, inside = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return self._value(inside[0], where, path, given, now)
        if origin in (Union, types.UnionType):
            return self._value(next(a for a in inside if a is not type(None)), where, path, given, now)
        if origin is Literal:
            return inside[0]
        if origin in (tuple, list, set, frozenset):
            return [self._value(inside[0], where, f"{path}[]", given, now)]
        if origin is dict:
            return {self.word(f"{where} {path} key"): self._value(inside[1], where, f"{path}{{}}", given, now)}
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return {
                name: self._value(one.annotation, where, f"{path}.{name}", given, now)
                for name, one in kind.model_fields.items()
            }
        fixed = {bool: False, int: 1, float: 0.5, datetime: now.isoformat(), AwareDatetime: now.isoformat()}
        if kind in fixed:
            return fixed[kind]
        assert kind is str, f"{where} {path} is a {kind}: say here what an outsider may put into it"
        return self.word(f"{where} {path}")

    def search(self) -> Callable[[bytes], set[str]]:
        """What finds in any bytes the words, also in hex, base64 and UTF-16, and STRUCK; it returns their places."""
        patterns = []
        for encode in FORMS:
            words = {encode(word.encode()): place for word, place in self.where.items()}
            least, most = min(words), max(words)
            shared = least[: next(n for n, pair in enumerate(zip(least, most, strict=True)) if pair[0] != pair[1])]
            rest = len(least) - len(shared)
            patterns.append((re.compile(b"(?=(%b.{%d}))" % (re.escape(shared), rest), re.DOTALL), words))

        def found_in(piece: bytes) -> set[str]:
            found = struck_in(piece.decode("utf-8", "replace"))
            for pattern, words in patterns:
                for form in (piece, piece.lower()):
                    found |= {words[hit] for hit in pattern.findall(form) if hit in words}
            return found

        return found_in


def struck_in(text: str) -> set[str]:
    """What of STRUCK a text still holds, however it is written."""
    there = _plain(text)
    return {secret for secret, plain in PLAIN_SECRETS if plain in there}


def _plain(text: str) -> str:
    """As somebody would look for it: small letters, one script of digits, no marks between."""
    if not text.isascii():
        text = "".join(str(int(c)) if c.isdecimal() else c for c in text)
    return BETWEEN.sub("", text.lower())


def _in_base64(shift: int) -> Callable[[bytes], bytes]:
    """The letters that stand for whole bytes of a word, where `shift` bytes stand before it."""

    def encode(word: bytes) -> bytes:
        coded = base64.b64encode(b"\0" * shift + word)
        return coded[(8 * shift + 5) // 6 : (8 * (shift + len(word))) // 6]

    return encode


BETWEEN = re.compile(r"[^\w@]|_")
PLAIN_SECRETS = [(secret, _plain(secret)) for _, secret in STRUCK]
FORMS: tuple[Callable[[bytes], bytes], ...] = (
    lambda word: word, lambda word: word.hex().encode(), lambda word: word.decode().encode("utf-16-le"),
    *map(_in_base64, range(3)),
)  # fmt: skip
