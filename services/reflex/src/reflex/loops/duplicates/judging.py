"""Whether the rule of a category should suggest less far, less long, not at all, or farther."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb
from typing import Literal

from reflex.loops.duplicates.evidence import Category, Pair, Rule
from reflex.loops.duplicates.settings import Settings

METRES = (25, 50, 75, 100, 150, 200, 300, 400, 600, 800, 1_000, 1_500, 2_000, 3_000, 5_000)
HOURS = (6, 12, 24, 48, 72, 168, 336, 504, 720)
"""What may be proposed; what is in force may be anything."""
LOST_WEIGHS = 3
"""A true duplicate that is not suggested weighs as much as so many suggestions that people must refuse."""
COVERED = 0.9
"""A wider rule covers this share of what was missed."""
MOST_WIDER = 2
"""But is at most so many times as wide as the one before."""

Kind = Literal["narrower", "off", "wider"]


@dataclass(frozen=True, slots=True)
class Change:
    """What is proposed, and what it would have done to what is known."""

    kind: Kind
    rule: Rule
    spared: tuple[Pair, ...]
    """Suggestions that people refused and that would not be made."""
    lost: tuple[Pair, ...]
    """Suggestions that were right and would not be made."""
    gained: tuple[Pair, ...]
    """Pairs that people joined unasked and that would be suggested."""


def chance_above(same: int, others: int, share: float) -> float:
    """P(the true share > `share`), given so many of each and nothing known before (a uniform prior)."""
    n = same + others + 1
    return sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(same + 1))


def judge(category: Category, settings: Settings) -> Change | None:
    """None where what people said calls for no other rule, or is too little."""
    if not category.rule.suggest or len(category.decided) < settings.min_decided:
        return None
    return _narrower(category, settings) or _wider(category, settings)


def _narrower(category: Category, settings: Settings) -> Change | None:
    best: tuple[int, Rule, list[Pair]] | None = None
    for rule in _smaller(category.rule):
        outside = [pair for pair in category.decided if not pair.within(rule)]
        if len(outside) < settings.min_outside or not _surely_few(outside, settings):
            continue
        worth = sum(1 if not pair.same else -LOST_WEIGHS for pair in outside)
        if worth > 0 and (best is None or worth > best[0]):
            best = (worth, rule, outside)
    if _surely_few(category.decided, settings):
        inside = [] if best is None else [p for p in category.decided if p.within(best[1])]
        if len(inside) < settings.min_outside or _surely_few(inside, settings):
            off = category.rule._replace(suggest=False)
            return _change("off", off, category.decided)
    return None if best is None else _change("narrower", best[1], best[2])


def _wider(category: Category, settings: Settings) -> Change | None:
    rule = category.rule
    missed = [pair for pair in category.missed if not pair.within(rule)]
    if len(missed) < settings.min_missed:
        return None
    radius = _covering((p.metres for p in missed), rule.radius_metres, METRES)
    window = _covering((-(-p.minutes // 60) for p in missed), rule.window_hours, HOURS)
    wider = rule._replace(radius_metres=radius, window_hours=window)
    gained = [pair for pair in missed if pair.within(wider)]
    farthest = sorted(category.decided, key=lambda p: p.metres)[len(category.decided) // 2 :]
    if len(gained) < settings.min_missed or not _surely_many(farthest, settings):
        return None
    return Change("wider", wider, (), (), tuple(gained))


def _smaller(rule: Rule) -> Iterable[Rule]:
    radii = [m for m in METRES if m < rule.radius_metres]
    windows = [h for h in HOURS if h < rule.window_hours]
    yield from (rule._replace(radius_metres=m) for m in radii)
    yield from (rule._replace(window_hours=h) for h in windows)


def _covering(values: Iterable[int], now: int, steps: Sequence[int]) -> int:
    """The least step that holds most of the values, not below what is in force and not far beyond it."""
    ordered = sorted(values)
    wanted = ordered[min(len(ordered) - 1, int(COVERED * len(ordered)))]
    if wanted <= now:
        return now
    able = [step for step in steps if now < step <= MOST_WIDER * now]
    return next((step for step in able if step >= wanted), able[-1] if able else now)


def _counts(pairs: Iterable[Pair]) -> tuple[int, int]:
    found = [pair.same for pair in pairs]
    return sum(found), len(found) - sum(found)


def _surely_few(pairs: Iterable[Pair], settings: Settings) -> bool:
    return chance_above(*_counts(pairs), settings.least_share) < settings.chance


def _surely_many(pairs: Iterable[Pair], settings: Settings) -> bool:
    return chance_above(*_counts(pairs), settings.good_share) > 1 - settings.chance


def _change(kind: Kind, rule: Rule, outside: Iterable[Pair]) -> Change:
    pairs = list(outside)
    return Change(kind, rule, tuple(p for p in pairs if not p.same), tuple(p for p in pairs if p.same), ())
