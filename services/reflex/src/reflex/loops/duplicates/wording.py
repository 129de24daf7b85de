"""What the loop says, in words that people can judge."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from common.contracts.envelope import derived_id
from common.contracts.events.base import Actor
from common.contracts.events.reflex.observations import FindingMade
from common.contracts.events.rules import Forecast, ProposeChange
from common.contracts.patch import Patch

from reflex.loops.duplicates.evidence import Category
from reflex.loops.duplicates.judging import Change
from reflex.sortable_times import text_of

LOOP = "duplicates"
HORIZON_DAYS = 30
Z_90 = 1.645
"""Half of an interval of 90 %, in standard deviations."""
MEASURES = {
    "narrower": "refused suggestions spared", "off": "refused suggestions spared", "wider": "duplicates suggested",
}  # fmt: skip


def proposal(category: Category, change: Change, patch: Patch, title: str, now: datetime) -> ProposeChange:
    """The change with its evidence and what it promises."""
    name = derived_id("proposal", LOOP, category.name, change.kind, text_of(now))
    return ProposeChange(
        actor=Actor(id=LOOP, role="loop"), proposal_id=name, title=_title(category, change, title),
        words=_words(category, change, title), patch=patch, values=("effort",), scope={"category": category.name},
        evidence=evidence(category, change), forecast=forecast(category, change, now), loop=LOOP,
    )  # fmt: skip


def proposed(category: Category, made: ProposeChange, now: datetime) -> FindingMade:
    """The finding that a proposal was made."""
    return FindingMade(
        loop=LOOP, key=f"duplicates|{category.name}", kind="proposed", words=made.words, numbers=made.evidence,
        proposal_id=made.proposal_id, found_at=now,
    )  # fmt: skip


def evidence(category: Category, change: Change) -> dict[str, Any]:
    """Counts, the rule before and after, and the cases."""
    same = sum(pair.same for pair in category.decided)
    shown = [*change.spared, *change.lost, *change.gained]
    return {
        "category": category.name, "change": change.kind, "decided": len(category.decided), "same": same,
        "spared": len(change.spared), "lost": len(change.lost), "gained": len(change.gained),
        "radius_before": category.rule.radius_metres, "radius": change.rule.radius_metres,
        "window_before": category.rule.window_hours, "window": change.rule.window_hours, "since": category.since,
        "cases": [pair.case_id for pair in sorted(shown, key=lambda pair: (pair.at, pair.case_id))],
    }  # fmt: skip


def forecast(category: Category, change: Change, now: datetime) -> Forecast:
    """In the next days as in those that were watched; both counts vary as Poisson's do."""
    days = max(1.0, (now - datetime.fromisoformat(category.since)) / timedelta(days=1))
    seen = len(change.gained) if change.kind == "wider" else len(change.spared)
    expected = seen * HORIZON_DAYS / days
    half = Z_90 * (expected * (1 + HORIZON_DAYS / days)) ** 0.5
    return Forecast(
        measure=MEASURES[change.kind], expected=round(expected, 1), low=max(0.0, round(expected - half, 1)),
        high=round(expected + half, 1), horizon_days=HORIZON_DAYS, review_at=now + timedelta(days=HORIZON_DAYS + 7),
        cannot_know="What people would have said of suggestions that were never made.",
    )  # fmt: skip


def _title(category: Category, change: Change, title: str) -> str:
    before, after = category.rule, change.rule
    if change.kind == "off":
        return f"{title}: suggest no duplicates"[:300]
    return (
        f"{title}: suggest duplicates within {after.radius_metres} m and {after.window_hours} h"
        f" (now {before.radius_metres} m and {before.window_hours} h)"
    )[:300]


def _words(category: Category, change: Change, title: str) -> str:
    same = sum(pair.same for pair in category.decided)
    said = f"Of {len(category.decided)} suggested duplicates of {title} on which people spoke, {same} were the same."
    if change.kind == "wider":
        return f"{said} They joined {len(change.gained)} more that the wider rule would have suggested."
    outside = len(change.spared) + len(change.lost)
    return f"{said} Of the {outside} that would not be suggested any more, {len(change.lost)} were."
