"""Charts as plain SVG, drawn here: pages ask nobody outside for anything. Colours come from the style sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from common.contracts.events import region
from markupsafe import Markup, escape

from portal.formats import number
from portal.language import N_, _

LINES = {
    region.CaseOpened.type: "opened",
    region.CaseAnswered.type: "answered",
    region.CaseTransferred.type: "transferred",
    region.CaseOverdue.type: "overdue",
}
"""Event types that the chart by day shows, with their names."""
LINE_WORDS = {
    "opened": N_("opened"), "answered": N_("answered"), "transferred": N_("transferred"), "overdue": N_("overdue"),
}  # fmt: skip

Series = dict[str, dict[date, int]]


def series_of(rows: Sequence[dict[str, Any]]) -> Series:
    """Counts by name and day; every name of LINES is there."""
    found: Series = {name: {} for name in LINES.values()}
    for row in rows:
        name = LINES.get(row["type"])
        if name is not None:
            found[name][row["day"]] = found[name].get(row["day"], 0) + row["count"]
    return found


def days_of(series: Series) -> list[date]:
    """Every day from the first to the last with anything in it."""
    known = [day for counts in series.values() for day in counts]
    if not known:
        return []
    first, last = min(known), max(known)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def day_chart(series: Series, width: int = 600, height: int = 180) -> Markup:
    """Lines of counts by day, to be stretched to its place; empty with less than two days."""
    days = days_of(series)
    if len(days) < 2:
        return Markup("")
    top = nice_top(max((c for counts in series.values() for c in counts.values()), default=1))
    step = width / (len(days) - 1)
    parts = [
        f'<svg class="chart" viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img"'
        f' aria-label="{escape(_("Cases by day; the same numbers stand in the table below"))}">'
    ]
    for part in range(5):
        y = height - part * height / 4
        parts.append(f'<line class="grid" x1="0" x2="{width}" y1="{y:.1f}" y2="{y:.1f}"/>')
    for name, counts in series.items():
        points = " ".join(
            f"{i * step:.1f},{height - counts.get(day, 0) / top * height:.1f}" for i, day in enumerate(days)
        )
        parts.append(f'<polyline class="line s-{name}" points="{points}"/>')
    return Markup("".join(parts) + "</svg>")


def nice_top(value: int) -> int:
    """A round number at or above a count, for the top of an axis."""
    size = int(10 ** (len(str(max(1, value))) - 1))
    tops = [factor * size for factor in (1, 2, 3, 4, 5, 6, 8, 10)]
    return max(4, next(top for top in tops if top >= value))


def trends(series: Series) -> dict[str, tuple[int, int]]:
    """Each line's sum over the last seven whole days, and over the seven before; the running day is left out."""
    days = days_of(series)[:-1]
    last, before = days[-7:], days[-14:-7]
    if len(before) < 7:
        return {}
    return {
        name: (sum(counts.get(d, 0) for d in last), sum(counts.get(d, 0) for d in before))
        for name, counts in series.items()
    }


def spark(series: Series, name: str, days: int = 28, width: int = 100, height: int = 24) -> Markup:
    """A small line of the last days, without axes."""
    known = days_of(series)[-days - 1 : -1]
    if len(known) < 2:
        return Markup("")
    values = [series[name].get(day, 0) for day in known]
    top, step = max(max(values), 1), width / (len(values) - 1)
    points = " ".join(f"{i * step:.1f},{height - 1 - v / top * (height - 2):.1f}" for i, v in enumerate(values))
    return Markup(
        f'<svg class="spark" viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">'
        f'<polyline class="line s-{name}" points="{points}"/></svg>'
    )


def bars(rows: Sequence[tuple[str, int, bool]], width: int = 560) -> Markup:
    """Horizontal bars: (label, count, whether it is the one proposed); empty for no rows."""
    if not rows:
        return Markup("")
    top = max(max(count for _, count, _ in rows), 1)
    height = 40 * len(rows)
    made = [Markup('<svg class="bars" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        width, height, "; ".join(f"{label}: {count}" for label, count, _ in rows)
    )]  # fmt: skip
    for i, (label, count, chosen) in enumerate(rows):
        y = i * 40
        made.append(
            Markup(
                '<text x="0" y="{}">{}: {}</text><rect class="{}" x="0" y="{}" width="{}" height="14" rx="2"/>'
            ).format(
                y + 14, label, count, "chosen" if chosen else "other", y + 20, f"{max(2.0, count / top * width):.1f}"
            )
        )
    return Markup("").join(made) + Markup("</svg>")


def interval(low: float, expected: float, high: float, width: int = 340) -> Markup:
    """A forecast's interval on an axis that holds nothing, and what lies below it where harm is possible."""
    bottom = min(low * 1.1, 0.0)
    span = max(high * 1.1, 1.0) - bottom
    zero, left, at, right = ((value - bottom) / span * (width - 20) + 10 for value in (0, low, expected, high))
    label = _("between {low} and {high}, most likely {expected}").format(
        low=_rounded(low), high=_rounded(high), expected=_rounded(expected)
    )
    beside = min(abs(zero - place) for place in (left, at, right)) < NARROW
    return Markup(
        f'<svg class="interval" viewBox="0 0 {width} 56" role="img" aria-label="{escape(label)}">'
        f'<line class="grid" x1="10" x2="{width - 10}" y1="22" y2="22"/>'
        f'<rect class="chosen soft" x="{left:.1f}" y="14" width="{max(2.0, right - left):.1f}" height="16" rx="3"/>'
        f'<line class="mark" x1="{at:.1f}" x2="{at:.1f}" y1="8" y2="36"/>'
        f'<text x="{zero:.1f}" y="{10 if beside else 52}">0</text>'
        f'<text x="{left:.1f}" y="52" text-anchor="middle">{_rounded(low)}</text>'
        f'<text x="{at:.1f}" y="52" text-anchor="middle">{_rounded(expected)}</text>'
        f'<text x="{right:.1f}" y="52" text-anchor="middle">{_rounded(high)}</text></svg>'
    )


def course(points: Sequence[Mapping[str, Any]], width: int = 560, height: int = 140) -> Markup:
    """Evidence of gain and of harm at each look at a trial, each as a share of its bound; empty with less than two."""
    if len(points) < 2:
        return Markup("")
    step = width / (len(points) - 1)
    parts = [
        f'<svg class="chart" viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img"'
        f' aria-label="{escape(_("Evidence of gain and of harm so far, each up to the line at which it decides"))}">'
        f'<line class="grid" x1="0" x2="{width}" y1="{height - 1}" y2="{height - 1}"/>'
        f'<line class="mark" x1="0" x2="{width}" y1="4" y2="4"/>'
    ]
    for name, style in (("gain", "s-answered"), ("harm", "s-overdue")):
        line = " ".join(
            f"{i * step:.1f},{height - min(1.0, max(0.0, float(p[name]))) * (height - 4):.1f}"
            for i, p in enumerate(points)
        )
        parts.append(f'<polyline class="line {style}" points="{line}"/>')
    return Markup("".join(parts) + "</svg>")


NARROW = 24
"""Labels nearer to each other than so many units would cover each other."""


def _rounded(value: float) -> str:
    return number(round(value))
