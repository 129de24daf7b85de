"""How the cases of an area stand, as counters that each batch moves: pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterable

from common.contracts.case_life import ANSWERED, ENDED

from portal.case_fold import CaseView

MEASURES = (
    "cases", "open", "answered", "overdue", "transferred", "reopened", "escalated", "triage", "rated", "stars",
)  # fmt: skip
"""The columns of `area_tally` behind region and area; `stars` is the sum of the ratings."""

Place = tuple[str, str]
"""Region and area, empty while nobody holds the case."""


def place_of(view: CaseView) -> Place:
    return (view.region or "", view.area or "")


def counted(view: CaseView) -> tuple[int, ...]:
    """What one case adds to each of MEASURES."""
    thanks = view.state in ("thanked", "divided")
    return (
        not thanks,
        view.state not in ENDED and not thanks,
        view.state in ANSWERED,
        view.overdue,
        view.transfers > 0,
        view.reopened > 0,
        view.level > 0,
        view.state == "triage",
        view.rating is not None,
        view.rating or 0,
    )


def moved(pairs: Iterable[tuple[CaseView | None, CaseView]]) -> dict[Place, tuple[int, ...]]:
    """By how much each place's counters change when views (before, after) change; places that do not are left out."""
    found: dict[Place, list[int]] = {}
    for before, after in pairs:
        for view, sign in ((before, -1), (after, 1)):
            if view is not None:
                row = found.setdefault(place_of(view), [0] * len(MEASURES))
                for i, value in enumerate(counted(view)):
                    row[i] += sign * value
    return {place: tuple(row) for place, row in found.items() if any(row)}
