"""The rows of the deadline table: which one decides a case, and the patch that gives it another limit."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakKeyDictionary

from common.contracts.patch import Cells, Patch, RowChange
from common.contracts.trial import ArmDrawn
from common.rulebook.book import ReleaseBook
from common.rulebook.jdm import rows_of
from common.rulebook.layers import RowHit, Rulebook
from common.rulebook.release import NATIONAL
from common.rulebook.trial import NO_UNIT

TABLE = "deadline"


@dataclass(frozen=True, slots=True)
class Decided:
    """What the rules in force say of a case."""

    layer: str
    condition: str
    """The deciding row's cell of the priority."""
    minutes: int
    cap: int | None
    """The nation's limit, where a region's row decides."""


@dataclass(frozen=True)
class DeadlineRows:
    """Reads the rules in force and writes patches against the newest release of a layer."""

    book: ReleaseBook
    _known: WeakKeyDictionary[Rulebook, dict[tuple[str, int], Decided | None]] = field(
        default_factory=WeakKeyDictionary
    )
    _conditions: WeakKeyDictionary[Rulebook, dict[str, dict[str, str]]] = field(default_factory=WeakKeyDictionary)
    """The rows' cells of the priority, by layer and row."""

    def decide(self, region: str, category: str, priority: int, now: datetime) -> Decided | None:
        """None where no row applies."""
        rulebook = self.book.in_force(region, now)
        known = self._known.setdefault(rulebook, {})
        asked = (category, priority)
        if asked not in known:
            known[asked] = self._decide(rulebook, category, priority)
        return known[asked]

    def _decide(self, rulebook: Rulebook, category: str, priority: int) -> Decided | None:
        decision = rulebook.decide(TABLE, {"category": category, "priority": priority}, NO_UNIT)
        if decision is None:
            return None
        hit = min(decision.because, key=_minutes)
        nation = next((_minutes(h) for h in decision.because if h.layer == NATIONAL), None)
        condition = self._conditions_in(rulebook, hit.layer).get(hit.row_id, "")
        return Decided(hit.layer, condition, _minutes(hit), None if hit.layer == NATIONAL else nation)

    def _conditions_in(self, rulebook: Rulebook, layer: str) -> dict[str, str]:
        layers = self._conditions.setdefault(rulebook, {})
        if layer not in layers:
            rows = rows_of(TABLE, rulebook.tables(layer)[TABLE])
            layers[layer] = {row_id: cells["priority"] for row_id, cells in rows}
        return layers[layer]

    def patch(self, layer: str, category: str, condition: str, priority: int, minutes: int) -> Patch | None:
        """The category's own row of the layer's newest release set to `minutes`, or one put before the row that
        decides it with others; None where no row decides it by the same condition, or it says so already."""
        head = self.book.head(layer)
        if head is None or TABLE not in head.tables:
            return None
        hit = self.book.get(_tag(layer, self.book, head.number)).decide(
            TABLE, {"category": category, "priority": priority}, NO_UNIT
        )
        rows = rows_of(TABLE, head.tables[TABLE])
        row_id = next((h.row_id for h in hit.because if h.layer == layer), None) if hit is not None else None
        place = next((n for n, (known, _) in enumerate(rows) if known == row_id), None)
        if place is None:
            return None
        before = rows[place][1]
        if before["priority"] != condition or before["answer_minutes"] == str(minutes):
            return None
        own = json.dumps(category, ensure_ascii=False)
        after: Cells = {**before, "category": own, "answer_minutes": str(minutes)}
        if before["category"] == own:
            change = RowChange(op="set", row_id=rows[place][0], before=before, after=after)
        else:
            change = RowChange(op="add", row_id=f"{category}-{head.number + 1}"[-200:], after=after, at=place)
        return Patch(layer=layer, base_number=head.number, table=TABLE, changes=(change,))


def limit_on_trial(arms: Iterable[ArmDrawn]) -> int | None:
    """The limit of a case that the trial of another concerns; None where none does."""
    for drawn in arms:
        answer = drawn.candidate if drawn.arm == "candidate" else drawn.current
        if drawn.table == TABLE:
            return 0 if answer is None else int(answer["answer_minutes"])
    return None


def _minutes(hit: RowHit) -> int:
    return int(hit.outputs["answer_minutes"])


def _tag(layer: str, book: ReleaseBook, number: int) -> str:
    """The rulebook in which a release of a layer is the newest."""
    if layer == NATIONAL:
        return f"{NATIONAL}:{number}"
    nation = book.head(NATIONAL)
    return f"{NATIONAL}:{nation.number if nation is not None else 0}+{layer}:{number}"
