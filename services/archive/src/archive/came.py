"""What came of a forecast, from counts of cases: with bounds by the worst and the best of what is not known. Pure."""

from __future__ import annotations

from typing import Any

from common.contracts.frozen import value

from archive.answer import FEWEST_KNOWN
from archive.cases_compared import CaseCounts


@value
class Came:
    """In the measure's unit. `actual` is None where too few cases can be counted, as `too_few` says in words."""

    actual: float | None
    least: float | None
    most: float | None
    told: dict[str, Any]
    """Fields of ForecastScored with the counts."""
    too_few: str = ""


def _told(counts: CaseCounts) -> dict[str, Any]:
    return {"decisions": counts.cases, "known": counts.known, "unknown": counts.cases - counts.known}


def percent_of(counts: CaseCounts) -> Came:
    """The part of the known cases that is not bad: what is not known yet is no part of the measure."""
    told = {**_told(counts), "bad": counts.bad}
    if not counts.known:
        return Came(None, None, None, told, "none of its cases was due before the review")
    share = round(100 * (1 - counts.bad / counts.known), 1)
    return Came(share, share, share, told)


def avoided(before: CaseCounts, after: CaseCounts) -> Came:
    """Bad cases that would have come at the share before, less those that came."""
    told = {**_told(after), "bad": after.bad, "before": before.known, "bad_before": before.bad}
    if before.known < FEWEST_KNOWN:
        words = f"of {before.known} like cases before the change it is known how they went; fewer than {FEWEST_KNOWN}"
        return Came(None, None, None, told, words)
    if not after.cases:
        return Came(None, None, None, told, "no case followed it")
    share, unknown = before.bad / before.known, after.cases - after.known
    best = after.cases * share - after.bad
    actual = after.known * share - after.bad
    return Came(round(actual, 1), round(best - unknown, 1), round(best, 1), told)


def confirmed(counts: CaseCounts) -> Came:
    """`bad` of the counts are the confirmed ones."""
    unknown = counts.cases - counts.known
    return Came(counts.bad, counts.bad, counts.bad + unknown, _told(counts))
