"""What rows of the tables about proposed changes say in texts, and what could never come of a row. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from typing import get_args

from common.contracts.events.deliberation import VoiceRole
from common.contracts.patch import Cells, Patch
from common.contracts.trial import TrialUnit
from common.rulebook.about_changes import DELIBERATION, STANDING_CONSENT, TRIAL
from common.rulebook.bitsets import compile_table
from common.rulebook.input_space import values_of
from common.rulebook.jdm import Table, TableRow
from common.rulebook.tables import TABLES

from rules.terms import UNITS, shares

CASES = "cases_a_day"
MOST_ROWS = 500
"""That one patch may change."""
OF_A_PLACED_CASE: frozenset[TrialUnit] = frozenset({"case", "area"})
DIVIDED_BY: Mapping[str, frozenset[TrialUnit]] = {
    "category_map": OF_A_PLACED_CASE, "triage": OF_A_PLACED_CASE, "jurisdiction": OF_A_PLACED_CASE,
    "priority": OF_A_PLACED_CASE | {"authority"}, "deadline": OF_A_PLACED_CASE | {"authority"},
}  # fmt: skip
"""Tables that decide about cases whose outcomes are counted, and what is known of a case when each is asked: which
authority has it only after `jurisdiction`. Of the other tables no trial can show anything."""


def unreadable(table: Table, changed: Collection[str]) -> tuple[str, ...]:
    """Rows whose cells cannot mean what they should, with words; `changed` are the ids of rows that a patch adds or
    sets: of the others only what can be read matters."""
    read = READ.get(table.spec.name)
    found = [(row.id, words) for row in table.rows for words in (read(row) if read is not None else ())]
    if table.spec.name == TRIAL:
        found += [(row_id, words) for row_id, words in _without_result(table) if row_id in changed]
    return tuple(f"table {table.spec.name}, row {row_id}: {words}" for row_id, words in found)


def outlook(patch: Patch, unit: TrialUnit | None) -> tuple[str, ...]:
    """What people should know of the trial of a patch before they decide; None: it is adopted untried."""
    if unit is None:
        return ()
    if why := _not_divided(patch.table, unit):
        return (f"its trial can only end inconclusive: {why}",)
    if patch.table == "deadline" and any(_is_longer(c.before, c.after) for c in patch.changes):
        return (
            "its trial asks whether the longer deadline is kept as the forecast says and answers get no slower by it;"
            " without a forecast of answers in time it ends without a result, unless harm shows or somebody entitled"
            " adopts it",
        )
    return ()


def _steps(row: TableRow) -> Iterator[str]:
    if row.outputs["unit"] == "none":
        return
    found = shares(str(row.outputs["steps"]))
    if not found:
        yield "steps are growing percents with blanks between, such as 5 20 50 100"
    elif found[0] == 1:
        yield "the first step is 100 percent: nobody would be left to compare with"


def _speakers(row: TableRow) -> Iterator[str]:
    roles = get_args(VoiceRole)
    named = str(row.outputs["speakers"]).split()
    if unknown := [name for name in named if name not in roles]:
        yield f"speakers are roles with blanks between, of {', '.join(roles)}; not {', '.join(map(repr, unknown))}"
    for role in roles:
        if role not in named and float(row.outputs[f"quorum_{role}"]) >= 1:
            yield f"quorum_{role} can never be met: {role} is not among the speakers"


def _last_day(row: TableRow) -> Iterator[str]:
    try:
        date.fromisoformat(str(row.outputs["until"]))
    except ValueError:
        yield f"until is {str(row.outputs['until'])[:40]!r}; it must be a day such as 2027-01-31"


READ: Mapping[str, Callable[[TableRow], Iterator[str]]] = {
    TRIAL: _steps, DELIBERATION: _speakers, STANDING_CONSENT: _last_day,
}  # fmt: skip


def _without_result(table: Table) -> Iterator[tuple[str, str]]:
    """Rows that let a table be tried by what its decisions do not know, once a row and table."""
    compiled = compile_table(table)
    place = {column.name: i for i, column in enumerate(table.spec.inputs)}
    sizes = values_of(table.spec.inputs[place[CASES]], place[CASES], [table])
    # Sets of the rows that hold: most numbers have theirs in common with others.
    by_rows = {compiled.holding(place["rows"], rows) for rows in range(1, MOST_ROWS + 1)}
    by_cases = {compiled.holding(place[CASES], cases) for cases in sizes}
    for name in TABLES:
        named = compiled.holding(place["table"], name)
        held = (some & by_case for some in {named & by_row for by_row in by_rows} for by_case in by_cases)
        for bit in sorted({rows & -rows for rows in held} - {0}):
            row = table.rows[bit.bit_length() - 1]
            unit = UNITS.get(row.outputs["unit"])
            if unit is not None and (why := _not_divided(name, unit)):
                yield row.id, f"a trial of table {name} could only end inconclusive: {why}"


def _not_divided(table: str, unit: TrialUnit) -> str | None:
    units = DIVIDED_BY.get(table)
    if units is None:
        return f"no outcomes are counted of what table {table} decides"
    return None if unit in units else f"which {unit} has a case is not known when table {table} is asked"


def _is_longer(before: Cells | None, after: Cells | None) -> bool:
    given = [cells.get("answer_minutes", "") for cells in (before, after) if cells is not None]
    try:
        return len(given) == 2 and float(given[1]) > float(given[0])
    except ValueError:
        return False
