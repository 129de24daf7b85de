"""What became of the proposals of each proposer: how many, how they ended, how their forecasts held. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from common.contracts.frozen import value

from portal.proposal_text import taken_up

JUDGED = ("held", "below", "above")
"""Verdicts on a forecast that say something."""


@value
class Record:
    """One proposer's. `promised` and `came` are sums over forecasts that could be scored, in the unit `measure`."""

    proposer: str
    loop: bool
    proposals: int
    adopted: int
    rolled_back: int
    inconclusive: int
    refused: int
    open: int
    scored: int
    held: int
    promised: float
    came: float


ADOPTED = frozenset({"adopted", "review_due", "kept", "reversed"})
REFUSED = frozenset({"refused", "returned", "rejected", "lapsed", "withdrawn"})


def records(proposals: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Record]:
    """By proposer, the busiest first. `proposals`: state and data of each."""
    found: dict[tuple[bool, str], list[tuple[str, Mapping[str, Any]]]] = {}
    for state, data in proposals:
        loop = data.get("loop")
        made = [s for s in data.get("steps", ()) if s["step"] in ("checked", "refused")]
        name = str(loop or (made[0].get("actor") if made else "") or "")
        found.setdefault((loop is not None, name), []).append((state, data))
    rows = [_record(loop, name, mine) for (loop, name), mine in found.items()]
    return sorted(rows, key=lambda r: (-r.proposals, r.proposer))


def _record(loop: bool, name: str, mine: list[tuple[str, Mapping[str, Any]]]) -> Record:
    states = Counter(_came_to(state, data) for state, data in mine)
    scores = [data["score"] for _, data in mine if data.get("score", {}).get("verdict") in JUDGED]
    adopted = sum(states[s] for s in ADOPTED)
    refused = sum(states[s] for s in REFUSED)
    return Record(
        proposer=name,
        loop=loop,
        proposals=len(mine),
        adopted=adopted,
        rolled_back=states["rolled_back"],
        inconclusive=states["inconclusive"],
        refused=refused,
        open=len(mine) - adopted - refused - states["rolled_back"] - states["inconclusive"],
        scored=len(scores),
        held=sum(s["verdict"] == "held" for s in scores),
        promised=sum(float(s.get("expected", 0)) for s in scores),
        came=sum(float(s.get("actual", 0)) for s in scores),
    )


def _came_to(state: str, data: Mapping[str, Any]) -> str:
    """A trial that a wider change took up says nothing about the proposal, like one that never began."""
    return "returned" if state == "inconclusive" and taken_up(data.get("trial_end", {})) else state
