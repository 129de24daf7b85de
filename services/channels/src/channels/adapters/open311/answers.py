"""Answers to the questions of a service definition: what is missing or wrong in them, and the words they are passed on
as. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from common.federation.service_form import Attribute

MAX_ATTRIBUTES = 50
ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,100})\](?:\[\d{0,4}\])?")


def given_answers(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """`attribute[CODE]=`, `attribute[CODE][]=` and repetitions of either, by code in the order of the form."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        match = ATTRIBUTE.fullmatch(name)
        if match is not None:
            found.setdefault(match[1], []).append(value)
    return found


def faults(asked: Sequence[Attribute], given: Mapping[str, Sequence[str]]) -> list[str]:
    """What is missing or wrong, in the order of the questions; empty: nothing."""
    found = []
    if len(given) > MAX_ATTRIBUTES:
        found.append(f"there are more than {MAX_ATTRIBUTES} attributes")
    for one in asked:
        values = given.get(one.code, ())
        if not values:
            if one.required:
                found.append(f"attribute[{one.code}] is required and was not provided")
        elif (wrong := CHECKS[one.datatype](one, values)) is not None:
            found.append(f"attribute[{one.code}] {wrong}")
    return found


def lines(asked: Sequence[Attribute], given: Mapping[str, Sequence[str]]) -> list[str]:
    """One line an answer: questions in their order, by their words, then attributes that nobody asked for."""
    known = {one.code: one for one in asked}
    ordered = [c for c in known if c in given] + [c for c in given if c not in known]
    return [_line(known.get(code), code, given[code]) for code in ordered]


def _line(asked: Attribute | None, code: str, values: Sequence[str]) -> str:
    if asked is None:
        return f"{code}: {', '.join(values)}"
    names = {v.key: v.name for v in asked.values}
    return f"{asked.description.rstrip(':') or code}: {', '.join(names.get(v, v) for v in values)}"


def _one(values: Sequence[str]) -> str | None:
    return "takes one value" if len(values) > 1 else None


def _words(_: Attribute, values: Sequence[str]) -> str | None:
    return _one(values)


def _number(_: Attribute, values: Sequence[str]) -> str | None:
    try:
        right = math.isfinite(float(values[0]))
    except ValueError:
        right = False
    return _one(values) or (None if right else "must be a number")


def _datetime(_: Attribute, values: Sequence[str]) -> str | None:
    try:
        datetime.fromisoformat(values[0])
    except ValueError:
        return "must be a time of ISO 8601, such as 2010-01-01T00:00:00Z"
    return _one(values)


def _of_list(asked: Attribute, values: Sequence[str]) -> str | None:
    keys = {v.key for v in asked.values}
    return None if keys.issuperset(values) else "must be one of the keys of its service definition"


def _one_of_list(asked: Attribute, values: Sequence[str]) -> str | None:
    return _one(values) or _of_list(asked, values)


CHECKS: Mapping[str, Callable[[Attribute, Sequence[str]], str | None]] = {
    "string": _words,
    "text": _words,
    "number": _number,
    "datetime": _datetime,
    "singlevaluelist": _one_of_list,
    "multivaluelist": _of_list,
}
