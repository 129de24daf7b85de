"""Names in decision tables that a federation does not know."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from common.rulebook.cells import OneOf
from common.rulebook.jdm import Table
from common.rulebook.tables import Value

UNKNOWN = {
    "area": "no region has the area",
    "authority": "there is no authority",
    "category": "there is no category",
}


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What tables may name, by column. A column that is empty here is not looked at: its file could not be read."""

    areas: Collection[str] = ()
    authorities: Collection[str] = ()
    categories: Collection[str] = ()

    def of(self, column: str) -> Collection[str]:
        """What may stand in a column; empty for one that names nothing of the federation."""
        return {"area": self.areas, "authority": self.authorities, "category": self.categories}.get(column, ())


class HasNames(Protocol):
    """What of a federation tables may name."""

    @property
    def regions(self) -> Sequence[_Region]: ...
    @property
    def authorities(self) -> Sequence[_Authority]: ...
    @property
    def categories(self) -> Sequence[_Category]: ...


class _Region(Protocol):
    @property
    def areas(self) -> Sequence[str]: ...


class _Authority(Protocol):
    @property
    def id(self) -> str: ...


class _Category(Protocol):
    @property
    def code(self) -> str: ...


def names_of(federation: HasNames) -> KnownNames:
    """What a federation's tables may name."""
    return KnownNames(
        frozenset(area for region in federation.regions for area in region.areas),
        frozenset(authority.id for authority in federation.authorities),
        frozenset(category.code for category in federation.categories),
    )


def unknown_names(table: Table, known: KnownNames) -> Iterator[tuple[str, str]]:
    """Each row that asks for or answers with a name nobody knows, with words."""
    for row in table.rows:
        asked = zip(table.spec.inputs, row.tests, strict=True)
        named: dict[str, tuple[Value, ...]] = {c.name: t.values for c, t in asked if isinstance(t, OneOf)}
        named |= {name: (said,) for name, said in row.outputs.items()}
        for column, values in named.items():
            allowed = known.of(column)
            missing = sorted(str(v) for v in values if str(v) not in allowed) if allowed else []
            if missing:
                yield row.id, f"{UNKNOWN[column]} {', '.join(map(repr, missing))}"
