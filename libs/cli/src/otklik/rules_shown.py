"""Decisions, differences and origins of rules as lines on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from common.contracts.patch import Patch
from common.contracts.trial import TrialPlan
from common.rulebook.cells import AnyValue
from common.rulebook.differences import RowDifference
from common.rulebook.jdm import parse_table
from common.rulebook.layers import RuleDecision
from common.rulebook.matters import Matter
from common.rulebook.placement import Placed, Unplaced
from common.rulebook.release import Release
from common.rulebook.tables import Value

from otklik.console import console
from otklik.known_rules import KnownRules
from otklik.release_course import UNITS, origin, share_words

PLAIN: dict[str, Any] = {"highlight": False, "markup": False, "soft_wrap": True}


def show_passed_over(layer: str, table: str, document: dict[str, Any], asked: dict[str, Value]) -> None:
    """Rows above the one that decides which fail in one column only: those are what a reader wonders about."""
    parsed = parse_table(table, document)
    for row in parsed.rows:
        failing = [
            column.name for column, test in zip(parsed.spec.inputs, row.tests, strict=True)
            if not test.holds(asked[column.name])
        ]  # fmt: skip
        if not failing:
            return
        asks = [t for t in row.tests if not isinstance(t, AnyValue)]
        if len(failing) == 1 and len(asks) > 1:
            console.print(f"  {layer}, row {row.id} does not hold: {failing[0]} differs", **PLAIN)


def show_decision(decision: RuleDecision | None) -> dict[str, Value] | None:
    """The rows of a decision and what they say together, which it returns."""
    if decision is None:
        console.print("no row holds: the rules say nothing", **PLAIN)
        return None
    for hit in decision.because:
        console.print(f"{hit.in_words()}", **PLAIN)
    console.print(f"together: {pairs(decision.outputs)}", **PLAIN)
    return decision.outputs


def show_placed(rules: KnownRules, found: Placed | Unplaced) -> None:
    country = rules.federation
    if found.matter is not None:
        _show_matter(found.matter)
    if isinstance(found, Unplaced):
        missing = f"; missing: {', '.join(found.missing)}" if found.missing else ""
        console.print(f"  a person is asked: {found.reason.replace('_', ' ')}{missing}", **PLAIN)
        return
    authority = country.authority(found.authority)
    console.print(f"  category   {found.category} ({country.category_title(found.category)})", **PLAIN)
    console.print(f"  region     {found.where.region}, area {found.where.area}", **PLAIN)
    console.print(f"  authority  {found.authority}" + (f" ({authority.title})" if authority else ""), **PLAIN)
    console.print(f"  priority   {found.priority}", **PLAIN)
    console.print(
        f"  answer in  {found.answer_minutes} working minutes, extended by {found.extension_minutes}", **PLAIN
    )
    for hit in found.because:
        console.print(f"  because    {hit.layer} release {hit.number}, table {hit.table}, row {hit.row_id}", **PLAIN)


MATTERS = {
    "urgent": "the citizen is told where to call, and it goes on as urgent",
    "thanks": "it is closed as thanks",
    "person": "a person looks at it first",
    "closes": "it is closed, and the citizen told",
}


def _show_matter(matter: Matter) -> None:
    called = f"; to call: {matter.call}" if matter.call else ""
    console.print(f"  the words show {matter.kind}: {MATTERS[matter.then]}{called}", **PLAIN)
    for hit in matter.because:
        console.print(f"  because    {hit.layer} release {hit.number}, table {hit.table}, row {hit.row_id}", **PLAIN)


def trial_words(rules: KnownRules, plan: TrialPlan) -> str:
    """Which change is tried, how many follow it, and what comes next: what the others follow."""
    share = share_words(plan)
    proposal = rules.proposals.get(plan.proposal_id)
    title = f" ({proposal.title})" if proposal is not None else ""
    change = f"the change of proposal {plan.proposal_id[:8]}{title}"
    if plan.adopted:
        return f"adopted: {share} follow {change}; the other {UNITS[plan.unit]} keep the rule before it:"
    paused = ", as it is paused" if plan.paused else ""
    return f"on trial: {share} follow {change}{paused}; they get:"


def show_origin(rules: KnownRules, release: Release) -> None:
    for line in origin(rules, release):
        console.print(f"  {line}", **PLAIN)


def show_difference(found: RowDifference, indent: str = "") -> None:
    head = f"{indent}table {found.table}, row {found.row_id}"
    if found.moved:
        assert found.place_before is not None
        assert found.place_after is not None
        console.print(f"{head}: moved from place {found.place_before + 1} to {found.place_after + 1}", **PLAIN)
        return
    if found.before is None:
        assert found.place_after is not None
        console.print(f"{head}: added at place {found.place_after + 1}: {_cells(found.after)}", **PLAIN)
    elif found.after is None:
        console.print(f"{head}: removed: {_cells(found.before)}", **PLAIN)
    else:
        _show_cells(head, found.before, found.after)


def show_patch(patch: Patch) -> None:
    """What each of its changes does."""
    for change in patch.changes:
        head = f"  table {patch.table}, row {change.row_id}"
        if change.op == "remove":
            console.print(f"{head}: removed from where it stands", **PLAIN)
        elif change.op == "add":
            console.print(f"{head}: put at place {(change.at or 0) + 1}: {_cells(change.after)}", **PLAIN)
        else:
            _show_cells(head, change.before or {}, change.after or {})


def _show_cells(head: str, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    for column, cell in after.items():
        if cell != before.get(column, ""):
            console.print(f"{head}: {column} was {before.get(column) or 'any'}, is {cell or 'any'}", **PLAIN)


def _cells(cells: dict[str, str] | None) -> str:
    return ", ".join(f"{name} {cell or 'any'}" for name, cell in (cells or {}).items())


def count(changed: Sequence[RowDifference]) -> str:
    if not changed:
        return "no row changed"
    return "1 row" if len(changed) == 1 else f"{len(changed)} rows"


def pairs(values: Mapping[str, Value]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
