"""`python -m tests.evaluation.duplicates [--json FILE]`: how many of a city's marked duplicates are suggested as such.

The log's first half says for which categories earlier cases near by are suggested, as in a federation that is learnt
from it; the second half judges. A case is marked where the city flagged it as a duplicate or linked it to another. What
the city did not mark counts as wrongly suggested, so the precision is a lower bound.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from common.contracts.events.routing import DuplicateSuggested
from common.federation.country import EPOCH
from common.rulebook import NATIONAL, Release, ReleaseBook, sealed
from common.rulebook.jdm import document_of
from routing.duplicates.domain import TABLE, follow
from routing.duplicates.model import CasePlaced, KnownCase
from world.ground_truth import Truth
from world.learn_rules import Seen, duplicates_row, often_doubled
from world.log import LogRow, read_log
from world.plan import slug

from tests.evaluation.__main__ import FEDERATION, LOG

REGION = "city"


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the log's second half."""

    cases: int
    categories: int
    """For which duplicates are suggested."""
    marked: int
    flagged: float
    """Share of the cases that are suggested as duplicates."""
    precision: float
    """Share of these that the city marked; at least."""
    recall: float
    """Share of the marked ones that are suggested."""
    right_parent: float
    """Share of the linked ones whose suggested case is the city's."""
    microseconds: float
    """Of one case, in the search alone."""


def measure(rows: Sequence[LogRow]) -> Figures:
    """Learn from the first half of the rows, which are in order of opening, and judge by the second."""
    half = len(rows) // 2
    categories = often_doubled([_seen(row) for row in rows[:half]])
    book = ReleaseBook()
    cells = [(c, duplicates_row(c, suggest=True)) for c in categories]
    tables = {TABLE: document_of(TABLE, [*cells, ("any", duplicates_row(None, suggest=False))])}
    book.add(sealed(Release(layer=NATIONAL, number=1, effective_at=EPOCH, tables=tables)))
    facts = [CasePlaced(_case(row)) for row in rows if row.lat is not None and row.lon is not None]
    began = time.perf_counter()
    found = follow(facts, {}, book.in_force)
    taken = time.perf_counter() - began
    suggested = {s.event.case_id: s.event.other_case for s in found.said if isinstance(s.event, DuplicateSuggested)}
    judged = rows[half:]
    flagged = [row for row in judged if row.case_id in suggested]
    marked, linked = [row for row in judged if _marked(row)], [row for row in judged if row.duplicate_of]
    right = sum(_marked(row) for row in flagged)
    return Figures(
        cases=len(judged), categories=len(categories), marked=len(marked), flagged=len(flagged) / len(judged),
        precision=right / max(1, len(flagged)), recall=right / max(1, len(marked)),
        right_parent=sum(suggested.get(row.case_id) == row.duplicate_of for row in linked) / max(1, len(linked)),
        microseconds=taken / max(1, len(facts)) * 1e6,
    )  # fmt: skip


def city_rows() -> list[LogRow]:
    """The demonstration city's log in order of opening."""
    rows = read_log(LOG, Truth.load(FEDERATION).log.times_in).rows
    return sorted(rows, key=lambda row: (row.opened, row.case_id))


def _marked(row: LogRow) -> bool:
    return row.is_duplicate or bool(row.duplicate_of)


def _seen(row: LogRow) -> Seen:
    return Seen(row.given, None, None, row.opened, row.due, _marked(row))


def _case(row: LogRow) -> KnownCase:
    assert row.lat is not None
    assert row.lon is not None
    return KnownCase(row.case_id, REGION, slug(row.given), "", row.lat, row.lon, row.opened, row.case_id)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.duplicates", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    given = parser.parse_args()
    text = json.dumps(asdict(measure(city_rows())), indent=1)
    print(text)
    if given.json is not None:
        given.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
