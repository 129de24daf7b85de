"""A forecast of bad cases that a change would avoid, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from portal.formats import number, percent
from portal.language import N_, _
from portal.loop_pages.page import Data
from portal.loop_pages.unknown import UNKNOWN

EXPECTED: Mapping[str, str] = {
    "late cases avoided": N_(
        "In the {days} days after the change about {expected} cases fewer would miss their deadline; with {confidence}"
        " confidence between {low} and {high} fewer."
    ),
    "reopened cases avoided": N_(
        "In the {days} days after the change about {expected} cases fewer would be reopened; with {confidence}"
        " confidence between {low} and {high} fewer."
    ),
    "poorly rated cases avoided": N_(
        "In the {days} days after the change about {expected} answers fewer would be rated poorly; with {confidence}"
        " confidence between {low} and {high} fewer."
    ),
}
"""By the forecast's measure."""


def cases_avoided(forecast: Data) -> str:
    """As of an unknown loop where the measure is another."""
    words = EXPECTED.get(str(forecast.get("measure")))
    if words is None:
        return UNKNOWN.forecast(forecast)
    return _(words).format(
        days=number(int(forecast["horizon_days"])), expected=number(round(float(forecast["expected"]))),
        confidence=percent(float(forecast.get("confidence", 0.9)), 0), low=number(round(float(forecast["low"]))),
        high=number(round(float(forecast["high"]))),
    )  # fmt: skip
