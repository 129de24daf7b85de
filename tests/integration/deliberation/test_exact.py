"""Deliberation on the real Kafka and PostgreSQL: killed in each phase, told twice, recounted by an outsider."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from pathlib import Path

from common.contracts.events import deliberation as said
from common.contracts.events.intake import VoiceGiven
from embedded.stack import Stack

from tests.conftest import ROOT, Ground
from tests.deliberations import CENTRE, DAY, NOON, STEP, backtest, proposal, word
from tests.integration.deliberation.on_kafka import deliberating, killed_when, of, order, running, tell, tick, ticked
from tests.kafka import all_of, at_rest, records_of

OPEN = NOON + STEP
CITIZENS = 200


def given() -> list[VoiceGiven]:
    """200 citizens on a proposal: of ten one objects, and all of these think again; one proposal more has one voice."""
    voices = [word(f"citizen{n}", "support" if n % 10 else f"against: reason {n}", OPEN) for n in range(CITIZENS)]
    voices += [word(f"citizen{n}", f"against: still {n}", OPEN + STEP) for n in range(0, CITIZENS, 10)]
    return [*voices, word("anna", "support", OPEN, about="q")]


async def recounted(ground: Ground, proposal_id: str) -> tuple[int, str]:
    """What the program for outsiders says: its exit code and its words."""
    topics = {name: ground.installation.physical(f"deliberation.{name}") for name in ("voices", "proceedings")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deliberation.recount", proposal_id, "--bootstrap", ground.stack.kafka_bootstrap,
        "--topic", topics["voices"], "--closings", topics["proceedings"], "--user", "operator",
        env={**os.environ, "RECOUNT_PASSWORD": ground.passwords["operator"], "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def test_kills_in_each_phase_and_repeats_change_no_count(stack: Stack, tmp_path: Path) -> None:
    async with deliberating(stack, tmp_path) as ground, running(ground, "rules"):
        both = [(proposal("p"), NOON), (proposal("q"), NOON)]
        await tell(ground, "rules.proposals", both)
        await tell(ground, "archive.backtests", [(backtest("p"), NOON), (backtest("q"), NOON)])
        await killed_when(ground, "SELECT count(*) > 0 FROM tick_batch")
        async with running(ground, "deliberation"):
            await at_rest(ground, "deliberation")
        await tick(ground, OPEN)
        await killed_when(ground, "SELECT count(*) = 2 FROM deliberation WHERE stage = 'open'")
        voices = [(one, one.given_at) for one in given()]
        await tell(ground, "intake.voices", voices)
        await killed_when(ground, "SELECT count(*) > 3 FROM tick_batch")
        async with running(ground, "deliberation"):
            await at_rest(ground, "deliberation")
        await tick(ground, OPEN + STEP)
        await killed_when(ground, "SELECT count(*) > 0 FROM voice")
        async with running(ground, "deliberation"):
            await at_rest(ground, "deliberation")
            await tell(ground, "intake.voices", voices)
            await tell(ground, "rules.proposals", both)
            await ticked(ground, OPEN + 2 * STEP)
            published = of(await records_of(ground, "operator", "deliberation.voices", CITIZENS), said.VoiceCounted)
            objections = [v for v in published if v.stance == "object" and v.proposal_id == "p"]
            last = {v.speaker: v for v in objections}
            for voice in last.values():
                answer = said.AnswerObjection(
                    actor=CENTRE.actor, proposal_id="p", voice_id=voice.voice_id, words="the lamp comes"
                )
                await order(ground, answer, OPEN + DAY)
            await at_rest(ground, "deliberation")
            await tick(ground, OPEN + 7 * DAY + STEP)
            await at_rest(ground, "deliberation")
            proceedings = await all_of(ground, "operator", "deliberation.proceedings")
            heard = await all_of(ground, "operator", "deliberation.voices")
            notices = of(await all_of(ground, "operator", "deliberation.notices"), said.CitizenToBeTold)
        assert [e.code for e in of(proceedings, said.DeliberationCommandRefused)] == []
        closed = {e.proposal_id: e for e in of(proceedings, said.DeliberationClosed)}
        assert {e.proposal_id for e in of(proceedings, said.DeliberationOpened)} == {"p", "q"}
        assert len(of(proceedings, said.DeliberationOpened)) == len(of(proceedings, said.DeliberationClosed)) == 2
        assert (closed["q"].outcome, closed["q"].reason) == ("lapsed", "quorum_not_met")
        citizens = closed["p"].counts[0]
        assert (citizens.voices, citizens.support, citizens.object) == (CITIZENS, CITIZENS - 20, 20)
        assert (closed["p"].outcome, closed["p"].objections, closed["p"].unanswered) == ("may_be_decided", 20, 0)
        assert sum(b.voices for b in closed["p"].bursts) == CITIZENS
        numbers = Counter(
            (v.proposal_id, v.number) for kind in (said.VoiceCounted, said.ObjectionAnswered) for v in of(heard, kind)
        )  # fmt: skip
        assert set(numbers) == {*(("p", n) for n in range(1, CITIZENS + 41)), ("q", 1)}
        assert set(numbers.values()) == {1}
        told = Counter((t.citizen, t.kind, t.proposal_id, t.answers) for t in notices)
        assert set(told.values()) == {1}
        assert sum(t.kind == "may_be_decided" for t in notices) == CITIZENS
        assert [(t.citizen, t.facts["reason"]) for t in notices if t.kind == "lapsed"] == [("anna", "quorum_not_met")]
        code, words = await recounted(ground, "p")
        assert (code, f"citizen voices {CITIZENS} support 180 object 20" in words) == (0, True), words


async def test_false_objections_at_once_leave_the_decision_to_a_person_and_an_outsider_counts_both(
    stack: Stack, tmp_path: Path
) -> None:
    """Seven true people, of whom one says otherwise later; fifty false ones, in one minute by one channel."""
    true = [word(f"true{n}", "support" if n % 7 else "against: far", OPEN + n * STEP / 9) for n in range(7)]
    at = OPEN + 2 * STEP
    false = [word(f"false{n}", "against: no", at) for n in range(50)]
    repeated = word("true1", "against: I was told to", at)
    async with deliberating(stack, tmp_path) as ground, running(ground, "rules"):
        await tell(ground, "rules.proposals", [(proposal("p"), NOON)])
        await tell(ground, "archive.backtests", [(backtest("p"), NOON)])
        async with running(ground, "deliberation"):
            await ticked(ground, OPEN)
            await tell(ground, "intake.voices", [(one, one.given_at) for one in (*true, *false, repeated)])
            await ticked(ground, OPEN + 3 * STEP)
            heard = of(await all_of(ground, "operator", "deliberation.voices"), said.VoiceCounted)
            for voice in (v for v in heard if v.stance == "object"):
                answered = said.AnswerObjection(
                    actor=CENTRE.actor, proposal_id="p", voice_id=voice.voice_id, words="the lamp comes"
                )
                await order(ground, answered, OPEN + DAY)
            await ticked(ground, OPEN + 7 * DAY + STEP)
            proceedings = await all_of(ground, "operator", "deliberation.proceedings")
            notices = of(await all_of(ground, "operator", "deliberation.notices"), said.CitizenToBeTold)
        (closed,) = of(proceedings, said.DeliberationClosed)
        assert (closed.outcome, closed.reason, closed.disputed) == ("may_be_decided", "not_supported", True)
        (burst,) = closed.bursts
        assert (burst.source, burst.voices) == ("web", 51)
        assert closed.without_bursts is not None
        both = [count.counts[0] for count in (closed, closed.without_bursts)]
        assert [(c.voices, c.support, c.object) for c in both] == [(57, 5, 52), (7, 6, 1)]
        told = {t.citizen: t.facts for t in notices if t.kind == "may_be_decided"}
        assert len(told) == 57
        assert (told["true0"]["bursts"], told["true0"]["others_support"], told["true0"]["others_object"]) == (
            "50", "6", "1"
        )  # fmt: skip
        code, words = await recounted(ground, "p")
        assert (code, "citizen voices 57 support 5 object 52" in words) == (0, True), words


async def test_a_voice_is_never_published_under_the_name_that_services_know(stack: Stack, tmp_path: Path) -> None:
    async with deliberating(stack, tmp_path) as ground, running(ground, "rules", "deliberation"):
        await tell(ground, "rules.proposals", [(proposal("p"), NOON), (proposal("q"), NOON)])
        await tell(ground, "archive.backtests", [(backtest("p"), NOON), (backtest("q"), NOON)])
        await ticked(ground, OPEN)
        await tell(ground, "intake.voices", [(word("anna", "support", OPEN, about=name), OPEN) for name in ("p", "q")])
        await ticked(ground, OPEN + STEP)
        records = await all_of(ground, "operator", "deliberation.voices")
        assert len({v.speaker for v in of(records, said.VoiceCounted)}) == 2
        assert not [r for r in records if b"citizen" in (r.key or b"") or b'"anna"' in (r.value or b"")]


async def test_a_kill_while_groups_are_found_changes_none_and_an_outsider_finds_the_same(
    stack: Stack, tmp_path: Path
) -> None:
    near, far = "agree 1, 2, 3, 4; disagree 5, 6. Support", "agree 5, 6; disagree 1, 2, 3, 4. Against: far"
    async with deliberating(stack, tmp_path, formula='"group_aware"') as ground, running(ground, "rules"):
        await tell(ground, "rules.proposals", [(proposal("p"), NOON)])
        await tell(ground, "archive.backtests", [(backtest("p"), NOON)])
        statements = [(word(f"author{n}", f"comment: words {n}", OPEN), OPEN) for n in range(6)]
        verdicts = [(word(f"citizen{n}", far if n % 3 else near, OPEN + STEP), OPEN + STEP) for n in range(30)]
        async with running(ground, "deliberation"):
            await ticked(ground, OPEN)
            await tell(ground, "intake.voices", statements)
            await ticked(ground, OPEN + STEP)
            await tell(ground, "intake.voices", verdicts)
            await at_rest(ground, "deliberation")
        await tick(ground, OPEN + 2 * STEP)
        await killed_when(ground, "SELECT bool_or(groups_due) FROM deliberation")
        async with running(ground, "deliberation"):
            await at_rest(ground, "deliberation")
            await ticked(ground, OPEN + 3 * STEP)
            await ticked(ground, OPEN + 4 * STEP)
            await ticked(ground, OPEN + 7 * DAY + STEP)
            proceedings = await all_of(ground, "operator", "deliberation.proceedings")
        (found,) = of(proceedings, said.OpinionGroupsFound)
        assert (found.number, found.found_at) == (66, OPEN + 2 * STEP)
        assert [(g.people, g.support, g.object) for g in found.groups] == [(20, 0, 20), (10, 10, 0)]
        (closed,) = of(proceedings, said.DeliberationClosed)
        assert (closed.reason, closed.judged_by, closed.least_support) == ("not_supported", "group_aware", 0.0)
        code, words = await recounted(ground, "p")
        assert (code, "judgements 180 least support over groups 0.0" in words) == (0, True), words
