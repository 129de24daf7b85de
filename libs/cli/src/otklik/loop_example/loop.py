"""An example: where five of the last six cases of a category in an area were handed on to one other authority, it
proposes that the rules give them to it.

python loop.py run            until Ctrl-C
python loop.py record FILE    all facts that lie there, for tests
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from otklik_facts import CaseOpened, CaseTransferred, Fact
from otklik_proposals import Proposal, Row, derived_id
from otklik_runner import Runner, record_sample, settings

LAST = 6
ENOUGH = 5
SETTLED = timedelta(days=3)
"""After so long a case counts where it lies."""
RECENT = timedelta(days=45)
"""Older cases say nothing of today's rules."""


class HandedOn:
    """Cases by category and area, and where they lay when they counted."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[CaseOpened, str]] = {}
        self._ends: dict[tuple[str, str, str], list[tuple[CaseOpened, str]]] = {}
        self._named: set[tuple[str, ...]] = set()
        """Cell, holder and target of what was proposed: once is enough."""

    def observe(self, fact: Fact) -> None:
        if isinstance(fact, CaseOpened) and not fact.by_hand:
            self._open[fact.case_id] = (fact, fact.authority)
        elif isinstance(fact, CaseTransferred) and fact.case_id in self._open:
            opened, _ = self._open[fact.case_id]
            if fact.to_region is None:
                self._open[fact.case_id] = (opened, fact.authority)
            else:
                del self._open[fact.case_id]

    def on_tick(self, now: datetime) -> Iterable[Proposal]:
        settled = [(c, end) for c, end in self._open.values() if c.at + SETTLED <= now]
        touched = set()
        for case, end in sorted(settled, key=lambda one: (one[0].at, one[0].id)):
            del self._open[case.case_id]
            cell = (case.region, case.category, case.area)
            self._ends[cell] = [*self._ends.get(cell, []), (case, end)][-LAST:]
            touched.add(cell)
        for cell in sorted(touched):
            yield from self._looked_at(cell, now)

    def _looked_at(self, cell: tuple[str, str, str], now: datetime) -> Iterable[Proposal]:
        last = [(case, end) for case, end in self._ends[cell] if case.at >= now - RECENT]
        if len(last) < LAST:
            return
        given = last[-1][0].authority
        for target in sorted({end for _, end in last} - {given}):
            wins = [case for case, end in last if end == target]
            alike = all(case.authority == given for case, _ in last)
            if len(wins) >= ENOUGH and alike and (*cell, given, target) not in self._named:
                self._named.add((*cell, given, target))
                yield self._proposal(cell, given, target, wins)

    def _proposal(self, cell: tuple[str, str, str], given: str, target: str, wins: list[CaseOpened]) -> Proposal:
        region, category, area = cell
        name = derived_id("handed on", region, category, area, target, wins[0].id)
        row = Row({"category": json.dumps(category), "area": json.dumps(area)}, {"authority": json.dumps(target)})
        return Proposal(
            id=name, title=f"{category} in {area}: {target} instead of {given}",
            words=f"{len(wins)} of the last {LAST} cases of {category} in {area} were handed on to {target}.",
            layer=region, table="jurisdiction", rows=(row,), values=("effort",),
            evidence={"wins": len(wins), "of": LAST, "cases": [case.case_id for case in wins]},
        )  # fmt: skip


def main(verb: str = "", *words: str) -> None:
    """Do what the command line says."""
    if verb == "run":
        Runner(HandedOn(), settings()).run(float(words[0]) if words else None)
    elif verb == "record" and words:
        print(record_sample(Path(words[0]), settings()), "records")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
