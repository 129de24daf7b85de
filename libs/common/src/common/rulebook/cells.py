"""The unary tests that a cell may hold: equality, a list, a comparison, an interval, or nothing (any)."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass

from common.rulebook.tables import Type, Value

COMPARISON = re.compile(r"^(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)$")
INTERVAL = re.compile(r"^([\[(])\s*(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?)\s*([\])])$")
STRING = r'"(?:[^"\\]|\\.)*"'
STRINGS = re.compile(rf"^{STRING}(?:\s*,\s*{STRING})*$")
NUMBERS = re.compile(r"^-?\d+(?:\.\d+)?(?:\s*,\s*-?\d+(?:\.\d+)?)*$")
GREATEST = 2**53
"""Beyond it a whole number cannot always be told from the next one."""
QUOTED = 100
"""Characters of an unreadable cell that an error quotes."""


@dataclass(frozen=True, slots=True)
class AnyValue:
    """An empty cell."""

    def holds(self, value: Value) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class OneOf:
    values: tuple[Value, ...]

    def holds(self, value: Value) -> bool:
        return value in self.values


@dataclass(frozen=True, slots=True)
class Between:
    low: float
    high: float
    low_open: bool
    high_open: bool

    def holds(self, value: Value) -> bool:
        if isinstance(value, str):
            return False
        above = value > self.low if self.low_open else value >= self.low
        return above and (value < self.high if self.high_open else value <= self.high)


Test = AnyValue | OneOf | Between


def parse_test(text: str, kind: Type) -> Test:
    """Read an input cell; raises ValueError saying what it may hold."""
    cell = text.strip()
    if not cell or cell == "-":
        return AnyValue()
    if kind == "text" and STRINGS.match(cell):
        return OneOf(tuple(_readable(one) for one in json.loads(f"[{cell}]")))
    if kind == "boolean" and cell in ("true", "false"):
        return OneOf((cell == "true",))
    if kind == "number":
        if NUMBERS.match(cell):
            return OneOf(tuple(_number(n) for n in cell.split(",")))
        if found := COMPARISON.match(cell):
            bound = float(_number(found[2]))
            if found[1].startswith("<"):
                return Between(-math.inf, bound, True, found[1] == "<")
            return Between(bound, math.inf, found[1] == ">", True)
        if found := INTERVAL.match(cell):
            return Between(float(_number(found[2])), float(_number(found[3])), found[1] == "(", found[4] == ")")
    forms = {
        "text": '"a", or "a","b", or empty for any',
        "number": "5, or < 5, or >= 3, or [1..5], or empty for any",
        "boolean": "true, false, or empty for any",
    }
    raise ValueError(f"{text[:QUOTED]!r} is not a test on a {kind}: write {forms[kind]}")


def parse_output(text: str, kind: Type) -> Value:
    """Read an output cell; raises ValueError."""
    try:
        value = json.loads(text.strip())
    except (ValueError, AttributeError, RecursionError) as error:
        raise ValueError(f"{text[:QUOTED]!r} is not a {kind}") from error
    fits = {
        "text": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "number": isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= GREATEST,
    }[kind]
    if not fits:
        raise ValueError(f"{text[:QUOTED]!r} is not a {kind}")
    found: Value = _readable(value) if isinstance(value, str) else value
    return found


def _readable(text: str) -> str:
    """Raises ValueError for half a surrogate pair or a NUL, which JSON may escape: neither can be stored or sent on."""
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError(f"{text[:QUOTED]!a} holds a character that no text can hold")
    return text


def _number(text: str) -> int | float:
    value = float(text)
    if abs(value) > GREATEST:
        raise ValueError(f"{text[:QUOTED]!r} is a number beyond {GREATEST:,}")
    return int(value) if value.is_integer() else value
