"""What a federation is told when it is learnt from a log, beyond what the log itself shows."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from world.latin import in_latin, number_of


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Named(_Data):
    """An authority or a channel: its title and the texts of the log that mean it (`*` at the end: any ending)."""

    id: str
    title: str
    texts: tuple[str, ...] = ()
    staff: bool = False
    """Of a channel: the authorities' own people write on it."""
    area: str | None = None
    """The one area that a territorial authority, such as a yard, answers for."""

    def means(self, text: str) -> bool:
        return any(text.startswith(t[:-1]) if t.endswith("*") else text == t for t in self.texts)


class Heads(_Data):
    """Where the heads of all authorities are written to."""

    channel: str
    address: str
    """With `{id}` for the authority's id."""


class Group(_Data):
    """A region of areas."""

    id: str
    title: str
    areas: tuple[str, ...]


class Plant(_Data):
    """A rule made wrong on purpose: one row of a region for each area, or the nation's one row for all areas."""

    category: str
    areas: tuple[str, ...]
    national: bool = False
    right: str
    wrong: str


class PlantedChange(_Data):
    """A change that somebody proposes some days into a replay, that sounds reasonable and does harm: one row of a
    region's jurisdiction that sends a category of all its areas to another authority than the right one."""

    region: str
    category: str
    right: str
    wrong: str
    after_days: int
    """From the first opening of the replay on."""
    title: str
    words: str


class Planted(_Data):
    """All that is wrong on purpose: rows of the rules from the beginning on, and a change that is proposed later."""

    rows: tuple[Plant, ...] = ()
    change: PlantedChange | None = None


ON_ORDER = re.compile(
    r"\b(schedul\w+|appointments?|stickers?|(recycling|refuse|trash|garbage) carts?)\b", re.IGNORECASE
)
"""Titles of what people order."""
STAFF = re.compile(r"\b(employees?|staff|internal|integration)\b", re.IGNORECASE)
"""Titles of channels on which the authorities' own people write."""


class Plan(_Data):
    """Choices that no log can make by itself; everything has a default that works for any log."""

    title: str | None = None
    country: str = "US"
    subdivision: str | None = None
    languages: tuple[str, ...] = ("en",)
    source: str = ""
    hours: tuple[str, str] = ("09:00", "17:00")
    learn_until: datetime | None = None
    """The rules are learnt from what was opened before; without it, from the first third of the log."""
    regions: tuple[Group, ...] = ()
    max_regions: int = 4
    authorities: tuple[Named, ...] = ()
    """Without any, each queue or department of the log is one."""
    heads: Heads | None = None
    """None: no head is written to."""
    unknown_ends: tuple[str, ...] = ()
    """Queues that name a state or nobody."""
    channels: tuple[Named, ...] = ()
    urgent: tuple[str, ...] = ()
    """Categories of priority 4, besides those whose words say so."""


LONGEST_SLUG = 60


@lru_cache(maxsize=4096)
def slug(text: str, fallback: str = "other") -> str:
    """Lower-case letters, digits and hyphens; Cyrillic is transliterated, a text of which letters are lost is given a
    number of its own.

    A long text is cut and given a number of its own, since slugs become parts of topics' and users' names.
    """
    plain, lost = in_latin(text)
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if lost or (text and not words):
        return f"{words[:LONGEST_SLUG].rstrip('-') or fallback}-{number_of(text)}"
    number = sum(ord(c) * (i + 1) for i, c in enumerate(text)) % 99991
    if len(words) > LONGEST_SLUG:
        return f"{words[:LONGEST_SLUG].rstrip('-')}-{number}"
    return words or fallback


def most(counts: dict[str, int]) -> str | None:
    """The commonest; among equals the first by name."""
    return min(counts, key=lambda k: (-counts[k], k), default=None)


Yaml = dict[str, Any]
