"""What a proposal shows for itself: cases, numbers, dates, a forecast, and what earlier cases can tell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from common.contracts.events.rules import Forecast

from reflex.loops.misrouting.cell import Cell, Winner

HORIZON_DAYS = 60
SHORTEST_SPAN_DAYS = 2.0
"""A burst of cases in fewer days says nothing about the pace of the next weeks."""
SLOWEST, FASTEST, FASTEST_FEW = 0.12, 1.6, 12.0
"""Nine in ten cells of a real city had, in the 60 days after n of their cases, between .12 and 1.6 + 12 / n times as
many as the pace of those n foretold: arrivals come in bursts and seasons, far wider than chance alone."""
NINETY = 1.645
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
    if beside:
        found["beside"] = list(beside)
    return found


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


def forecast_of(named: Sequence[Named], now: datetime) -> Forecast:
    """Transfers avoided in the horizon, newly right less newly wrong cases, if the pace since the change goes on.

    The interval is 90 %: how paces of cells really change, and a share known from so many cases. It may reach below
    zero, where the change would do harm.
    """
    expected = low = high = 0.0
    for winner in (n.winner for n in named if n.winner is not None):
        first, last = (datetime.fromisoformat(winner.since[i].opened) for i in (0, -1))
        known = winner.wins + winner.losses
        share = (winner.wins + 1) / (known + 2)
        doubt = NINETY * math.sqrt(share * (1 - share) / (known + 3))
        days = max((last - first) / timedelta(days=1), SHORTEST_SPAN_DAYS)
        cases = max(known - 1, 1) / days * HORIZON_DAYS
        expected += cases * (2 * share - 1)
        worst, best = 2 * (share - doubt) - 1, 2 * min(share + doubt, 1.0) - 1
        most = FASTEST + FASTEST_FEW / known
        low += cases * worst * (SLOWEST if worst > 0 else most)
        high += cases * best * most
    return Forecast(
        measure="transfers avoided", expected=round(expected, 1), low=round(low, 1), high=round(high, 1),
        horizon_days=HORIZON_DAYS, review_at=now + timedelta(days=HORIZON_DAYS), cannot_know=CANNOT_KNOW,
    )  # fmt: skip
