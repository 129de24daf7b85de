"""Places at which a problem comes again, and batches of one hour, planted where nothing else of the kind is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from reflex.ground import flat

from laboratory.logged_case import LoggedCase

PLACES = 10
TIMES, EVERY = 5, timedelta(days=9)
BATCH, BATCH_IN = 20, timedelta(hours=1)
REPAIRED_AFTER = timedelta(days=3)
CLEAR_M = 100.0
"""No other case of the category lies within so many metres."""
TRIES = 400


@dataclass(frozen=True, slots=True)
class Planted:
    """A place by the first case there; `ids` are those of its cases."""

    category: str
    point: tuple[float, float]
    since: datetime
    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Crop:
    """What is planted in one run."""

    places: tuple[Planted, ...]
    cases: tuple[LoggedCase, ...]


def plant(
    cases: Sequence[LoggedCase], around: Sequence[LoggedCase], random: Random, on_order: frozenset[str], *, batch: bool
) -> Crop:
    """Ten places, each made of a case of the later part moved to where no other of its category is; `around` are all
    cases, and what people order is no defect."""
    last = cases[-1].opened_at - (TIMES * EVERY)
    ground = [
        c for c in cases if c.point is not None and c.cell is not None and c.joins is None and c.cell[0] not in on_order
    ]
    early = [c for c in ground if c.opened_at < last] or ground
    places: list[Planted] = []
    made: list[LoggedCase] = []
    for _ in range(TRIES):
        if len(places) == PLACES or not early:
            break
        model = random.choice(early)
        assert model.point is not None
        assert model.cell is not None
        point = (model.point[0] + random.uniform(-0.004, 0.004), model.point[1] + random.uniform(-0.004, 0.004))
        if not _clear(model.cell[0], point, around):
            continue
        name = f"planted-{len(places)}"
        times = [model.opened_at + _after(n, batch=batch, random=random) for n in range(BATCH if batch else TIMES)]
        found = [_case(model, f"{name}-{n}", at, point, random) for n, at in enumerate(times)]
        made += found
        places.append(Planted(model.cell[0], point, model.opened_at, frozenset(c.case_id for c in found)))
    return Crop(tuple(places), tuple(made))


def _after(number: int, *, batch: bool, random: Random) -> timedelta:
    if batch:
        return random.random() * BATCH_IN
    return number * EVERY + timedelta(hours=random.uniform(-3, 3))


def _case(model: LoggedCase, name: str, at: datetime, point: tuple[float, float], random: Random) -> LoggedCase:
    near = (point[0] + random.uniform(-5e-5, 5e-5), point[1] + random.uniform(-5e-5, 5e-5))
    return replace(
        model, case_id=name, opened_at=at, closed_at=at + REPAIRED_AFTER * random.uniform(0.5, 1.5), point=near
    )


def _clear(category: str, point: tuple[float, float], around: Sequence[LoggedCase]) -> bool:
    here = flat(*point)
    for case in around:
        if case.point is not None and case.cell is not None and case.cell[0] == category:
            there = flat(*case.point)
            if (there.x - here.x) ** 2 + (there.y - here.y) ** 2 < CLEAR_M**2:
                return False
    return True
