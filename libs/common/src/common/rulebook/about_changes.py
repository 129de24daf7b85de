"""What the tables about proposed changes are asked of a patch: the same question for whoever asks one of them. Pure."""

from __future__ import annotations

from common.contracts.patch import Patch
from common.rulebook.release import NATIONAL
from common.rulebook.tables import Value

DELIBERATION, STANDING_CONSENT, TRIAL = "deliberation", "standing_consent", "trial"
LOOP_LIMITS = "loop_limits"
MANY_CASES_A_DAY = 1_000_000


def deliberation_inputs(patch: Patch) -> dict[str, Value]:
    return {"table": patch.table, "layer": NATIONAL if patch.layer == NATIONAL else "overlay"}


def consent_inputs(patch: Patch, loop: str | None) -> dict[str, Value]:
    """`loop`: the loop that is its author; None: a person."""
    return {"author": loop or "person", "table": patch.table, "rows": rows_changed(patch)}


def trial_inputs(patch: Patch, cases_a_day: float | None) -> dict[str, Value]:
    """`cases_a_day`: how many the change would decide otherwise; None, where nobody knows: very many."""
    many = MANY_CASES_A_DAY if cases_a_day is None else cases_a_day
    return {"table": patch.table, "rows": rows_changed(patch), "cases_a_day": many}


def loop_limit_inputs(loop: str, patch: Patch, precision: float) -> dict[str, Value]:
    """`precision`: how many of the loop's judged proposals were right, in percent."""
    return {"loop": loop, "table": patch.table, "precision": precision}


def rows_changed(patch: Patch) -> int:
    """A row that is changed twice is one."""
    return len({change.row_id for change in patch.changes})
