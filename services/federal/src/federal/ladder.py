"""The ladder as the release of a case says it: table `escalation`, by level and priority."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from common.contracts.trial import ArmDrawn
from common.messaging.failures import TransientError
from common.rulebook import NATIONAL, ReleaseBook, ReleaseMissing, Rulebook, RuleDecision, Unit
from common.rulebook.placement import reasons_of

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
        unit = Unit(case.case_id, authority=case.authority)
        decision = rulebook.decide("escalation", inputs, unit)
        return None if decision is None else rung_of(decision, rulebook.arm("escalation", inputs, unit))

    def _rulebook(self, case: Watched, now: datetime) -> Rulebook:
        if not case.release:
            return self._book.in_force(case.region or NATIONAL, now)
        found = self._known.get(case.release)
        if found is None:
            found = self._known[case.release] = self._book.get(case.release)
        return found


def rung_of(decision: RuleDecision, arm: ArmDrawn | None = None) -> Rung:
    """What a row of the table says, and by which rule of a trial."""
    out = decision.outputs
    return Rung(
        int(out["after_minutes"]), cast(Recipient, out["to"]), bool(out["directive"]), int(out["directive_minutes"]),
        reasons_of(decision), (arm,) if arm is not None else (),
    )  # fmt: skip
