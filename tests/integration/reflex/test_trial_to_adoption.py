"""A change of jurisdiction on the real Kafka and PostgreSQL: a person accepts it, half of the cases follow it, the loop
`trial` sees that those are not handed on, and rules adopt it for all."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from common.contracts.events import clock, rules
from common.contracts.events import routing as routing_events
from common.contracts.patch import Patch, RowChange
from common.federation.country import load_federation
from common.rulebook.jdm import document_of, rows_of
from common.rulebook.release import NATIONAL
from embedded.stack import Stack

from tests.conftest import FEDERATION, Ground, new_ground
from tests.integration.reflex.test_loop_to_route import APPS, CENTRE, NOW, moved, register, running, tell
from tests.kafka import at_rest, records_of, types_of

CASES = [(f"case-{n:02}", "02") for n in range(40)]


@pytest.fixture
async def trying(stack: Stack, tmp_path: Path) -> AsyncIterator[Ground]:
    """An installation whose rules say that changes of jurisdiction are tried on half of the cases."""
    folder = tmp_path / "federation"
    shutil.copytree(FEDERATION, folder)
    row = {
        "table": '"jurisdiction"', "rows": "", "unit": '"case"', "steps": '"50 100"', "least_outcomes": "5",
        "longest_days": "60", "holdout_percent": "0", "holdout_days": "0",
        "cases_beside": "0",
    }  # fmt: skip
    table = folder / "rulebook" / NATIONAL / "trial.json"
    table.write_text(json.dumps(document_of("trial", [("jurisdiction", row)])))
    async with new_ground(stack, tmp_path, folder) as ground:
        yield ground


def change(ground: Ground) -> Patch:
    """The nation's row of street lights gives them to the signals office."""
    national = next(r for r in load_federation(ground.federation).base_releases() if r.layer == NATIONAL)
    row_id, before = next(
        (row_id, cells)
        for row_id, cells in rows_of("jurisdiction", national.tables["jurisdiction"])
        if cells["category"] == '"street-light"' and not cells["area"]
    )
    after = {**before, "authority": '"signals"'}
    row = RowChange(op="set", row_id=row_id, before=before, after=after)
    return Patch(layer=NATIONAL, base_number=1, table="jurisdiction", changes=(row,))


async def test_half_of_the_cases_show_that_a_change_is_right_and_all_follow_it(trying: Ground) -> None:
    ground = trying
    counted, until = NOW + timedelta(days=7), NOW + timedelta(days=7, hours=6)
    async with running(ground):
        ask = rules.ProposeChange(
            actor=CENTRE, proposal_id="p-1", title="Lights", words="They end there", patch=change(ground)
        )
        await tell(ground, "world", "rules.commands", "p-1", ask, NOW)
        await records_of(ground, "world", "rules.proposals", 1)
        yes = rules.DecideProposal(actor=CENTRE, proposal_id="p-1", accept=True, reason="Let us see")
        await tell(ground, "world", "rules.commands", "p-1", yes, NOW)
        steps = await records_of(ground, "world", "rules.proposals", 3)
        assert types_of(steps)[2] == rules.TrialStarted.type
        started = rules.TrialStarted.model_validate_json(steps[2].value or b"")
        await at_rest(ground, *APPS)
        for case_id, area in CASES:
            await register(ground, case_id, area, started.effective_at + timedelta(minutes=1))
        records = await records_of(ground, "routing", "region.north.assignments", len(CASES))
        given = [routing_events.CaseAssigned.model_validate_json(r.value or b"") for r in records]
        assert {(e.authority, e.arms[0].arm) for e in given} == {("lighting", "current"), ("signals", "candidate")}
        await records_of(ground, "world", "region.north.cases", 2 * len(CASES))
        old = [(e.case_id, "02", NOW) for e in given if e.authority == "lighting"]
        await moved(ground, old)
        await records_of(ground, "world", "region.north.cases", 2 * len(CASES) + len(old))
        await at_rest(ground, *APPS)
        first = clock.TimePassed(since=NOW, until=counted)
        await tell(ground, "world", "clock.ticks", "clock", first, counted)
        await at_rest(ground, *APPS)
        order = (await records_of(ground, "rules", "rules.commands", 3))[-1]
        assert types_of([order]) == [rules.AdoptTrial.type]
        second = clock.TimePassed(since=counted, until=until)
        await tell(ground, "world", "clock.ticks", "clock", second, until)
        last = (await records_of(ground, "world", "rules.proposals", 4))[-1]
        adopted = rules.ProposalAdopted.model_validate_json(last.value or b"")
        assert not adopted.canary_skipped
        assert adopted.numbers is not None
        assert adopted.numbers["gain"] >= 20
        await at_rest(ground, *APPS)
        await register(ground, "later", "02", adopted.effective_at + timedelta(minutes=1))
        records = await records_of(ground, "routing", "region.north.assignments", len(CASES) + 1)
        later = next(
            e
            for e in (routing_events.CaseAssigned.model_validate_json(r.value or b"") for r in records)
            if e.case_id == "later"
        )
        assert (later.authority, later.arms) == ("signals", ())
