"""All that the loop remembers, under the keys by which it is saved, and which of it has changed since it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from reflex.loops.misrouting.cell import Cell
from reflex.loops.misrouting.lateness import Lateness
from reflex.loops.misrouting.outcome import CellOutcome, Known
from reflex.loops.misrouting.rollup import Recent
from reflex.loops.misrouting.usual import Usual
from reflex.loops.misrouting.waiting import WaitingRoom

LATENESS = "lateness"


@dataclass(slots=True)
class Made:
    """A proposal of this loop, kept while it is open, and as long as others may join it."""

    id: str
    at: str
    target: str
    cells: dict[str, str]
    """Cell key -> the authority that the rule named."""
    open: bool = True


class Memory:
    """Cells, cases that wait, proposals, how late desks hand on, and where the cases of a category end."""

    def __init__(self) -> None:
        self.cells: dict[str, Cell] = {}
        self.waiting = WaitingRoom()
        self.made: dict[str, Made] = {}
        self.lateness = Lateness()
        self.usual: dict[str, Usual] = {}
        """By key of the category."""
        self.changed: set[str] = set()
        """Keys; whoever changes something adds its key."""

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        """Take up what was saved in place of what is here."""
        self.cells = {key: Cell.of(body) for key, body in state.items() if key.startswith("cell|")}
        self.made = {key: Made(**body) for key, body in state.items() if key.startswith("made|")}
        self.waiting.load({key.removeprefix("case|"): body for key, body in state.items() if key.startswith("case|")})
        self.lateness = Lateness(**state.get(LATENESS, {}))
        self.usual = {key: Usual(**body) for key, body in state.items() if key.startswith("usual|")}
        self.changed = set()

    def take_changes(self) -> dict[str, dict[str, Any] | None]:
        """What has changed since the last call, as it is saved; None for what is gone."""
        keys, self.changed = self.changed, set()
        return {key: self._body(key) for key in sorted(keys)}

    def _body(self, key: str) -> dict[str, Any] | None:
        if key.startswith("cell|"):
            return self.cells[key].body()
        if key == LATENESS:
            return asdict(self.lateness)
        if key.startswith("usual|"):
            return self.usual[key].body()
        if key.startswith("made|"):
            made = self.made.get(key)
            return None if made is None else asdict(made)
        case = self.waiting.get(key.removeprefix("case|"))
        return None if case is None else case.body()

    def usual_of(self, category: str) -> Usual:
        """Whoever adds to it has it saved by `usual_changed`."""
        found = self.usual.get(f"usual|{category}")
        if found is None:
            found = self.usual[f"usual|{category}"] = Usual()
        return found

    def usual_changed(self, category: str) -> None:
        self.changed.add(f"usual|{category}")

    def case_changed(self, case_id: str) -> None:
        self.changed.add(f"case|{case_id}")

    def uncounted(self, cell: Cell) -> list[CellOutcome]:
        """Where the cases of a cell lie that do not count yet."""
        return [
            case.outcome()
            for case in self.waiting.uncounted(cell.key)
            if case.routed == cell.current and case.opened >= cell.since
        ]

    def may_move(self, case_id: str) -> bool:
        """Whether a counted case may still be handed on late."""
        return self.waiting.get(case_id) is not None

    def known(self, now: datetime) -> Known:
        """Of a case that does not count yet, the share of its time until then that has passed: desks hand on a misroute
        at any time of it."""

        def share(case_id: str) -> float:
            case = self.waiting.get(case_id)
            if case is None or case.counted:
                return 1.0
            opened, due = datetime.fromisoformat(case.opened), datetime.fromisoformat(case.due)
            return min(max((now - opened) / (due - opened), 0.0), 1.0)

        return share

    def recent(self, since: str) -> list[Recent]:
        """The cells that proposals since then have named."""
        return [
            Recent(made.id, self.cells[key].category, self.cells[key].area, old, made.target)
            for made in self.made.values()
            if made.at >= since
            for key, old in made.cells.items()
        ]

    def forget_proposals(self, since: str) -> None:
        """Settled ones that are too old for others to join."""
        for key in [k for k, m in self.made.items() if not m.open and m.at < since]:
            del self.made[key]
            self.changed.add(key)

    def watched_since(self, now: datetime) -> datetime:
        """When the first case was opened that this loop knows of."""
        began = [c.began or c.outcomes[0].opened for c in self.cells.values() if c.began or c.outcomes]
        return datetime.fromisoformat(min(began)) if began else now
