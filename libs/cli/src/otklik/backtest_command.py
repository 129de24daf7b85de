"""`otklik rules backtest`: what the archive said of a proposal, as it lies on the topic."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import typer
from common.contracts.events.archive import BacktestCounts, ProposalBacktested
from common.messaging.kafka import read_to_end

from otklik.console import console
from otklik.dead_letter_command import Desk, desk_at
from otklik.rules_asked import NotSaid
from otklik.rules_command import in_words
from otklik.rules_shown import PLAIN

PERSON = "a person"


def backtest(proposal: str, folder: Path) -> None:
    """Print the last backtest of a proposal; exits 1 where none is known."""
    with in_words():
        found = named(asyncio.run(_published(desk_at(folder))), proposal)
    for line in lines(found):
        console.print(line, **PLAIN)
    if found.verdict == "not_replayable":
        raise typer.Exit(1)


async def _published(desk: Desk) -> dict[str, ProposalBacktested]:
    """The last one of each proposal."""
    records = await read_to_end(desk.settings, desk.installation.physical("archive.backtests"))
    said = (ProposalBacktested.model_validate_json(r.value) for r in records if r.value)
    return {one.proposal_id: one for one in said}


def named(known: dict[str, ProposalBacktested], name: str) -> ProposalBacktested:
    """By the beginning of a proposal's id; raises NotSaid."""
    found = [one for proposal_id, one in known.items() if proposal_id.startswith(name)]
    if len(found) != 1:
        there = ", ".join(sorted(i[:8] for i in known)) or "none"
        raise NotSaid(f"{name!r} names {len(found)} proposals that were backtested; there are {there}")
    return found[0]


def lines(found: ProposalBacktested) -> Iterator[str]:
    """A backtest in plain words."""
    total = found.total
    yield f"proposal {found.proposal_id}, as of {found.as_of:%Y-%m-%d %H:%M} UTC: {found.verdict.replace('_', ' ')}"
    if found.reason is not None:
        yield f"  {found.reason}"
        return
    yield f"  {total.decisions:,} decisions made again, {total.changed:,} changed; {_left_out(found)}"
    if not total.changed:
        return
    yield f"  {found.known:,} changed cases ended or were passed on; it takes {found.fewest_known}"
    yield from (f"  {words}" for words in _effects(total, concluded=found.verdict == "known"))
    yield f"  cannot be known: {total.unknown:,} of {total.changed:,}"
    for flow in found.flows:
        there = f", {flow.ended_there:,} ended there" if flow.ended_there else ""
        yield f"  {flow.without or PERSON} -> {flow.instead or PERSON}: {flow.cases:,}{there}"
    for one in found.slices:
        yield f"  {one.dimension} {one.name}: {one.changed:,} of {one.decisions:,} changed, {one.unknown:,} unknown"


def _left_out(found: ProposalBacktested) -> str:
    if found.left_out_from is None or found.left_out_until is None:
        return "no days of evidence are named"
    days = f"{found.left_out_from:%Y-%m-%d} to {found.left_out_until:%Y-%m-%d}"
    return f"{found.left_out:,} from {days} left out as evidence"


def _effects(total: BacktestCounts, *, concluded: bool) -> Iterator[str]:
    if total.moved:
        saved = f"; transfers saved: at least {total.saved:,}" if concluded else ""
        yield f"to another authority: {total.moved:,}{saved}"
    if total.to_person:
        yield f"to a person instead of a rule: {total.to_person:,}"
    if total.to_rule:
        yield f"by rule instead of a person: {total.to_rule:,}"
    if total.timed and concluded:
        yield (
            f"answered with another deadline: {total.timed:,}; late by the old one {total.late_without:,}, by the new"
            f" one {total.late_with:,} (the deadline alone, as if nobody worked otherwise for it)"
        )
