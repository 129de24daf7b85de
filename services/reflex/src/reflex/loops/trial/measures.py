"""What a change is meant to make less frequent: by the table that it changes, or by the values that it serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from common.contracts.trial import MEASURES, TrialMeasure

ROUTES = "jurisdiction"
"""The table that sends cases to an office."""
DEADLINE = "deadline"
AIM_OF_TABLE: Mapping[str, TrialMeasure] = {ROUTES: "transferred"}
AIM_OF_VALUE: Mapping[str, TrialMeasure] = {
    "timeliness": "overdue", "resolution": "reopened", "effort": "transferred", "satisfaction": "rating",
}  # fmt: skip


def aim_of(table: str, values: Sequence[str]) -> TrialMeasure:
    """Of which measure less is gain; timeliness where neither table nor values say otherwise."""
    if table in AIM_OF_TABLE:
        return AIM_OF_TABLE[table]
    return next((AIM_OF_VALUE[value] for value in values if value in AIM_OF_VALUE), "overdue")


def guards_of(named: Sequence[str]) -> tuple[TrialMeasure, ...]:
    """The measures that a plan watches for harm; all, where it names none that is known."""
    return tuple(measure for measure in MEASURES if measure in named) or MEASURES
