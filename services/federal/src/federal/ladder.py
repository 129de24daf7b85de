"""The ladder as the release of a case says it: table `escalation`, by level and priority."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import cast

from common.contracts.events.base import Because
from common.messaging.failures import TransientError
from common.rulebook import NATIONAL, ReleaseBook, ReleaseMissing, Rulebook, RuleDecision, Unit

from federal.model import Recipient, Rung, Watched


class Ladder:
    """Rungs by a case's own release, or by the one in force where the case has none yet."""

    def __init__(self, book: ReleaseBook) -> None:
        self._book = book
        self._known: dict[str, Rulebook] = {}

    def rung(self, case: Watched, level: int, now: datetime) -> Rung | None:
        """None where the table has no row. Raises TransientError while the release is not known here."""
        try:
            rulebook = self._rulebook(case, now)
        except ReleaseMissing as missing:
            raise TransientError(str(missing)) from missing
        inputs = {"level": level, "priority": case.priority}
        decision = rulebook.decide("escalation", inputs, Unit(case.case_id, authority=case.authority))
        return None if decision is None else rung_of(decision)

    def _rulebook(self, case: Watched, now: datetime) -> Rulebook:
        if not case.release:
            return self._book.in_force(case.region or NATIONAL, now)
        found = self._known.get(case.release)
        if found is None:
            found = self._known[case.release] = self._book.get(case.release)
        return found


@lru_cache(maxsize=10_000)
def rung_of(decision: RuleDecision) -> Rung:
    """A decision is one object as long as its rulebook remembers it."""
    out = decision.outputs
    because = tuple(
        Because(
            layer=hit.layer, number=hit.number, table=hit.table, row_id=hit.row_id, inputs=hit.inputs,
            outputs=hit.outputs,
        )
        for hit in decision.because
    )  # fmt: skip
    return Rung(
        int(out["after_minutes"]), cast(Recipient, out["to"]), bool(out["directive"]), int(out["directive_minutes"]),
        because,
    )  # fmt: skip
