"""What is replayed: the later part of a log, and the federation whose rules were learnt from the part before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

from common.federation.country import Federation
from common.rulebook.book import ReleaseBook
from common.rulebook.layers import Rulebook
from common.rulebook.placement import BY_HAND, Placed, Unplaced, Where, place
from world.ground_truth import Truth
from world.learn import learn_federation
from world.log import Log, LogRow, read_log
from world.log_requests import LogRequest, rows_of
from world.plan import slug

from laboratory.logged_case import Cell, LoggedCase


@dataclass(frozen=True)
class Subject:
    """Cases in order of opening; all were opened after those that the rules were learnt from."""

    federation: Federation
    cases: tuple[LoggedCase, ...]
    learnt_until: datetime | None
    """None: nothing is known of how the federation came by its rules, and the whole log is replayed."""
    without_place: int
    """Cases that are left out, since only a person could place them; none of a log without any point."""
    remarks: tuple[str, ...] = ()
    """What was noticed about the log when it was read."""
    earlier: tuple[LoggedCase, ...] = ()
    """Cases that the rules were learnt from, in order: a loop that must know what is usual has seen them."""


class NothingToReplay(ValueError):
    """A log leaves no case that rules could place."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a subject comes from. Without a folder the federation is learnt from the log's first part."""

    csv: Path
    folder: Path | None
    timezone: str
    """Of the log's naive times, where the folder does not say."""

    def subject(
        self, scratch: Path, shuffling: Callable[[Sequence[LogRow]], Sequence[LogRow]] | None = None
    ) -> Subject:
        """The log through its federation, which is learnt into a folder in `scratch` where there is none and must stay
        there as long as the subject is used.

        What `shuffling` makes of the log's rows is taken in their place; its rules are always learnt, since those of
        the folder come from a log that changes. Raises LogError, FederationError, NothingToReplay.
        """
        times_in = Truth.load(self.folder).log.times_in if self.folder is not None else self.timezone
        log = _log(self.csv, times_in, scratch)
        if self.folder is not None and shuffling is None:
            return _subject(Truth.load(self.folder), log.rows, log.remarks)
        rows = log.rows if shuffling is None else shuffling(log.rows)
        into = Path(mkdtemp(dir=scratch))
        learn_federation(rows, into, name=slug(self.csv.name.split(".")[0]), timezone=times_in)
        return _subject(Truth.load(into), rows, log.remarks)


@lru_cache(maxsize=1)
def _log(csv: Path, times_in: str, scratch: Path) -> Log:
    """Read once an evaluation, each of which has a scratch of its own."""
    return read_log(csv, times_in)


def _subject(truth: Truth, rows: Iterable[LogRow], remarks: tuple[str, ...]) -> Subject:
    learnt_until = datetime.fromisoformat(truth.log.learnt_until) if truth.log.learnt_until else None
    book, places = ReleaseBook(truth.federation.base_releases()), dict[tuple[str, Where, Rulebook], Placed | Unplaced]()
    found: list[LoggedCase] = []
    earlier: list[LoggedCase] = []
    left_out = 0
    requests = rows_of(rows, truth)
    without_points = not any(request.lat is not None for request in requests)
    if without_points:
        remarks = (*remarks, _taken_to_lie(truth))
    for row in requests:
        early = learnt_until is not None and row.opened_at < learnt_until
        where = _where(truth.federation, row, stated=without_points)
        if where is None:
            left_out += not early
            continue
        kind = (row.type, where, book.in_force(where.region, row.opened_at))
        placed = places.get(kind)
        if placed is None:
            # Without a trial what is decided is the same for all cases of a type at a place.
            placed = places[kind] = place(row.case_id, *kind)
        cell: Cell | None = None
        ruled, really = None, row.true_authority
        if isinstance(placed, Placed):
            cell, ruled = (placed.category, where.area), placed.authority
            really = _as_ruled(truth, cell, really)
        point = (row.lat, row.lon) if row.lat is not None and row.lon is not None else None
        (earlier if early else found).append(
            LoggedCase(
                row.case_id, row.opened_at, row.type, where, row.channel, really, row.duplicate_of, cell, ruled,
                row.closed_at, point,
            )
        )  # fmt: skip
    if not found:
        raise NothingToReplay(_nothing(len(requests), left_out, learnt_until, requests[-1].opened_at))
    return Subject(truth.federation, tuple(found), learnt_until, left_out, remarks, tuple(earlier))


def _where(federation: Federation, row: LogRequest, *, stated: bool) -> Where | None:
    """By its point; `stated`: by the area that the log states."""
    if stated:
        region = federation.region_of_area(row.true_area) if row.true_area is not None else None
        return None if row.true_area is None or region is None else Where(row.true_area, region, BY_HAND)
    if row.lat is None or row.lon is None:
        return None
    located = federation.locate(row.lat, row.lon, row.opened_at)
    return None if located is None else Where(located.area, located.region, located.border_set)


def _taken_to_lie(truth: Truth) -> str:
    column = truth.log.area_column or ("neighborhood" if truth.log.places else None)
    lie = f"where its column {column} says" if column is not None else "in one area, for it says nothing of places"
    return (
        f"where no row has a point, cases are taken to lie {lie}, which a person would have to say of each; loops that"
        " compare points cannot be judged"
    )


def _nothing(rows: int, left_out: int, learnt_until: datetime | None, last: datetime) -> str:
    """Why there is nothing to replay."""
    if learnt_until is not None and last < learnt_until:
        return (
            f"the log is too short to be divided: its rules are learnt from all of its rows ({rows}), and nothing is"
            " left to replay; name a federation, or a longer log"
        )
    return (
        f"{left_out} cases were opened after the rules were learnt, and none lies inside the federation: there is"
        " nothing that its rules could place"
    )


def _as_ruled(truth: Truth, cell: Cell, really: str | None) -> str | None:
    """A row that the federation has wrong on purpose is taken for right: faults are planted by the laboratory alone."""
    planted = truth.planted_by_cell.get(cell)
    if planted is None:
        return really
    return {planted.right: planted.wrong, planted.wrong: planted.right}.get(really or "", really)
