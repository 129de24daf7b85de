"""What the loop says, in words that people can judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from common.contracts.events.reflex.observations import CellObserved, FindingMade

from reflex.loops.misrouting.cell import Cell
from reflex.loops.misrouting.evidence import HIGHEST, placed_by_people
from reflex.loops.misrouting.kept import Divided
from reflex.loops.misrouting.rollup import Draft

LOOP = "misrouting"
LONGEST_TITLE, LONGEST_WORDS = 300, 4000
MOST_CELLS = 50
"""Of a desk, that a finding shows."""


def title(draft: Draft, *, flips: bool) -> str:
    """One line: what, where, from whom to whom; at the end, whether it goes back to what was left lately."""
    cells = [n.cell for n in draft.named]
    what = _few({c.category for c in cells}, "categories")
    where = "every area" if draft.everywhere else _few({c.area for c in cells}, "areas")
    back = " (back to what it was)" if flips else ""
    return f"{what} in {where}: {cells[0].current} -> {draft.target}{back}"[:LONGEST_TITLE]


def proposal(draft: Draft, *, flips: bool) -> str:
    """What the cases say, cell by cell, and what is asked for."""
    said = []
    for named in draft.named:
        cell, winner = named.cell, named.winner
        if winner is not None:
            both = winner.wins + winner.losses
            said.append(
                f"{cell.category} in {cell.area} is given to {cell.current}; of the last {both} cases that ended at one"
                f" of the two, {winner.wins} ended at {draft.target}."
            )
    if by_hand := placed_by_people(draft.named):
        said.append(f"People placed {by_hand} of these cases in triage, so what the change avoids is not forecast.")
    follow = [n.cell for n in draft.named if n.winner is None]
    if follow:
        said.append(f"The same row also decides {_list(follow)}, where the few cases so far say nothing against it.")
    if draft.everywhere:
        said.append("The change is of the nation's row, so it holds wherever no region has a row of its own.")
    if draft.kept:
        said.append(f"Left as it is, because their own last cases stayed: {_list(draft.kept)}.")
    if flips:
        said.append("The rule named this authority until lately: going back and forth needs a person's judgement.")
    return " ".join([*said, f"Give it to {draft.target}."])[:LONGEST_WORDS]


def scope(draft: Draft) -> dict[str, Any]:
    """The categories and areas that the change is about; `category` and `area` too where it is one of each."""
    categories = sorted({n.cell.category for n in draft.named})
    areas = sorted({n.cell.area for n in draft.named})
    found: dict[str, Any] = {"categories": categories, "areas": areas}
    if len(categories) == 1:
        found["category"] = categories[0]
    if len(areas) == 1:
        found["area"] = areas[0]
    if draft.everywhere:
        found["everywhere"] = True
    return found


def proposed(
    draft: Draft, first: Cell, evidence: Mapping[str, Any], words: str, proposal_id: str, now: datetime
) -> FindingMade:
    """The finding that a proposal was made."""
    numbers = {n: evidence[n] for n in ("statistic", "probability", "wins", "losses", "first", "last")}
    return FindingMade(
        loop=LOOP, key=first.key, kind="proposed", words=words, numbers={**numbers, "cells": len(draft.named)},
        proposal_id=proposal_id, found_at=now,
    )  # fmt: skip


def clarify(cell: Cell, now: datetime) -> FindingMade:
    """The finding that a cell is astray, but nobody is its right place."""
    ends = Counter(o.end for o in cell.outcomes)
    return FindingMade(
        loop=LOOP, key=cell.key, kind="clarify",
        words=f"{cell.category} in {cell.area} often leaves {cell.current}, but no one authority takes it:"
        " clarify the category or ask one more question",
        numbers={"statistic": round(min(cell.detector.value, HIGHEST)), "ends": dict(ends.most_common())}, found_at=now,
    )  # fmt: skip


def kept(desk: Sequence[Divided], now: datetime) -> FindingMade:
    """The finding that some cases of a desk's cells stay while others like them go on; `desk`: its cells."""
    authority, gone, stayed = desk[0].cell.current, sum(d.gone for d in desk), sum(d.stayed for d in desk)
    cells = [
        {"category": d.cell.category, "area": d.cell.area, "target": d.target, "gone": d.gone, "stayed": d.stayed}
        for d in desk[:MOST_CELLS]
    ]
    words = (
        f"Of the last {gone + stayed} cases of {_list(d.cell for d in desk)}, {gone} went on from {authority}, those"
        f" of a cell to one authority, and {stayed} stayed. Either only some of them belong elsewhere, or {authority}"
        " keeps cases that are not its own: transfers do not tell which. Look at some of those that stayed; where they"
        " are rightly there, clarify the category or ask one more question."
    )
    return FindingMade(
        loop=LOOP, key=f"desk|{authority}", kind="kept", words=words[:LONGEST_WORDS],
        numbers={"authority": authority, "gone": gone, "stayed": stayed, "cells": cells}, found_at=now,
    )  # fmt: skip


def observed(cell: Cell, now: datetime) -> CellObserved:
    """Where the last cases of a cell ended, for the dispatcher of the next one."""
    return CellObserved(
        loop=LOOP, category=cell.category, area=cell.area, region=cell.region, authority=cell.current,
        ends=cell.hint(), observed_at=now,
    )  # fmt: skip


def _few(names: set[str], plural: str) -> str:
    return ", ".join(sorted(names)) if len(names) <= 4 else f"{len(names)} {plural}"


def _list(cells: Any) -> str:
    return ", ".join(f"{c.category} in {c.area}" for c in cells)
