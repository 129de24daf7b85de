"""A made past for tests and measurements of the archive: decisions of the test federation and what became of them."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args, get_type_hints
from uuid import UUID

from archive.microseconds import microseconds
from archive.rows import PastRow
from common.contracts.patch import Patch, RowChange
from common.federation.country import Federation
from common.rulebook.book import ReleaseBook
from common.rulebook.patch import apply_patch
from common.rulebook.placement import BY_HAND, Placed, TriageWord, Where, place
from common.rulebook.release import sealed

from tests.conftest import ROOT

START = datetime(2011, 7, 5, 14, tzinfo=UTC)
AUTHORITIES = ("yard-01", "yard-02", "yard-03", "lighting")


def book_of_tests() -> ReleaseBook:
    return ReleaseBook(Federation(ROOT / "tests" / "federation").base_releases())


def to_lighting() -> Patch:
    """Potholes of area 01 go to lighting."""
    before = {"category": '"pothole"', "area": '"01"', "authority": '"yard-01"'}
    change = RowChange(op="set", row_id="p1", before=before, after={**before, "authority": '"lighting"'})
    return Patch(layer="north", base_number=1, table="jurisdiction", changes=(change,))


def with_release(book: ReleaseBook, patch: Patch, at: datetime) -> ReleaseBook:
    """The same releases, and a next one of the patch's layer that takes it over."""
    head = book.head(patch.layer)
    assert head is not None
    tables = apply_patch(head.tables, patch)
    changed = sealed(
        head.model_copy(update={"number": head.number + 1, "effective_at": at, "tables": tables, "hash": ""})
    )
    layers = ("national", "north", "south")
    return ReleaseBook([*(release for layer in layers for release in book.releases(layer)), changed])


def shorter() -> Patch:
    """All potholes are to be answered within half the time."""
    before = {"category": '"pothole"', "priority": "", "answer_minutes": "960", "extension_minutes": "480"}
    change = RowChange(op="set", row_id="pothole", before=before, after={**before, "answer_minutes": "400"})
    return Patch(layer="national", base_number=1, table="deadline", changes=(change,))


def known_word() -> Patch:
    """A channel's word that no row knew becomes a category, and another one is forgotten."""
    light = {"given": '"Street light"', "category": '"street-light"'}
    hole = {"given": '"Hole"', "category": '"pothole"'}
    changes = (
        RowChange(op="add", row_id="hole", after=hole, at=0),
        RowChange(op="remove", row_id="light", before=light),
    )
    return Patch(layer="national", base_number=1, table="category_map", changes=changes)


def past(cases: int, seed: int = 1, book: ReleaseBook | None = None) -> Iterator[PastRow]:
    """Rows of so many cases, one an hour or so, in the order of the cases."""
    made, chance = book or book_of_tests(), random.Random(seed)
    for number in range(cases):
        yield from _case(UUID(int=chance.getrandbits(128)), number, chance, made)


def _case(case_id: UUID, number: int, chance: random.Random, book: ReleaseBook) -> Iterator[PastRow]:
    at = START + timedelta(minutes=7 * number)
    region, area = chance.choice([("north", "01"), ("north", "02"), ("south", "03")])
    given = chance.choice(["Pothole", "Pothole", "Street light", "Hole", None])
    where = Where(area, region, BY_HAND) if chance.random() < 0.95 else None
    channel, rules = chance.choice(["web", "sms"]), book.in_force(region, at)
    placed = place("", given, where, rules)
    said = TriageWord()
    if not isinstance(placed, Placed):
        reason = placed.reason
        yield PastRow("triage_requested", case_id, at, 1, given=given, channel=channel, reason=reason)
        fate = chance.random()
        if fate < 0.1:
            return
        if fate < 0.2:
            yield PastRow("triage_declined", case_id, at + timedelta(minutes=5), 2)
            return
        at += timedelta(hours=2)
        said = TriageWord("pothole", chance.choice([None, *AUTHORITIES]))
        placed = place("", given, Where(area, region, BY_HAND), rules, said)
        assert isinstance(placed, Placed)
    tables, by_hand = {one.table for one in placed.because}, said != TriageWord()
    yield PastRow(
        "opened", case_id, at, 1, region, placed.authority, area, placed.category,
        given if "category_map" in tables else None, channel, placed.priority, rules.release, "", by_hand,
        "category_map" not in tables, "jurisdiction" not in tables, False, received_at=at, due_at=at, synthetic=False,
    )  # fmt: skip
    authority, sequence = placed.authority, 1
    while chance.random() < 0.3:
        authority, sequence = chance.choice(AUTHORITIES), sequence + 1
        at += timedelta(hours=1)
        yield PastRow("transferred", case_id, at, sequence, region, authority, minutes=60)
    if chance.random() < 0.05:
        yield PastRow("joined", case_id, at + timedelta(hours=1), sequence + 1, region, authority)
        return
    if chance.random() < 0.2:
        sequence += 1
        yield PastRow("extended", case_id, at + timedelta(hours=1), sequence, region, authority, minutes=480)
    ends = chance.random()
    at += timedelta(hours=chance.randint(2, 60))
    if ends < 0.8:
        minutes = chance.randint(1, 2000)
        yield PastRow("answered", case_id, at, sequence + 1, region, authority, minutes=minutes, on_time=True)
    elif ends < 0.9:
        yield PastRow("declined", case_id, at, sequence + 1, region, authority)


def _columns_of(kind: type) -> tuple[int, ...]:
    return tuple(n for n, hint in enumerate(get_type_hints(PastRow).values()) if kind in (hint, *get_args(hint)))


MOMENTS, TRUTHS = _columns_of(datetime), _columns_of(bool)
TRUTH_WORDS = {True: "t", False: "f", None: None}


@lru_cache(100_000)
def _line(row: PastRow) -> str:
    """Of a row; tests write the same past again and again."""
    values: list[Any] = list(row)
    for column in MOMENTS:
        if values[column] is not None:
            values[column] = microseconds(values[column])
    for column in TRUTHS:
        values[column] = TRUTH_WORDS[values[column]]
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue()


def write_csv(rows: Iterable[PastRow], file: Path) -> Path:
    """As the journal is copied out of the database."""
    with file.open("w", newline="") as out:
        csv.writer(out).writerow(PastRow._fields)
        out.writelines(map(_line, rows))
    return file
