"""The recurrence loop: whether a problem does come again at the places that it holds for the worst, and whether planted
ones are ordered about."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from common.contracts.events.reflex.prevention import PreventionOrdered
from common.rulebook.book import ReleaseBook
from reflex.ground import flat
from reflex.loop import LoopContext
from reflex.loops import recurrence
from reflex.loops.recurrence.place import Place
from reflex.loops.recurrence.settings import Settings

from laboratory.intervals import figure, median_delay
from laboratory.logged_case import LoggedCase
from laboratory.recurrence.planting import Crop, Planted, plant
from laboratory.recurrence.scattering import scattered
from laboratory.study import Aim, Column, Scenario
from laboratory.subject import Subject
from laboratory.watching import Watch, ticks

REPEAT = Scenario("repeat", "ten points, each with the same defect every nine days, five times")
BATCH = Scenario("batch", "ten points, each with twenty reports of one hour", plants=False)
NO_FAULT = Scenario("no_fault", "the log as it is", plants=False)
SHUFFLED = Scenario(
    "shuffled", "each request is moved by up to a kilometre: no place has more to it", plants=False, shuffling=scattered
)
TOP = 100
AHEAD = timedelta(days=30)
RANKINGS = 3
LEARNING = timedelta(days=60)
"""The loop has seen so much, at least, before its places are ranked."""
SETTINGS = Settings()


@dataclass(frozen=True, slots=True)
class Ran:
    """`top` are places ranked highest, `again` those of them at which a case came within 30 days; `followed` orders
    with 30 days after them, `came_again` those at whose place one came."""

    top: int
    again: int
    orders: int
    followed: int
    came_again: int
    planted: int
    delays: tuple[tuple[float, bool], ...]
    """Of planted places: days from the first case to the order, or to the log's end; whether there was one."""
    microseconds: float
    """A fact."""


