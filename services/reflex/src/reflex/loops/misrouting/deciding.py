"""Whether what a cell's cases say becomes a proposal, a question to people, or nothing yet."""

from __future__ import annotations

from datetime import datetime, timedelta

from common.contracts.events.reflex.observations import FindingMade

from reflex.loops.misrouting import wording
from reflex.loops.misrouting.cell import Cell
from reflex.loops.misrouting.kept import divided, of_desk
from reflex.loops.misrouting.lasting import LEAST_LASTING, lasting_of
from reflex.loops.misrouting.memory import Memory
from reflex.loops.misrouting.rollup import Candidate
from reflex.loops.misrouting.settings import InForce
from reflex.loops.misrouting.towards import towards
from reflex.sortable_times import text_of

CLARIFY_EVERY = timedelta(days=30)
FEWEST_TO_CLARIFY = 10
"""Counted cases of a cell, for it to be said that nobody wins there."""


def decide(cell: Cell, memory: Memory, rules: InForce, now: datetime) -> Candidate | FindingMade | None:
    """An alarm with a winner that is believed becomes a candidate; one without, a question to people: about its cell,
    or about its desk where some of its cases stay and others go on to one authority."""
    settings, background, moment = rules.settings, rules.background(cell.category), text_of(now)
    uncounted = memory.uncounted(cell)
    ahead = cell.ahead(uncounted, background)
    if ahead.detector.value < settings.sr_threshold:
        to_one = towards(cell, uncounted, memory.usual_of(cell.category), background, settings.min_cases)
        if to_one is None or to_one.detector.value < settings.sr_threshold:
            return None
        ahead = to_one
    winner = ahead.winner(memory.lateness.ratio, memory.may_move, memory.known(now))
    if winner is not None:
        back = cell.left_within(winner.target, settings.flip_days, now) is not None
        if winner.is_believed(settings, back=back) and lasting_of(winner, background) >= LEAST_LASTING:
            return Candidate(ahead, winner) if moment >= cell.quiet_until else None
    if cell.detector.value < settings.sr_threshold or len(cell.outcomes) < FEWEST_TO_CLARIFY:
        return None
    if moment < max(cell.clarified_until, cell.quiet_until):
        return None
    until = text_of(now + CLARIFY_EVERY)
    cell.clarified_until = until
    some = divided(cell, cell.winner(memory.lateness.ratio, memory.may_move), rules)
    if some is None:
        return wording.clarify(cell, now)
    desk = of_desk(some, memory.cells.values(), rules, moment)
    for one in desk:
        one.cell.clarified_until = until
        memory.changed.add(one.cell.key)
    return wording.kept(desk, now)
