"""Which past cases a proposal was made of, as far as its evidence says it: they cannot speak for it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from common.contracts.utc import as_utc

from archive.columns import Evidence
from archive.microseconds import microseconds

MOST_CELLS = 1_000


def gathered_in(evidence: Mapping[str, Any]) -> tuple[datetime, datetime] | None:
    """From the `first` to the `last` case, where both are said as moments."""
    try:
        first, last = (datetime.fromisoformat(str(evidence[name])) for name in ("first", "last"))
        if first.tzinfo is None or last.tzinfo is None or first > last:
            return None
        return as_utc(first), as_utc(last)
    except (KeyError, ValueError):
        return None


def evidence_of(evidence: Mapping[str, Any]) -> tuple[Evidence, ...]:
    """The window of each cell that the evidence was gathered in, of all cases where it names no cells."""
    whole = gathered_in(evidence)
    cells = evidence.get("cells")
    if isinstance(cells, list) and all(isinstance(cell, Mapping) for cell in cells) and cells:
        return tuple(_cells(cells[:MOST_CELLS], whole))
    return () if whole is None else (_window(whole),)


def _cells(cells: list[Mapping[str, Any]], whole: tuple[datetime, datetime] | None) -> Iterator[Evidence]:
    for cell in cells:
        # A cell that only follows the others brought nothing to the proposal.
        if cell.get("own_evidence") is False:
            continue
        window = gathered_in(cell) or whole
        if window is not None:
            yield _window(window, *(_name(cell.get(what)) for what in ("category", "area")))


def _name(given: object) -> str | None:
    return given if isinstance(given, str) else None


def _window(window: tuple[datetime, datetime], category: str | None = None, area: str | None = None) -> Evidence:
    return Evidence(microseconds(window[0]), microseconds(window[1]), category, area)
