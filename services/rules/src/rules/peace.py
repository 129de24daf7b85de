"""What keeps proposals of loops from working against each other, and against what people have just decided. Pure.

It is judged by what became of earlier proposals, so an outside loop is held to it as well as one of this repository.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from common.contracts.events.rules import ProposeChange
from common.contracts.frozen import value
from common.contracts.patch import Patch
from common.contracts.precision import precision_percent
from common.contracts.refusals import Reason
from common.rulebook import NATIONAL, Release
from common.rulebook.about_changes import LOOP_LIMITS, loop_limit_inputs
from common.rulebook.bitsets import compile_table
from common.rulebook.jdm import parse_table

from rules.answers import Answers
from rules.model import OPEN, Proposal
from rules.sharing import offices, share_rows

SETBACKS = frozenset({"rejected", "lapsed", "rolled_back", "inconclusive", "reversed"})
"""States after which a row is left alone."""
REMEMBERED = timedelta(days=366)
"""Proposals that moved last before that count no more."""
MONTH = timedelta(days=30)
TAKEN_FOR = timedelta(days=7)
"""After that a loop may ask again whether a row is free."""


@value
class LoopLimits:
    """A row of table `loop_limits`."""

    most_proposals: int
    cooldown_days: float
    settling_days: float
    return_days: float


def limits_of(
    heads: Mapping[str, Release], loop: str, patch: Patch, known: Iterable[Proposal], now: datetime
) -> LoopLimits | None:
    """What the nation's rules allow a loop of such a precision; None where they say nothing."""
    document = heads[NATIONAL].tables.get(LOOP_LIMITS) if NATIONAL in heads else None
    if document is None:
        return None
    states = [p.state for p in known if _is_of(p, loop) and _within(p.moved_at, REMEMBERED, now)]
    hit = compile_table(parse_table(LOOP_LIMITS, document)).decide(
        **loop_limit_inputs(loop, patch, precision_percent(states))
    )
    if hit is None:
        return None
    said = hit.outputs
    return LoopLimits(
        int(said["most_proposals"]), float(said["cooldown_days"]), float(said["settling_days"]),
        float(said["return_days"]),
    )  # fmt: skip


def held_back(
    event: ProposeChange, heads: Mapping[str, Release], known: Iterable[Proposal], now: datetime, *, reverses: bool
) -> Reason | None:
    """Why a loop's proposal must wait, and until when; None when it need not. `reverses`: it takes an adopted change
    back, which needs no evidence from after that change."""
    proposals = list(known)
    on_row = [p for p in proposals if p.id != event.proposal_id and share_rows(p.patch, event.patch)]
    if reason := _taken(_with_wider(on_row, proposals), now):
        return reason
    limits = limits_of(heads, event.actor.id, event.patch, proposals, now)
    if limits is None:
        return None
    if not reverses and (reason := _cooling(on_row, limits, now) or _settling(on_row, limits, now)):
        return reason
    return _spent(event, proposals, limits, now)


def returns_to(
    gives: Answers, heads: Mapping[str, Release], event: ProposeChange, known: Iterable[Proposal], now: datetime
) -> datetime | None:
    """When the rules left a state to which a loop's change would return, if that is not long ago."""
    proposals = list(known)
    limits = limits_of(heads, event.actor.id, event.patch, proposals, now)
    if limits is None:
        return None
    longest = timedelta(days=limits.return_days)
    left = [
        at
        for p in proposals
        if (p.patch.layer, p.patch.table) == (event.patch.layer, event.patch.table)
        for at, state in _left(p)
        if _within(at, longest, now) and any(gives.get(asked) == said for asked, said in state.items())
    ]
    return max(left, default=None)


def _left(proposal: Proposal) -> list[tuple[datetime, Mapping[str, str]]]:
    """States of rules that a proposal has ended, and when."""
    if proposal.state == "rolled_back":
        return [] if proposal.moved_at is None else [(proposal.moved_at, proposal.gives)]
    return [] if proposal.adopted_at is None else [(proposal.adopted_at, proposal.left)]


def _with_wider(on_row: Iterable[Proposal], known: Iterable[Proposal]) -> list[Proposal]:
    """And those that have taken one of them up, and those that have taken these up."""
    by_id = {p.id: p for p in known}
    found = {p.id: p for p in on_row}
    left = list(found.values())
    while left:
        wider = by_id.get(left.pop().taken_up_by or "")
        if wider is not None and wider.id not in found:
            found[wider.id] = wider
            left.append(wider)
    return list(found.values())


def _taken(on_row: Iterable[Proposal], now: datetime) -> Reason | None:
    other = min((p for p in on_row if p.state in OPEN), key=lambda p: (p.checked, p.id), default=None)
    if other is None:
        return None
    prose = f"proposal {other.id}, which is {other.state}, changes what its rows say: a row has one open proposal"
    return Reason("row_taken", prose, other_proposal=other.id, until=(now + TAKEN_FOR).isoformat())


def _cooling(on_row: Iterable[Proposal], limits: LoopLimits, now: datetime) -> Reason | None:
    """Twice as long after each further setback of one of its rows."""
    failed = [p for p in on_row if p.role == "loop" and p.state in SETBACKS and p.taken_up_by is None]
    setbacks = [p.moved_at for p in failed if p.moved_at is not None and _within(p.moved_at, REMEMBERED, now)]
    if not setbacks or limits.cooldown_days <= 0:
        return None
    pause = timedelta(days=limits.cooldown_days) * 2 ** min(len(setbacks) - 1, 10)
    until = max(setbacks) + min(pause, REMEMBERED)
    if until <= now:
        return None
    prose = f"loops have failed {len(setbacks)} times with one of its rows: none asks again before {until.isoformat()}"
    return Reason("row_cools_down", prose, times=str(len(setbacks)), until=until.isoformat())


def _settling(on_row: Iterable[Proposal], limits: LoopLimits, now: datetime) -> Reason | None:
    changed = max((p.adopted_at for p in on_row if p.adopted_at is not None), default=None)
    until = None if changed is None else changed + timedelta(days=limits.settling_days)
    if until is None or until <= now:
        return None
    prose = f"one of its rows was changed lately: what it does is not known before {until.isoformat()}"
    return Reason("row_settles", prose, until=until.isoformat())


def _spent(event: ProposeChange, known: Iterable[Proposal], limits: LoopLimits, now: datetime) -> Reason | None:
    mine = [p for p in known if _is_of(p, event.actor.id) and p.id != event.proposal_id]
    for about in sorted(budgets(event.patch)):
        made = sorted(
            p.made_at
            for p in mine
            if p.made_at is not None and _within(p.made_at, MONTH, now) and about in budgets(p.patch)
        )
        if len(made) >= limits.most_proposals:
            until = made[-limits.most_proposals] + MONTH if limits.most_proposals else now + MONTH
            prose = (
                f"loop {event.actor.id} may propose {limits.most_proposals} changes about {about} in 30 days, and has;"
                f" again from {until.isoformat()} on"
            )
            return Reason("budget_spent", prose, about=about, most=str(limits.most_proposals), until=until.isoformat())
    return None


def budgets(patch: Patch) -> frozenset[str]:
    """What a proposal is counted against: each office that it names; without one its table in its layer."""
    return offices(patch) or frozenset({f"{patch.layer}:{patch.table}"})


def _is_of(proposal: Proposal, loop: str) -> bool:
    return proposal.role == "loop" and proposal.author == loop


def _within(at: datetime | None, span: timedelta, now: datetime) -> bool:
    return at is not None and now - at < span
