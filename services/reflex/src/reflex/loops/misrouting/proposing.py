"""From a draft to the proposal that people judge, and the finding that it was made."""

from __future__ import annotations

from datetime import datetime

from common.contracts.envelope import derived_id
from common.contracts.events.base import Actor
from common.contracts.events.reflex.observations import FindingMade
from common.contracts.events.rules import ProposeChange

from reflex.loops.misrouting import wording
from reflex.loops.misrouting.evidence import evidence_of, placed_by_people
from reflex.loops.misrouting.forecast import forecast_of
from reflex.loops.misrouting.memory import Made, Memory
from reflex.loops.misrouting.rollup import Draft
from reflex.loops.misrouting.settings import InForce
from reflex.sortable_times import text_of


def propose(one: Draft, memory: Memory, rules: InForce, now: datetime) -> tuple[FindingMade, ProposeChange]:
    """Its cells have an open proposal from now on."""
    first = one.named[0].cell
    proposal = derived_id("proposal", one.patch.layer, first.key, one.target, text_of(now))
    days = rules.settings.flip_days
    flips = {n.cell.key: left for n in one.named if (left := n.cell.left_within(one.target, days, now)) is not None}
    evidence = evidence_of(one.target, one.named, one.kept, one.beside)
    if flips:
        evidence["flip"] = {"left": flips, "days": days}
    words = wording.proposal(one, flips=bool(flips))
    forecast = None
    if not placed_by_people(one.named):
        forecast = forecast_of(one.target, one.named, rules.background, memory.watched_since(now), now)
    command = ProposeChange(
        actor=Actor(id=wording.LOOP, role="loop"), proposal_id=proposal, title=wording.title(one, flips=bool(flips)),
        words=words, patch=one.patch, values=("effort", "timeliness"), scope=wording.scope(one),
        evidence=evidence, forecast=forecast, needs_person=bool(flips), loop=wording.LOOP,
    )  # fmt: skip
    made = Made(proposal, text_of(now), one.target, {n.cell.key: n.cell.current for n in one.named})
    memory.made[f"made|{proposal}"] = made
    for named in one.named:
        memory.cells.setdefault(named.cell.key, named.cell).proposal = proposal
    memory.changed |= {f"made|{proposal}", *made.cells}
    return wording.proposed(one, first, evidence, words, proposal, now), command
