"""What a backtest says: groups of changed decisions summed up, by region, area, channel and category."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Literal, get_args

from common.contracts.events.archive import BacktestCounts, BacktestFlow, BacktestSlice
from common.contracts.frozen import value

from archive.columns import ChangedGroup, PlaceCount

FEWEST_KNOWN = 30
"""Known outcomes; of fewer nothing is concluded."""
MOST_SHOWN = 30
"""Slices a dimension, and flows."""
Dimension = Literal["region", "area", "channel", "category"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)


@value
class Summary:
    known: int
    total: BacktestCounts
    slices: tuple[BacktestSlice, ...]
    flows: tuple[BacktestFlow, ...]

    @property
    def verdict(self) -> Literal["known", "too_little_known", "unchanged"]:
        if not self.total.changed:
            return "unchanged"
        return "known" if self.known >= FEWEST_KNOWN else "too_little_known"


def _counts(group: ChangedGroup) -> Counter[str]:
    by_rule, by_rule_then = group.without is not None, group.instead is not None
    moved = by_rule and by_rule_then and group.without != group.instead
    return Counter(
        changed=group.cases,
        moved=group.cases if moved else 0,
        to_person=group.cases if by_rule and not by_rule_then else 0,
        to_rule=group.cases if by_rule_then and not by_rule else 0,
        saved=group.saved,
        timed=group.timed,
        late_without=group.late_without,
        late_with=group.late_with,
        unknown=group.cases - group.saved - group.timed,
    )


def _flows(groups: Sequence[ChangedGroup]) -> tuple[BacktestFlow, ...]:
    found: dict[tuple[str | None, str | None], list[int]] = defaultdict(lambda: [0, 0])
    for group in groups:
        if group.without != group.instead:
            sums = found[group.without, group.instead]
            sums[0] += group.cases
            sums[1] += group.saved
    rows = [BacktestFlow(without=a, instead=b, cases=n, ended_there=k) for (a, b), (n, k) in found.items()]
    return tuple(sorted(rows, key=lambda f: (-f.cases, f.without or "", f.instead or ""))[:MOST_SHOWN])


def summed(places: Iterable[PlaceCount], groups: Sequence[ChangedGroup]) -> Summary:
    """`places` counts all decisions that were replayed, `groups` are the changed ones among them."""
    total: Counter[str] = Counter()
    by: dict[Dimension, dict[str, Counter[str]]] = {d: defaultdict(Counter) for d in DIMENSIONS}
    for one in places:
        total["decisions"] += one.decisions
        for dimension in DIMENSIONS:
            by[dimension][getattr(one, dimension)]["decisions"] += one.decisions
    for group in groups:
        counts = _counts(group)
        total.update(counts)
        for dimension in DIMENSIONS:
            by[dimension][getattr(group, dimension)].update(counts)
    slices = [
        BacktestSlice(dimension=dimension, name=name, **_fields(counts))
        for dimension in DIMENSIONS
        for name, counts in sorted(by[dimension].items(), key=lambda item: (-item[1]["changed"], item[0]))[:MOST_SHOWN]
        if counts["changed"]
    ]
    known = sum(group.known for group in groups)
    return Summary(known, BacktestCounts(**_fields(total)), tuple(slices), _flows(groups))


def _fields(counts: Counter[str]) -> dict[str, Any]:
    return dict(counts)
