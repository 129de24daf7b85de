"""A message about several matters is divided into parts, each of which becomes a case of its own."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from common.contracts.events.base import Place

FEWEST, MOST = 2, 5
"""Parts of one message."""
LONGEST = 10_000
"""Characters of a part, as of a message."""


class Part(BaseModel):
    """One matter of a message. What is None is as the message, the rules and the borders say."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str
    category: str | None = None
    area: str | None = None
    authority: str | None = None
    place: Place | None = None


class PartOf(BaseModel):
    """Which message a case is a part of."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    message: str
    """Its id."""
    case: str
    """The case that it would have become."""
    parts: tuple[str, ...]
    """The cases of all its parts, in their order; this one is among them."""


class PlacedAs(BaseModel):
    """What a person who divided a message said of a part."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    actor: str
    category: str | None = None
    area: str | None = None
    authority: str | None = None


MARK = "."
"""Between the id of the whole and the number of a part."""


def part_case_id(case_id: str, number: int) -> str:
    """Of the case that a part becomes, counted from 1. A message is divided once, so the same order gives the same ids;
    whoever knows the whole's id knows its parts by their own, whichever record comes first."""
    return f"{case_id}{MARK}{number}"


def whole_of(case_id: str) -> str | None:
    """The case that the message would have become of which this one is a part by its id; None for any other."""
    whole, mark, number = case_id.rpartition(MARK)
    return whole if mark and whole and number in NUMBERS else None


NUMBERS = frozenset(str(number) for number in range(1, MOST + 1))
