"""What the machine decides about a patch, and when a release takes effect. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from common.contracts.patch import Patch
from common.rulebook import (
    NATIONAL,
    PatchConflict,
    Release,
    RulebookError,
    apply_patch,
    check_table,
    loosened_rows,
    reverse,
    sealed,
)
from common.rulebook.oracle import differences

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Tick:
    """The last interval (since, until] that is over."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Fit:
    """The patch applies: the layer's tables after it, the way back, and warnings for people."""

    tables: dict[str, dict[str, Any]]
    reversal: Patch
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why the patch is refused, with the rows that do it. `moved`: it does not apply to the head."""

    reason: str
    rows: tuple[str, ...] = ()
    moved: bool = False


def examine(patch: Patch, heads: dict[str, Release]) -> Fit | Unfit:
    """Apply the patch to its layer's head and judge the result; slow (runs zen-engine), so call it in a thread."""
    head = heads[patch.layer]
    if not patch.changes:
        return Unfit("the patch changes nothing")
    if patch.base_number > head.number:
        return Unfit(f"{patch.layer} has no release {patch.base_number}; its newest is {head.number}")
    try:
        based = patch.model_copy(update={"base_number": head.number})
        tables = apply_patch(head.tables, based)
        reversal = reverse(based, head.tables)
    except PatchConflict as error:
        return Unfit(str(error), moved=True)
    except RulebookError as error:
        return Unfit(str(error))
    name, document = patch.table, tables[patch.table]
    findings = check_table(name, document, patch.layer)
    errors = tuple(f"table {f.table}, row {f.row_id}: {f.words}" for f in findings if f.severity == "error")
    if errors:
        return Unfit(f"table {name} would not be readable", errors)
    differing = tuple(differences(name, document))
    if differing:
        return Unfit(f"zen-engine reads table {name} differently", differing[:20])
    if patch.layer != NATIONAL:
        loose = loosened_rows(heads[NATIONAL].tables, {name: document})
        if loose:
            return Unfit("the patch loosens the national standard", tuple(row.in_words() for row in loose))
    return Fit(tables, reversal, tuple(f.words for f in findings))


def boundary_after(now: datetime, tick: Tick | None) -> datetime:
    """The first tick boundary later than `now` and than the last tick, which is settled.

    Before the first tick a boundary is a whole minute.
    """
    if tick is None:
        return now.replace(second=0, microsecond=0) + MINUTE
    length = (tick.until - tick.since) or MINUTE
    steps = max(0, (now - tick.until) // length) + 1
    return tick.until + steps * length


def sooner(head: Release, effective_at: datetime) -> Release:
    """The same tables as the layer's next version, in force from `effective_at`. Its predecessor, whose boundary came
    of a wrong clock, never is: of two versions whose time has come the later holds."""
    return sealed(
        Release(
            layer=head.layer,
            number=head.number + 1,
            effective_at=effective_at,
            tables=head.tables,
            previous_hash=head.hash,
        )
    )


def next_release(head: Release, tables: dict[str, dict[str, Any]], effective_at: datetime) -> Release:
    """The layer's next version; never in force before its predecessor."""
    return sealed(
        Release(
            layer=head.layer,
            number=head.number + 1,
            effective_at=max(effective_at, head.effective_at),
            tables=tables,
            previous_hash=head.hash,
        )
    )
