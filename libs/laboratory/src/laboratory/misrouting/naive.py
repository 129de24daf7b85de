"""What a dispatcher would do who looks at the last six cases: the loop is judged against it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from common.contracts.envelope import derived_id
from common.contracts.events.base import Actor
from common.contracts.events.rules import ProposeChange
from common.rulebook.book import ReleaseBook
from reflex.facts import CaseOpened, CaseTransferred, Fact, ProposalAdopted, ProposalReturned
from reflex.loop import LoopOutput, LoopSettings
from reflex.loops.misrouting.patching import Patcher

from laboratory.logged_case import Cell

LOOKED_AT, ENOUGH = 6, 3


class NaiveLoop:
    """A case counts when the next of its cell is opened; no pause, no test, one open proposal a cell."""

    name: ClassVar[str] = "naive"
    facts: ClassVar[frozenset[type[Fact]]] = frozenset({CaseOpened, CaseTransferred, ProposalAdopted, ProposalReturned})
    settings: ClassVar[type[LoopSettings]] = LoopSettings

    def __init__(self, book: ReleaseBook) -> None:
        self._patcher = Patcher(book)
        self._given: dict[Cell, tuple[str, str]] = {}
        self._last: dict[Cell, deque[list[str]]] = {}
        self._case: dict[str, list[str]] = {}
        self._open: dict[str, Cell] = {}

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        """It keeps nothing between processes."""

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        return {}

    def observe(self, fact: Fact) -> None:
        if isinstance(fact, CaseOpened):
            cell = (fact.category, fact.area)
            if self._given.get(cell, (fact.region, ""))[1] != fact.authority:
                self._last[cell] = deque(maxlen=LOOKED_AT)
            self._given[cell] = (fact.region, fact.authority)
            self._case[fact.case_id] = [fact.authority]
            self._last[cell].append(self._case[fact.case_id])
        elif isinstance(fact, CaseTransferred):
            self._case[fact.case_id][0] = fact.authority
        elif isinstance(fact, ProposalAdopted | ProposalReturned):
            cell = self._open.pop(fact.proposal_id)
            self._last[cell].clear()

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        said = []
        busy = set(self._open.values())
        for cell, last in self._last.items():
            region, current = self._given[cell]
            ends = Counter(end for (end,) in last if end != current)
            if cell in busy or not ends:
                continue
            target, wins = min(ends.items(), key=lambda item: (-item[1], item[0]))
            patch = self._patcher.cells(region, [cell], target, now) if wins >= ENOUGH else None
            if patch is None:
                continue
            name = derived_id("naive", *cell, target, now.isoformat())
            self._open[name] = cell
            shown = {"category": cell[0], "area": cell[1], "current": current, "target": target}
            said.append(
                ProposeChange(
                    actor=Actor(id=self.name, role="loop"), proposal_id=name, title=f"{cell[0]} in {cell[1]}",
                    words=f"{wins} of the last {len(last)} cases ended there", patch=patch, values=("effort",),
                    evidence={"cells": [shown]}, loop=self.name,
                )
            )  # fmt: skip
        return said
