"""What a proposal shows for itself: cases, numbers, dates, and what earlier cases can tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reflex.loops.misrouting.cell import Cell
from reflex.loops.misrouting.winner import Winner

SHOWN_CASES = 12
"""Case ids shown for each cell of a proposal; the proposal itself shows more."""
FEWEST_KNOWN = 30
"""A backtest on fewer known cases would be a guess."""
CANNOT_KNOW = "how fast or how well the other authority will answer: it has not had these cases first"
HIGHEST = 1e12
"""The statistic grows without bound; this much says all."""


@dataclass(frozen=True, slots=True)
class Named:
    """A cell that a proposal is about; `winner` is None for one that only follows the others."""

    cell: Cell
    winner: Winner | None


def evidence_of(target: str, named: Sequence[Named], kept: Sequence[Cell], beside: Sequence[str]) -> dict[str, Any]:
    """`kept`: cells left out because their own cases contradict; `beside`: earlier proposals that name the same."""
    own = [n.winner for n in named if n.winner is not None]
    since = sorted((o for w in own for o in w.since), key=lambda o: (o.opened, o.case_id))
    strongest = max(n.cell.detector.value for n in named if n.winner is not None)
    found: dict[str, Any] = {
        "statistic": round(min(strongest, HIGHEST)),
        "probability": round(min(w.probability for w in own), 4),
        "wins": sum(w.wins for w in own),
        "losses": sum(w.losses for w in own),
        "first": since[0].opened,
        "last": since[-1].opened,
        "cases": [o.case_id for o in since if o.end == target],
        "cells": [_shown(target, n) for n in named],
        "backtest": backtest(target, own),
    }
    if kept:
        found["left_out"] = [{"category": c.category, "area": c.area, "last": list(c.hint())} for c in kept]
    if by_hand := placed_by_people(named):
        found["by_hand"] = by_hand
    if beside:
        found["beside"] = list(beside)
    return found


def placed_by_people(named: Sequence[Named]) -> int:
    """How many cases of the evidence a person placed in triage."""
    return sum(o.by_hand for n in named if n.winner is not None for o in n.winner.since)


def _shown(target: str, named: Named) -> dict[str, Any]:
    cell, winner = named.cell, named.winner
    shown: dict[str, Any] = {
        "category": cell.category, "area": cell.area, "region": cell.region, "current": cell.current, "target": target,
        "own_evidence": winner is not None,
    }  # fmt: skip
    if winner is None:
        return {**shown, "last": list(cell.hint())}
    return {
        **shown,
        "statistic": round(min(cell.detector.value, HIGHEST)),
        "probability": round(winner.probability, 4),
        "wins": winner.wins,
        "losses": winner.losses,
        "first": winner.since[0].opened,
        "last": winner.since[-1].opened,
        "cases": list(winner.cases[-SHOWN_CASES:]),
    }


def backtest(target: str, winners: Sequence[Winner]) -> dict[str, Any]:
    """Where the cases from before the evidence ended; never the evidence itself, which raised the proposal."""
    before = [o for w in winners for o in w.before]
    said = {
        "can_know": "where earlier cases of these cells ended, as far as they were transferred",
        "cannot_know": f"{CANNOT_KNOW}; cases that were answered by the wrong desk without a transfer",
        "known": len(before),
    }
    if len(before) < FEWEST_KNOWN:
        return {**said, "refused": f"{len(before)} known cases from before the evidence; it takes {FEWEST_KNOWN}"}
    right = sum(o.end == target for o in before)
    return {
        **said,
        "from": min(o.opened for o in before),
        "until": max(o.opened for o in before),
        "would_have_gone_right": right,
        "would_have_gone_wrong": len(before) - right,
    }
