"""What one run leaves behind."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from common.contracts.events.reflex.observations import FindingMade

from laboratory import adopting
from laboratory.logged_case import Cell


@dataclass(frozen=True, slots=True)
class Ended:
    """One case that a rule placed: whom it was given to, where it lay in the end, and whose it really was."""

    case_id: str
    at: datetime
    cell: Cell
    region: str
    channel: str
    given_to: str
    lies_with: str
    really: str | None
    joined: bool

    @property
    def misrouted(self) -> bool:
        return self.really is not None and not self.joined and self.really != self.given_to


class Made(adopting.Made):
    """One proposal about cells."""

    def cells(self) -> list[tuple[Cell, str, str]]:
        """The cells that it is about, each with whom the rules named then and whom the proposal names."""
        shown: list[dict[str, str]] = self.command.evidence["cells"]
        return [((c["category"], c["area"]), c["current"], c["target"]) for c in shown]

    def names(self, cell: Cell, target: str) -> bool:
        """Whether it is to give the cell to `target`."""
        return any((c, t) == (cell, target) for c, _, t in self.cells())


@dataclass
class Run:
    """Cases in order of opening, proposals and findings in order of being made."""

    until: datetime
    """When the last case was opened."""
    ended: list[Ended] = field(default_factory=list)
    proposals: list[Made] = field(default_factory=list)
    findings: list[FindingMade] = field(default_factory=list)
    facts: int = 0
    """That a loop was given."""
    loop_seconds: float = 0.0
    """Of processor time in the loops."""

    def by_cell(self) -> dict[Cell, list[Ended]]:
        """Cases in order of opening."""
        cells: dict[Cell, list[Ended]] = defaultdict(list)
        for case in self.ended:
            cells[case.cell].append(case)
        return cells
