"""`otklik rules import`: files become proposals, signed for the installation; people decide on them as on any other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import typer
from common.contracts.envelope import header_map
from common.contracts.events.base import Event
from common.contracts.events.deliberation import DeliberationCommandRefused
from common.contracts.events.rules import ProposalChecked, ProposalRefused, ProposeChange, RulesCommandRefused
from common.contracts.patch import Patch
from common.messaging.kafka import read_to_end
from common.rulebook.about_changes import DELIBERATION, deliberation_inputs
from common.rulebook.bitsets import compile_table
from common.rulebook.jdm import parse_table
from common.rulebook.release import NATIONAL

from otklik.clock_command import desk_in_time, see
from otklik.console import console
from otklik.dead_letter_command import Desk
from otklik.known_rules import KnownRules, published
from otklik.rule_files import read_layers
from otklik.rule_proposals import proposals
from otklik.rules_asked import NotSaid
from otklik.rules_command import in_words
from otklik.rules_idea import IDEAS_TOPIC, answer_to, taking_up
from otklik.rules_shown import PLAIN, show_patch

TOPIC = "rules.commands"
ANSWERS: dict[str, type[Event]] = {m.type: m for m in (ProposalChecked, ProposalRefused, RulesCommandRefused)}
OUTCOME_SECONDS = 60.0
Answer = ProposalChecked | ProposalRefused | RulesCommandRefused | DeliberationCommandRefused
REFUSALS = (ProposalRefused, RulesCommandRefused, DeliberationCommandRefused)


def import_files(source: Path, words: str, propose: bool, folder: Path, idea: str | None = None) -> None:
    """Show how files differ from what runs, and propose it when asked to; exits 1 where something was refused.

    `idea` is the citizen's idea that the one proposal is made of, by its reference or id.
    """
    with in_words():
        desk, _ = desk_in_time(folder)
        rules = asyncio.run(published(desk))
        wanted = proposals(rules, read_layers(source), words)
        for one in wanted:
            console.print(f"{one.title}, proposal {one.proposal_id[:8]}", style="bold", **PLAIN)
            show_patch(one.patch)
        if not wanted:
            console.print("what runs says the same: there is nothing to propose", **PLAIN)
            return
        if not propose:
            console.print("nothing is proposed yet: --propose does it", **PLAIN)
            return
        if idea is not None and len(wanted) != 1:
            raise NotSaid(f"one proposal is made of an idea, and the files differ in {len(wanted)} tables")
        answers = asyncio.run(_propose(desk, wanted) if idea is None else _take_up(desk, idea, wanted[0]))
    for one in wanted:
        words = answer_words(rules, one.patch, answers.get(one.proposal_id))
        console.print(f"{one.proposal_id[:8]} {words}", **PLAIN)
    if any(isinstance(answers.get(one.proposal_id), REFUSALS) for one in wanted):
        raise typer.Exit(1)


async def _propose(desk: Desk, wanted: list[ProposeChange]) -> dict[str, Answer]:
    """Publish them, and what became of each that was answered in time."""
    sent = await desk.publish(TOPIC, [(one.proposal_id, one) for one in wanted], await now_of(desk))
    found: dict[str, Answer] = {}
    end = time.monotonic() + OUTCOME_SECONDS
    while len(found) < len(wanted) and time.monotonic() < end:
        found = await _answers(desk, sent)
        await asyncio.sleep(0.3 if len(found) < len(wanted) else 0)
    return found


async def _take_up(desk: Desk, idea: str, wanted: ProposeChange) -> dict[str, Answer]:
    """Order one to be made of a citizen's idea, and what became of it, where that was answered in time."""
    order = await taking_up(desk, idea, wanted)
    sent = await desk.publish(IDEAS_TOPIC, [(order.idea_id, order)], await now_of(desk))
    end = time.monotonic() + OUTCOME_SECONDS
    answer = await answer_to(desk, sent, order)
    while answer is None and time.monotonic() < end:
        await asyncio.sleep(0.3)
        answer = await answer_to(desk, sent, order)
    return {} if answer is None else {order.proposal_id: answer}


async def now_of(desk: Desk) -> datetime:
    """By the wall, or by the last tick where ticks make the time."""
    last = (await see(desk)).last if desk.settings.time != "wall" else None
    return last.until if last is not None else datetime.now(UTC)


async def _answers(desk: Desk, sent: Iterable[str]) -> dict[str, Answer]:
    """What rules have said to these commands, by proposal."""
    causes = set(sent)
    found: dict[str, Answer] = {}
    for record in await read_to_end(desk.settings, desk.installation.physical("rules.proposals")):
        headers = header_map(record.headers)
        model = ANSWERS.get(headers.get("ce_type", ""))
        if model is not None and record.value and headers.get("ce_causationid") in causes:
            said = model.model_validate_json(record.value)
            assert isinstance(said, ProposalChecked | ProposalRefused | RulesCommandRefused)
            found[said.proposal_id] = said
    return found


def answer_words(rules: KnownRules, patch: Patch, answer: Answer | None) -> str:
    """What was said to a proposal, and what it waits for."""
    if answer is None:
        return "has no answer yet: the portal's list of proposals says what becomes of it"
    if isinstance(answer, ProposalChecked):
        beside = [f"an open proposal changes one of its rows too: {name[:8]}" for name in answer.beside]
        warned = "".join(f"; {words}" for words in (*(f"the check warns: {f}" for f in answer.findings), *beside))
        return f"is checked; {_next(rules, patch)}{warned}"
    rows = "".join(f"; {row}" for row in answer.rows) if isinstance(answer, ProposalRefused) else ""
    return f"is refused: {answer.reason}{rows}"


def _next(rules: KnownRules, patch: Patch) -> str:
    """What the nation's newest rules ask of a change before somebody decides."""
    document = rules.layer(NATIONAL)[-1].tables.get(DELIBERATION)
    argued = document is not None and compile_table(parse_table(DELIBERATION, document)).decide(
        **deliberation_inputs(patch)
    )
    if argued:
        return "it is replayed on the past, then people argue about it, and only then may somebody decide"
    return "no argument is asked for: whoever is entitled may decide now"
