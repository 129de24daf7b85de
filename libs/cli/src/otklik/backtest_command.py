"""`otklik rules backtest`: what the archive said of a proposal, as it lies on the topic, or says of files."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from common.contracts.events.archive import BacktestCounts, ProposalBacktested
from common.contracts.patch import Patch
from common.messaging.kafka import read_to_end
from pydantic import BaseModel, Field

from otklik.console import console
from otklik.dead_letter_command import Desk, desk_at
from otklik.known_rules import published
from otklik.locate import find_running
from otklik.rule_files import read_layers
from otklik.rule_proposals import proposals
from otklik.rules_asked import NotSaid
from otklik.rules_command import in_words
from otklik.rules_shown import PLAIN, show_patch
from otklik.service_http import NoAnswer, fetch

PERSON = "a person"
VERDICTS = {
    "known": "enough is known of what came of such cases",
    "too_little_known": "too little is known of what came of such cases",
    "unchanged": "no past decision would have been another",
    "not_replayable": "it cannot be replayed",
}
PATIENCE_SECONDS = 90.0
"""The archive gives up before."""


def backtest(what: str, folder: Path) -> None:
    """Print the last backtest of a proposal, or one of each patch that files hold; exits 1 where there is none."""
    with in_words():
        if Path(what).exists():
            found = list(_of_files(Path(what), folder))
        else:
            found = [named(asyncio.run(_published(desk_at(folder))), what)]
    for one in found:
        for line in lines(one):
            console.print(line, **PLAIN)
    if any(one.verdict == "not_replayable" for one in found):
        raise typer.Exit(1)


def _of_files(source: Path, folder: Path) -> Iterator[ProposalBacktested]:
    port = find_running(folder).ports["archive"]
    asked = [asked_by(source)] if source.is_file() else _of_tables(source, folder)
    if not asked:
        console.print("what runs says the same: there is nothing to backtest", **PLAIN)
    for one in asked:
        show_patch(one.patch)
        yield answered(port, one)


def _of_tables(source: Path, folder: Path) -> list[AskedPatch]:
    """What would make the running rules say what a folder of tables says, a patch a table."""
    wanted = proposals(asyncio.run(published(desk_at(folder))), read_layers(source), "")
    return [AskedPatch(patch=one.patch) for one in wanted]


class AskedPatch(BaseModel):
    """What the archive is asked: a patch, and the evidence that it was made of, where there is any."""

    patch: Patch
    evidence: dict[str, Any] = Field(default_factory=dict)


def asked_by(file: Path) -> AskedPatch:
    """A patch as JSON, or a proposal with one; raises NotSaid."""
    try:
        body = json.loads(file.read_text())
        return AskedPatch.model_validate(body if isinstance(body, dict) and "patch" in body else {"patch": body})
    except (OSError, ValueError) as error:
        raise NotSaid(f"{file} holds no patch: {error}") from error


def answered(port: int, asked: AskedPatch) -> ProposalBacktested:
    """What the archive says of a patch that nobody has proposed; raises NoAnswer."""
    try:
        status, body = fetch(port, "/backtests", PATIENCE_SECONDS, asked.model_dump_json().encode())
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(f"the archive does not answer on port {port} ({type(error).__name__})") from error
    if status != 200:
        raise NoAnswer(f"the archive answered {status}: {body.decode(errors='replace')[:300]}")
    return ProposalBacktested.model_validate_json(body)


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
    name = f"proposal {found.proposal_id}" if found.proposal_id else "not proposed"
    yield f"{name}, as of {found.as_of:%Y-%m-%d %H:%M} UTC: {VERDICTS[found.verdict]}"
    if found.reason is not None:
        yield f"  {found.reason}"
        return
    yield f"  {total.decisions:,} decisions made again, {total.changed:,} of them changed; {_left_out(found)}"
    if found.unasked:
        words = "which hangs on the words of past messages or on early warnings, and these are not kept"
        yield f"  cannot be known: what {' and '.join(found.unasked)} would have changed, {words}"
    if not total.changed:
        return
    yield f"  {found.known:,} changed cases ended or were passed on; it takes {found.fewest_known} to conclude anything"
    yield from (f"  {words}" for words in _effects(total, concluded=found.verdict == "known"))
    yield f"  cannot be known: {total.unknown:,} of {total.changed:,}"
    for flow in found.flows:
        there = f", {flow.ended_there:,} ended there" if flow.ended_there else ""
        yield f"  {flow.without or PERSON} -> {flow.instead or PERSON}: {flow.cases:,}{there}"
    for one in found.slices:
        yield f"  {one.dimension} {one.name}: {one.changed:,} of {one.decisions:,} changed, {one.unknown:,} unknown"


def _left_out(found: ProposalBacktested) -> str:
    if found.left_out_from is None or found.left_out_until is None:
        return "none left out: the proposal names no days of evidence"
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
