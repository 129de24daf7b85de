"""What the nation's rules ask of a proposed change: whether people argue about it, and how it is tried. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from common.contracts.frozen import value
from common.contracts.patch import Patch
from common.contracts.trial import TrialUnit
from common.rulebook import NATIONAL, Release
from common.rulebook.about_changes import DELIBERATION, TRIAL, deliberation_inputs, trial_inputs
from common.rulebook.bitsets import Hit, compile_table
from common.rulebook.jdm import parse_table
from common.rulebook.tables import TABLES, Value

UNITS: dict[Value, TrialUnit] = {"case": "case", "area": "area", "authority": "authority"}
STEPS = (0.05, 0.2, 0.5, 1.0)
"""Where a row names none that can be read."""


@value
class TrialTerms:
    """A row of table `trial`."""

    unit: TrialUnit
    steps: tuple[float, ...]
    strata: tuple[str, ...]
    least_outcomes: int
    longest_days: int
    holdout_percent: float
    holdout_days: float
    beside: float
    """Cases a day that trials of one office may concern together."""


def is_argued(heads: Mapping[str, Release], patch: Patch) -> bool:
    """Whether table `deliberation` has a row for a patch."""
    return _row(heads, DELIBERATION, deliberation_inputs(patch)) is not None


def trial_terms(heads: Mapping[str, Release], patch: Patch, cases_a_day: float | None) -> TrialTerms | None:
    """How a patch is tried that would decide so many cases otherwise; None where it is adopted untried."""
    found = _row(heads, TRIAL, trial_inputs(patch, cases_a_day))
    unit = UNITS.get(found.outputs["unit"]) if found is not None else None
    if found is None or unit is None:
        return None
    said = found.outputs
    return TrialTerms(
        unit=unit,
        steps=shares(str(said["steps"])) or STEPS,
        strata=_strata(patch.table, unit),
        least_outcomes=int(said["least_outcomes"]),
        longest_days=int(said["longest_days"]),
        holdout_percent=float(said["holdout_percent"]),
        holdout_days=float(said["holdout_days"]),
        beside=float(said["cases_beside"]),
    )


def shares(text: str) -> tuple[float, ...]:
    """Growing fractions from percents with blanks between; empty where one cannot be read."""
    try:
        found = [float(word) / 100 for word in text.split()]
    except ValueError:
        return ()
    if any(not 0 < share <= 1 for share in found) or found != sorted(set(found)):
        return ()
    return tuple(found)


def _strata(table: str, unit: TrialUnit) -> tuple[str, ...]:
    """Cases are divided within their category. An area or an authority has one arm for all of its cases: neighbours
    are treated alike."""
    named = any(column.name == "category" for column in TABLES[table].inputs)
    return ("category",) if unit == "case" and named else ()


def _row(heads: Mapping[str, Release], name: str, inputs: Mapping[str, Value]) -> Hit | None:
    document = heads[NATIONAL].tables.get(name) if NATIONAL in heads else None
    return None if document is None else compile_table(parse_table(name, document)).decide(**inputs)
