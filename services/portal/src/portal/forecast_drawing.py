"""What came beside what was forecast, and what is expected, as plain SVG."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from portal.drawing import nice_top
from portal.forecast_view import ForecastDay
from portal.language import _


def top_of(days: Sequence[ForecastDay]) -> int:
    """The top of the axis of a chart."""
    return nice_top(max((max(day.high, day.came or 0) for day in days), default=1))


def outlook(days: Sequence[ForecastDay], width: int = 600, height: int = 180) -> Markup:
    """A band for the intervals, a line for what came, a dashed one for what is expected; empty with less than two days.

    To be stretched to its place.
    """
    if len(days) < 2:
        return Markup("")
    top, step = top_of(days), width / (len(days) - 1)

    def point(n: int, count: float) -> str:
        return f"{n * step:.1f},{height - count / top * height:.1f}"

    numbered = list(enumerate(days))
    band = [point(n, day.high) for n, day in numbered] + [point(n, day.low) for n, day in reversed(numbered)]
    came = [(n, day.came) for n, day in numbered if day.came is not None]
    label = _("Cases by day: what came, and what was forecast; the same numbers stand in the table below")
    parts = [
        f'<svg class="chart" viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img"'
        f' aria-label="{escape(label)}">'
    ]
    parts += [
        f'<line class="grid" x1="0" x2="{width}" y1="{height - part * height / 4:.1f}"'
        f' y2="{height - part * height / 4:.1f}"/>'
        for part in range(5)
    ]
    parts.append(f'<polygon class="band" points="{" ".join(band)}"/>')
    if came and len(came) < len(days):
        today = f"{len(came) * step:.1f}"
        parts.append(f'<line class="grid" x1="{today}" x2="{today}" y1="0" y2="{height}"/>')
    expected = " ".join(point(n, day.expected) for n, day in numbered)
    parts.append(f'<polyline class="line s-expected" points="{expected}"/>')
    parts.append(f'<polyline class="line s-opened" points="{" ".join(point(n, count) for n, count in came)}"/>')
    return Markup("".join(parts) + "</svg>")
