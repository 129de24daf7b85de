"""What is counted of a case, and at which age. Every measure is a bad outcome, so less is better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Age = Literal["deadline", "twice", "closed"]
"""At the deadline; at twice the time to it; a number of days after the first end."""
Measure = Literal[
    "late", "handed_on", "unresolved", "reopened", "repeated", "poor_rating", "without_work", "within_a_minute"
]

MEASURES_AT: Mapping[Age, tuple[Measure, ...]] = {
    "deadline": ("late", "handed_on"),
    "twice": ("unresolved",),
    "closed": ("reopened", "repeated", "poor_rating", "without_work", "within_a_minute"),
}
MEASURES: tuple[Measure, ...] = tuple(measure for measures in MEASURES_AT.values() for measure in measures)
VALUE_OF: Mapping[Measure, str] = {
    "late": "timeliness", "unresolved": "resolution", "handed_on": "effort", "poor_rating": "satisfaction",
}  # fmt: skip
"""The declared value that a measure is the failure of; the other measures show a value that is only seemingly met."""
