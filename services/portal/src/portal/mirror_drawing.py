"""A region's weeks by one measure as a small chart: its share with the interval, and the nation's beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from markupsafe import Markup, escape

from portal.formats import percent
from portal.language import _
from portal.mirror_view import Point

WEEK = timedelta(days=7)
WIDTH, HEIGHT = 240, 90
DOT = 1.6


def panel(points: Sequence[Point], nation: Sequence[Point], first: date, last: date, top: float) -> Markup:
    """From the first week to the last, on a scale up to `top`; weeks without a point are gaps."""
    newest = points[-1]
    label = _("Last week {share}, with 95 % confidence between {low} and {high}").format(
        share=percent(newest.share), low=percent(newest.low), high=percent(newest.high)
    )
    parts = [f'<svg class="small" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">']
    parts += [
        f'<line class="grid" x1="0" x2="{WIDTH}" y1="{HEIGHT * part:.1f}" y2="{HEIGHT * part:.1f}"/>'
        for part in (0.0, 0.5, 1.0)
    ]
    weeks = max(1, (last - first) // WEEK)

    def at(week: date, share: float) -> str:
        return f"{(week - first) // WEEK / weeks * WIDTH:.1f},{HEIGHT * (1 - min(1.0, share / top)):.1f}"

    for run in _runs(points):
        edge = [at(p.week, p.high) for p in run] + [at(p.week, p.low) for p in reversed(run)]
        parts.append(f'<polygon class="band" points="{" ".join(edge)}"/>')
        parts.append(f'<polyline class="line s-opened" points="{" ".join(at(p.week, p.share) for p in run)}"/>')
    for run in _runs(nation):
        parts.append(f'<polyline class="line s-expected" points="{" ".join(at(p.week, p.share) for p in run)}"/>')
    x, y = at(newest.week, newest.share).split(",")
    parts.append(f'<circle class="dot" cx="{min(float(x), WIDTH - DOT):.1f}" cy="{y}" r="{2 * DOT}"/></svg>')
    return Markup("".join(parts))


def _runs(points: Sequence[Point]) -> list[list[Point]]:
    """Weeks that follow each other."""
    runs = [[points[0]]] if points else []
    for before, point in pairwise(points):
        if point.week - before.week == WEEK:
            runs[-1].append(point)
        else:
            runs.append([point])
    return runs
