"""What is wrong in a run: in the world, with what people propose, or with who speaks about proposals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from world.log import LogRow

from laboratory.cycle.pushed import Pushed, harmful, idle
from laboratory.deadline import planting as times
from laboratory.deadline.shuffling import shuffled as times_dealt
from laboratory.logged_case import LoggedCase
from laboratory.misrouting.desks import IMPERFECT, PERFECT, Manners
from laboratory.misrouting.faults.fault import Fault, Ground, Moved, ground_of, with_faults
from laboratory.misrouting.faults.moved_office import moved_office
from laboratory.misrouting.faults.wrong_category import wrong_category
from laboratory.misrouting.shuffling import shuffled as owners_dealt
from laboratory.study import Scenario
from laboratory.subject import Subject
from laboratory.thinning import thinned

COVERED = 0.2
"""Share of all cases that the wrong rules of a run should cover, as far as the log has places for it."""
DRAWS = 60
SLOW_TYPES = 3
SLOWER_REGION = 1.7
"""So many times as long answers take in a biased region."""
TIMES = {scenario.name: scenario for scenario in times.FAULTS}


def shuffled(rows: Sequence[LogRow], seed: int) -> Sequence[LogRow]:
    """Who had a case is dealt out anew in its cell, and how long it took within its type."""
    return times_dealt(owners_dealt(rows, seed), seed)


@dataclass(frozen=True)
class Recipe:
    """What a scenario plants."""

    wrong_rules: tuple[Fault, ...] = ()
    slower: tuple[str, ...] = ()
    """Faults of `deadline.planting`."""
    types: int | None = None
    """Of these, in so many types; None: in all that the fault is drawn for."""
    biased: bool = False
    manners: Manners = PERFECT
    pushed: Callable[[Subject, Random], Pushed | None] | None = None
    brigade: bool = False
    rival: bool = False


def _from_the_first_day(fault: Fault) -> Fault:
    def planted(ground: Ground, random: Random) -> list[Moved]:
        return [replace(one, since=ground.cases[0].opened_at) for one in fault(ground, random)]

    return planted


WRONG_MAP = _from_the_first_day(wrong_category)
WRONG_RULES = (moved_office, WRONG_MAP)
SLOWER = ("unrealistic_deadline", "slow_down_2")
NO_FAULT = Scenario("no_fault", "nothing is planted", plants=False)
SHUFFLED = Scenario(
    "shuffled", "nothing is planted, and nothing in the log changes over time", plants=False, shuffling=shuffled
)
RECIPES: dict[Scenario, Recipe] = {
    Scenario(
        "mixed", "a fifth of the cases belong to others than the rules say; some types and a region are slower"
    ): Recipe(WRONG_RULES, SLOWER, SLOW_TYPES, biased=True),
    Scenario("mixed_imperfect_desks", "the same; a fifth of misroutes is kept, a tenth goes astray, a fifth late"): (
        Recipe(WRONG_RULES, SLOWER, SLOW_TYPES, biased=True, manners=IMPERFECT)
    ),
    Scenario("moved_offices", "a fifth of the cases, or what offices' moves can cover, belong to other offices"): (
        Recipe((moved_office,))
    ),
    Scenario("wrong_categories", "a fifth of the cases, or what categories can cover, belong to others everywhere"): (
        Recipe((WRONG_MAP,))
    ),
    Scenario("unrealistic_deadline", "some types take 3.3 times as long, from the first day"): (
        Recipe(slower=("unrealistic_deadline",))
    ),
    Scenario("slow_down", "some types take twice as long"): Recipe(slower=("slow_down_2",)),
    Scenario("biased_region", "all takes 1.7 times as long in one region"): Recipe(biased=True),
    Scenario("gradual_drift", "some types take a fifth longer with every two weeks"): (
        Recipe(slower=("gradual_drift",))
    ),
    Scenario("season", "all types take up to a third longer and back again", plants=False): Recipe(slower=("season",)),
    Scenario("harmful_change", "a person proposes to give a busy category to a wrong office, and people agree"): (
        Recipe(pushed=harmful)
    ),
    Scenario("idle_change", "a person proposes a change that changes nothing, and people agree", plants=False): (
        Recipe(pushed=idle)
    ),
    Scenario("brigading", "300 false voices for a harmful change, and against each proposal of a loop"): (
        Recipe(WRONG_RULES, pushed=harmful, brigade=True)
    ),
    Scenario("rival_loops", "a second loop proposes to take back each change that misrouting has brought"): (
        Recipe(WRONG_RULES, rival=True)
    ),
}  # fmt: skip
NOTHING = Recipe()


@dataclass(frozen=True)
class World:
    """The cases as they truly are, and what is planted."""

    cases: list[LoggedCase]
    moved: list[Moved]
    covered: float
    """Share of the cases that belong to another authority than the rules of the first day say by what is planted."""
    slowed: frozenset[str] = frozenset()
    """Cases that take longer."""
    recipe: Recipe = field(default=NOTHING)
    pushed: Pushed | None = None


def world_of(subject: Subject, scenario: Scenario, seed: int) -> World:
    """The same for the same seed."""
    recipe = RECIPES.get(scenario, NOTHING)
    random = Random(f"cycle:{scenario.name}:{seed}")
    ground = ground_of(subject.federation, subject.cases)
    moved = _wrong_rules(ground, recipe, random)
    before = thinned(subject.cases, 0 if scenario.shuffling else seed)
    cases = with_faults(before, moved, seed)
    wrong = sum(a.really != b.really for a, b in zip(before, cases, strict=True))
    slower = _slower(cases, recipe, random, seed)
    slowed = frozenset(a.case_id for a, b in zip(cases, slower, strict=True) if a.closed_at != b.closed_at)
    pushed = recipe.pushed(subject, random) if recipe.pushed is not None else None
    return World(slower, moved, wrong / len(cases), slowed, recipe, pushed)


def _wrong_rules(ground: Ground, recipe: Recipe, random: Random) -> list[Moved]:
    """Faults are drawn in turn until they cover the wanted share; a cell is moved once."""
    if not recipe.wrong_rules:
        return []
    found: dict[tuple[str, str], Moved] = {}
    covered, wanted, last = 0.0, COVERED * len(ground.cases), ground.cases[-1].opened_at
    span = (last - ground.cases[0].opened_at) / timedelta(days=1)
    for number in range(DRAWS):
        for one in recipe.wrong_rules[number % len(recipe.wrong_rules)](ground, random):
            if covered >= wanted:
                return list(found.values())
            if one.cell not in found:
                found[one.cell] = one
                left = (last - one.since) / timedelta(days=1) / span
                covered += ground.ends[one.cell][one.old] * left
    return list(found.values())


def _slower(cases: Sequence[LoggedCase], recipe: Recipe, random: Random, seed: int) -> list[LoggedCase]:
    """The cases with the times that answers then take."""
    since: dict[str, tuple[Scenario, datetime]] = {}
    for name in recipe.slower:
        drawn = times.planted(cases, TIMES[name], seed)
        for one in drawn if recipe.types is None else random.sample(drawn, min(recipe.types, len(drawn))):
            since.setdefault(one.category, (TIMES[name], one.since))
    region, from_then = "", cases[0].opened_at
    if recipe.biased:
        region = random.choice(sorted({case.where.region for case in cases}))
        from_then += (cases[-1].opened_at - from_then) * random.uniform(0.1, 0.4)
    return [_timed(case, since, seed, region, from_then) for case in cases]


def _timed(
    case: LoggedCase, since: dict[str, tuple[Scenario, datetime]], seed: int, region: str, from_then: datetime
) -> LoggedCase:  # fmt: skip
    if case.cell is None or case.closed_at is None:
        return case
    if (fault := since.get(case.cell[0])) is not None:
        stands = times.course(case, {case.cell[0]: fault[1]}, fault[0], seed).stands_at
        case = replace(case, closed_at=stands) if stands is not None else case
    if case.where.region == region and case.opened_at >= from_then and case.closed_at is not None:
        case = replace(case, closed_at=case.opened_at + SLOWER_REGION * (case.closed_at - case.opened_at))
    return case
