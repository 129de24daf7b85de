"""A rule of a category as a patch of the nation's rows of table duplicates."""

from __future__ import annotations

import json
from datetime import datetime

from common.contracts.patch import Patch, RowChange
from common.rulebook.book import ReleaseBook
from common.rulebook.jdm import rows_of
from common.rulebook.layers import RuleDecision
from common.rulebook.release import NATIONAL
from common.rulebook.trial import NO_UNIT

from reflex.loops.duplicates.evidence import Rule

TABLE = "duplicates"


class Patcher:
    """Reads what is in force, and writes against the nation's newest release."""

    def __init__(self, book: ReleaseBook) -> None:
        self._book = book

    def rule(self, category: str, region: str, now: datetime) -> Rule | None:
        """What the nation's row says for a region; None where the region has a row of its own, or nobody has one."""
        decision = self._decided(category, region, now)
        if decision is None or decision.because[-1].layer != NATIONAL:
            return None
        says = decision.outputs
        return Rule(bool(says["suggest"]), int(float(says["radius_metres"])), int(float(says["window_hours"])))

    def patch(self, category: str, rule: Rule, now: datetime) -> Patch | None:
        """The category's own row set to a rule, or one put before all others, its other cells as they are."""
        head = self._book.head(NATIONAL)
        decision = self._decided(category, NATIONAL, now)
        if head is None or decision is None or TABLE not in head.tables:
            return None
        rows = rows_of(TABLE, head.tables[TABLE])
        deciding = next((cells for row, cells in rows if row == decision.because[-1].row_id), None)
        if deciding is None:
            return None
        name = json.dumps(category, ensure_ascii=False)
        after = {
            **deciding, "category": name, "suggest": json.dumps(rule.suggest),
            "radius_metres": str(rule.radius_metres), "window_hours": str(rule.window_hours),
        }  # fmt: skip
        own = next(((row, cells) for row, cells in rows if cells["category"] == name), None)
        if own is None:
            row_id = f"{category}-{head.number + 1}"[-200:]
            change = RowChange(op="add", row_id=row_id, after=after, at=0)
        else:
            change = RowChange(op="set", row_id=own[0], before=own[1], after=after)
        return Patch(layer=NATIONAL, base_number=head.number, table=TABLE, changes=(change,))

    def _decided(self, category: str, region: str, now: datetime) -> RuleDecision | None:
        return self._book.in_force(region, now).decide(TABLE, {"category": category}, NO_UNIT)
