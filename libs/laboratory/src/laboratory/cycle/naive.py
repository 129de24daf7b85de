"""A run in which a naive rule changes the rules: nobody is asked, nothing is tried."""

from __future__ import annotations

import heapq
from datetime import datetime, timedelta

from common.contracts.events.rules import ProposeChange
from common.federation.country import Federation
from common.rulebook.placement import Placed, place
from reflex.facts import Fact
from world import clock

from laboratory.adopting import Adopting, Made
from laboratory.cycle.driving import Starts
from laboratory.cycle.handling import Handled, Handling
from laboratory.cycle.planting import World
from laboratory.misrouting.naive import NaiveLoop


def naive_run(federation: Federation, world: World, seed: int) -> list[Handled]:
    """Three of a cell's last six cases ended at one other authority: it gets the cell at the next tick."""
    adopting, starts = Adopting(federation, timedelta(0)), Starts(federation)
    handling, loop = Handling(federation, world.recipe.manners, seed), NaiveLoop(adopting.book)
    facts: list[tuple[datetime, str, Fact]] = []
    found: list[Handled] = []
    cases, sent = world.cases, 0
    for _, until in clock.intervals(cases[0].opened_at, cases[-1].opened_at):
        while sent < len(cases) and cases[sent].opened_at <= until:
            case, sent = cases[sent], sent + 1
            rulebook = adopting.book.in_force(case.where.region, case.opened_at)
            placed, due = place(case.case_id, case.type, case.where, rulebook), starts.due(case)
            if isinstance(placed, Placed) and due is not None:
                handled, said = handling.handle(case, placed, due, rulebook.release)
                found.append(handled)
                for fact in said:
                    if type(fact) in loop.facts:
                        heapq.heappush(facts, (fact.at, fact.id, fact))
        for decided in adopting.decide(until):
            loop.observe(decided)
        while facts and facts[0][0] < until:
            loop.observe(heapq.heappop(facts)[2])
        for proposal in loop.on_tick(until):
            if isinstance(proposal, ProposeChange):
                adopting.wait(Made(until, proposal))
    return found
