"""The other rule of a change that is on trial, compiled beside the table that its release holds."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from common.contracts.trial import TrialPlan
from common.rulebook.bitsets import CompiledTable, compile_table
from common.rulebook.errors import PatchConflict, RulebookError
from common.rulebook.jdm import Table, parse_table
from common.rulebook.patch import apply_patch
from common.rulebook.release import Release
from common.rulebook.tables import TABLES

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class OtherRule:
    """What a plan's table says where the release's does not hold: after the change, or before one that is adopted."""

    plan: TrialPlan
    table: CompiledTable


def other_rules(release: Release) -> tuple[tuple[OtherRule, ...], dict[str, str]]:
    """The other rule of each trial of a release, in its order; and why there is none, by proposal.

    A trial that cannot be carried out must not stop decisions: all of them follow the release's tables then.
    """
    found: list[OtherRule] = []
    broken: dict[str, str] = {}
    for plan in release.trials:
        try:
            found.append(OtherRule(plan, compile_table(_other(release, plan))))
        except (PatchConflict, RulebookError) as error:
            broken[plan.proposal_id] = str(error)
            log.error(
                "release %s:%d, trial of proposal %s: its rule cannot be read, so everybody follows the release's: %s",
                release.layer, release.number, plan.proposal_id, error,
            )  # fmt: skip
    return tuple(found), broken


def _other(release: Release, plan: TrialPlan) -> Table:
    patch = plan.reversal if plan.adopted else plan.patch
    if patch.layer != release.layer:
        raise PatchConflict(f"its change is of layer {patch.layer}")
    name = patch.table
    table = parse_table(name, apply_patch(release.tables, patch)[name])
    inputs = {column.name for column in TABLES[name].inputs}
    if not inputs.issuperset(plan.strata):
        raise RulebookError(f"table {name} has no input {', '.join(sorted(set(plan.strata) - inputs))}")
    for column in table.spec.outputs:
        for row in table.rows:
            said = row.outputs[column.name]
            if column.type == "number" and not column.low <= float(said) <= column.high:
                raise RulebookError(f"table {name}, row {row.id}: {column.name} is {said}, which is not allowed")
    return table