class RecurrenceStudy:
    """Orders are given and nobody answers them: what comes afterwards is what the log says."""

    loop = "recurrence"
    scenarios = (REPEAT, BATCH)
    always = (NO_FAULT, SHUFFLED)
    columns = (
        Column("precision", "came again", "of the top 100 places, in 30 days"),
        Column("orders", "orders", "a run"),
        Column("order_precision", "after orders", "of their places, in 30 days"),
        Column("found", "found", "of planted places"),
        Column("delay", "delay", "days, median"),
        Column("microseconds", "cost", "microseconds a fact"),
    )
    aims = (
        Aim("no_fault", "precision", "of the top 100 places, a case in the next 30 days", least=0.28),
        Aim("repeat", "found", "of planted places, ordered about", least=0.9),
        Aim("batch", "found", "of planted batches, ordered about", most=0),
        Aim("no_fault", "microseconds", "microseconds a fact, ticks included", most=10),
    )
    truth = (
        "A place is right if the log has another case of its category within its radius, no duplicate, in the 30 days"
        " after the day of ranking or after the order. A planted place is found if an order is about it."
    )
    circles = (
        "Cases are closed when the log says so, which staff may do long after the repair, or without one.",
        "Nobody answers orders: what a prevention would have changed cannot be seen in a log.",
        "Planted defects lie where no other of their category is; where many are, they are easier found.",
    )

    def run(self, subject: Subject, scenario: Scenario, seed: int) -> Ran:
        random = Random(f"recurrence:{scenario.name}:{seed}")
        everything = [*subject.earlier, *subject.cases]
        crop = Crop((), ())
        if scenario in self.scenarios:
            on_order = frozenset(c.code for c in subject.federation.categories if c.on_order)
            crop = plant(subject.cases, everything, random, on_order, batch=scenario == BATCH)
        cases = sorted([*everything, *crop.cases], key=lambda c: (c.opened_at, c.case_id))
        return _run(subject, cases, crop, random)

    def figures(self, runs: Sequence[Ran]) -> Mapping[str, Any]:
        return {
            "precision": figure(runs, lambda rs: _share(sum(r.again for r in rs), sum(r.top for r in rs))),
            "orders": figure(runs, lambda rs: sum(r.orders for r in rs) / len(rs)),
            "order_precision": figure(
                runs, lambda rs: _share(sum(r.came_again for r in rs), sum(r.followed for r in rs))
            ),
            "found": figure(
                runs, lambda rs: _share(sum(ok for r in rs for _, ok in r.delays), sum(r.planted for r in rs))
            ),
            "delay": figure(runs, lambda rs: median_delay([d for r in rs for d in r.delays])),
            "microseconds": figure(runs, lambda rs: sum(r.microseconds for r in rs) / len(rs)),
        }


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _run(subject: Subject, cases: Sequence[LoggedCase], crop: Crop, random: Random) -> Ran:
    context = LoopContext(subject.federation, ReleaseBook(subject.federation.base_releases()))
    watch = Watch(recurrence.build(context))
    first, last = cases[0].opened_at, cases[-1].opened_at
    earliest = max(subject.cases[0].opened_at, first + LEARNING)
    days = max(0, (last - AHEAD - earliest) // timedelta(days=1))
    ranked_on = sorted({earliest + timedelta(days=random.randint(0, days)) for _ in range(RANKINGS)}) if days else []
    rows: dict[str, Mapping[str, Any]] = {}
    orders: list[PreventionOrdered] = []
    came = _Coming(cases)
    top = again = sent = 0
    began, spent = 0.0, 0.0
    for until in ticks(first, last):
        start = sent
        while sent < len(cases) and cases[sent].opened_at <= until:
            sent += 1
        watch.add(cases[start:sent])
        began = time.process_time()
        said = watch.tick(until)
        spent += time.process_time() - began
        orders += [one for one in said if isinstance(one, PreventionOrdered)]
        rows.update((k, v or {}) for k, v in watch.loop.changed().items() if k.startswith("place|"))
        while ranked_on and ranked_on[0] <= until:
            ranked_on.pop(0)
            best = _ranked(rows, until)
            top += len(best)
            again += sum(came.comes(p.category, (p.lat, p.lon), until) for p in best)
    followed = [o for o in orders if o.ordered_at + AHEAD <= last and not _of_planted(o, crop.places)]
    return Ran(
        top, again, len(orders), len(followed),
        sum(came.comes(o.category, (o.lat, o.lon), o.ordered_at) for o in followed), len(crop.places),
        tuple(_delay(place, orders, last) for place in crop.places), 1e6 * spent / max(watch.given, 1),
    )  # fmt: skip


def _ranked(rows: Mapping[str, Mapping[str, Any]], now: datetime) -> list[Place]:
    """The places that the loop holds for the worst."""
    today = now.toordinal()
    places = [Place.of(body) for body in rows.values() if body]
    return sorted(places, key=lambda p: (-p.score(today, SETTINGS.tau_days), p.key))[:TOP]


def _of_planted(order: PreventionOrdered, places: Sequence[Planted]) -> bool:
    return any(not place.ids.isdisjoint(order.cases) for place in places)


def _delay(place: Planted, orders: Sequence[PreventionOrdered], last: datetime) -> tuple[float, bool]:
    found = [o.ordered_at for o in orders if not place.ids.isdisjoint(o.cases)]
    until = min(found, default=last)
    return (until - place.since) / timedelta(days=1), bool(found)


class _Coming:
    """Which cases come where, by category."""

    def __init__(self, cases: Sequence[LoggedCase]) -> None:
        self._cases: dict[str, list[tuple[datetime, float, float]]] = {}
        for case in cases:
            if case.cell is not None and case.point is not None and case.joins is None:
                at = flat(*case.point)
                self._cases.setdefault(case.cell[0], []).append((case.opened_at, at.x, at.y))

    def comes(self, category: str, point: tuple[float, float], since: datetime) -> bool:
        here, until, squared = flat(*point), since + AHEAD, SETTINGS.radius_m**2
        return any(
            since < at < until and (x - here.x) ** 2 + (y - here.y) ** 2 <= squared
            for at, x, y in self._cases.get(category, ())
        )
