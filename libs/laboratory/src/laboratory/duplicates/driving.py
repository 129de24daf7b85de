"""The duplicates loop's own code over a log: the rules suggest pairs of its cases, people say what is planted, and each
proposal binds three days after it was made."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from common.contracts.events.rules import ProposeChange
from common.federation.country import Federation
from reflex.facts import CaseOpened, DuplicateDecided, DuplicateSuggested, ProposalAdopted
from reflex.loops.duplicates.loop import DuplicatesLoop
from reflex.loops.duplicates.patching import Patcher
from reflex.loops.duplicates.settings import Settings
from world import clock

from laboratory.adopting import Adopting, Made
from laboratory.duplicates.planting import Truth
from laboratory.logged_case import LoggedCase

SPEAKS = 0.7
"""Of suggestions, those on which a person says something."""
METRES_OF_A_DEGREE = 111_320.0
LONGEST = timedelta(days=30)


@dataclass(slots=True)
class Run:
    """What was suggested and said, and what was proposed."""

    suggested: int = 0
    refused: int = 0
    same: int = 0
    proposals: list[ProposeChange] = field(default_factory=list)
    adopted: int = 0


def drive(federation: Federation, cases: Sequence[LoggedCase], truth: Truth, random: Random, *, adopt: bool) -> Run:
    """Every case in order of opening; ticks of six hours."""
    adopting, run, settings = Adopting(federation), Run(), Settings()
    patcher = Patcher(adopting.book)
    loop = DuplicatesLoop(lambda now: settings, patcher, federation.category_title)
    near: dict[str, deque[LoggedCase]] = defaultdict(deque)
    sent = 0
    for _, until in clock.intervals(cases[0].opened_at, cases[-1].opened_at):
        while sent < len(cases) and cases[sent].opened_at <= until:
            _suggest(loop, patcher, cases[sent], near, truth, random, run)
            sent += 1
        for said in loop.on_tick(until):
            if isinstance(said, ProposeChange):
                run.proposals.append(said)
                if adopt:
                    adopting.wait(Made(until, said))
        loop.changed()
        run.adopted += sum(isinstance(fact, ProposalAdopted) for fact in adopting.decide(until))
    return run


def _suggest(
    loop: DuplicatesLoop, patcher: Patcher, case: LoggedCase, near: dict[str, deque[LoggedCase]], truth: Truth,
    random: Random, run: Run,
) -> None:  # fmt: skip
    """As routing does: the nearest earlier case of the category within the rule."""
    if case.cell is None or case.point is None:
        return
    category, region, at = case.cell[0], case.where.region, case.opened_at
    opened = CaseOpened(
        id=case.case_id, at=at, case_id=case.case_id, region=region, authority=case.ruled or "", category=category,
        area=case.where.area, channel=case.channel, priority=1, received_at=at, due_at=at, point=case.point,
    )  # fmt: skip
    loop.observe(opened)
    others = near[category]
    while others and others[0].opened_at < at - LONGEST:
        others.popleft()
    rule = patcher.rule(category, region, at)
    if rule is not None and rule.suggest:
        oldest = at - timedelta(hours=rule.window_hours)
        found = [(_metres(case, other), other) for other in others if other.opened_at >= oldest]
        within = [(metres, other) for metres, other in found if metres <= rule.radius_metres]
        if within:
            metres, other = min(within, key=lambda one: (one[0], one[1].case_id))
            _decide(loop, case, other, metres, truth, random, run)
    others.append(case)


def _decide(
    loop: DuplicatesLoop, case: LoggedCase, other: LoggedCase, metres: int, truth: Truth, random: Random, run: Run
) -> None:  # fmt: skip
    assert case.cell is not None
    about = {
        "at": case.opened_at, "case_id": case.case_id, "other_case": other.case_id, "region": case.where.region,
        "category": case.cell[0],
    }  # fmt: skip
    loop.observe(DuplicateSuggested(id=f"{case.case_id}:s", **about))
    run.suggested += 1
    minutes = round((case.opened_at - other.opened_at) / timedelta(minutes=1))
    same = random.random() < truth.chance(metres, minutes)
    if random.random() < SPEAKS:
        run.same, run.refused = run.same + same, run.refused + (not same)
        loop.observe(
            DuplicateDecided(id=f"{case.case_id}:d", same=same, distance_metres=metres, apart_minutes=minutes, **about)
        )


def _metres(case: LoggedCase, other: LoggedCase) -> int:
    (lat, lon), (north, east) = case.point or (0.0, 0.0), other.point or (0.0, 0.0)
    across = (lon - east) * math.cos(math.radians(lat))
    return round(METRES_OF_A_DEGREE * math.hypot(lat - north, across))
