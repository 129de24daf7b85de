"""Which changes touch the same rows, the same cases or the same offices. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from common.contracts.patch import Cells, Patch
from common.rulebook import NATIONAL
from common.rulebook.cells import OneOf, Test, parse_output, parse_test
from common.rulebook.tables import TABLES, Value

OFFICE = "authority"


def share_rows(one: Patch, other: Patch) -> bool:
    """Whether both change a row of one table of one layer: one of the same id, or one that asks for the same."""
    return (one.layer, one.table) == (other.layer, other.table) and bool(_rows(one) & _rows(other))


def share_cases(one: Patch, other: Patch) -> bool:
    """Whether both change one row, or a row of each takes an input that the other takes, in one layer or in the
    nation's and a region's: what came of a case could not be told apart."""
    if share_rows(one, other):
        return True
    apart = one.layer != other.layer and NATIONAL not in (one.layer, other.layer)
    if apart or one.table != other.table or one.table not in TABLES:
        return False
    return _meet_at_all(list(_tests(one)), list(_tests(other)))


def offices(patch: Patch) -> frozenset[str]:
    """The authorities that a patch gives work to or takes it from."""
    given = [cells[OFFICE] for c in patch.changes for cells in (c.before, c.after) if cells and OFFICE in cells]
    return frozenset(name for cell in given if (name := _name(cell)) is not None)


def _name(cell: str) -> str | None:
    try:
        return str(parse_output(cell, "text"))
    except ValueError:
        return None


def _tests(patch: Patch) -> Iterator[Sequence[Test]]:
    """What each row asks for, before and after; not where that cannot be read."""
    for cells in {_asked(cells, patch.table) for c in patch.changes for cells in (c.before, c.after) if cells}:
        found = _read(cells, patch.table)
        if found is not None:
            yield found


def _meet_at_all(ours: Sequence[Sequence[Test]], theirs: Sequence[Sequence[Test]]) -> bool:
    """Whether any two meet."""
    # A patch may change hundreds of rows, so theirs are looked up by the column where most of them list values.
    named = [sum(isinstance(test, OneOf) for test in column) for column in zip(*theirs, strict=True)]
    if not named:
        return False
    place = named.index(max(named))
    by_value: dict[Value, list[Sequence[Test]]] = {}
    of_many: list[Sequence[Test]] = []
    for their in theirs:
        test = their[place]
        if isinstance(test, OneOf):
            for value in test.values:
                by_value.setdefault(value, []).append(their)
        else:
            of_many.append(their)
    for own in ours:
        test = own[place]
        near = [t for v in test.values for t in by_value.get(v, ())] + of_many if isinstance(test, OneOf) else theirs
        if any(_meet(own, their) for their in near):
            return True
    return False


def _meet(one: Sequence[Test], other: Sequence[Test]) -> bool:
    """Whether an input may fit both; of two ranges that is taken for granted."""
    for a, b in zip(one, other, strict=True):
        listed, test = (a, b) if isinstance(a, OneOf) else (b, a)
        if isinstance(listed, OneOf) and not any(test.holds(value) for value in listed.values):
            return False
    return True


@lru_cache(maxsize=10_000)
def _read(cells: tuple[str, ...], table: str) -> tuple[Test, ...] | None:
    columns = TABLES[table].inputs
    try:
        return tuple(parse_test(cell, column.type) for cell, column in zip(cells, columns, strict=True))
    except ValueError:
        return None


def _asked(cells: Cells, table: str) -> tuple[str, ...]:
    columns = TABLES[table].inputs if table in TABLES else ()
    return tuple(cells.get(column.name, "").strip() for column in columns)


def _rows(patch: Patch) -> frozenset[str | tuple[str, ...]]:
    """Ids of rows, and what each asks for, before or after."""
    sides = [cells for c in patch.changes for cells in (c.before, c.after) if cells is not None]
    asked = [_asked(cells, patch.table) for cells in sides if patch.table in TABLES]
    return frozenset([*(change.row_id for change in patch.changes), *asked])
