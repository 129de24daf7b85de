"""A life over a real broker: the service is stopped in the middle, every record is sent twice, and the record of it all
holds; a roll back is in force at once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import rules.app
from common.contracts.events.base import Actor, Command, Event
from common.contracts.events.clock import TimePassed
from common.contracts.events.deliberation import DeliberationClosed
from common.contracts.events.rules import (
    DecideProposal,
    ProposeChange,
    ReleasePublished,
    RollBackTrial,
    StepTrial,
    TrialRolledBack,
)
from common.contracts.patch import Patch, RowChange
from common.rulebook.jdm import document_of
from common.runtime.service import Service
from embedded.stack import Stack
from rules.verify import examined

from tests.conftest import FEDERATION, Ground, new_ground
from tests.end_to_end.system import command, fact
from tests.kafka import all_of, at_rest, records_of
from tests.operator_commands import otklik
from tests.unit.rules.scene import TERMS, TRIAL

HEAD = Actor(id="head:north", role="regional_head", scope="north")
WATCHER = Actor(id="trial", role="loop")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEP = timedelta(hours=6)
P1 = {"category": '"pothole"', "area": '"01"', "authority": '"yard-01"'}


def asking(folder: Path) -> Path:
    """The tests' federation, whose nation has proposals argued and tried."""
    shutil.copytree(FEDERATION, folder)
    national = folder / "rulebook" / "national"
    argued = document_of("deliberation", [("argued", {"table": "", "layer": '"overlay"', **TERMS})])
    tried = document_of("trial", [("routes", {**TRIAL, "table": '"jurisdiction"'})])
    (national / "deliberation.json").write_text(json.dumps(argued))
    (national / "trial.json").write_text(json.dumps(tried))
    return folder


class Life:
    """What is sent, in order, so that it can be sent again."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.now = NOON
        self._sent: list[Callable[[], Awaitable[object]]] = []

    async def order(self, given: Command, principal: str = "world") -> None:
        """By a loop at the end of the last tick, by a person some time after it."""
        at = self.now if principal == "reflex" else self.now + STEP / 2
        key = str(getattr(given, "proposal_id", ""))
        await self._send(lambda: command(self.ground, "rules.commands", key, given, principal, at))

    async def hear(self, principal: str, topic: str, said: Event) -> None:
        at, key = self.now + STEP / 2, str(getattr(said, "proposal_id", ""))
        await self._send(lambda: fact(self.ground, principal, topic, key, said, at))

    async def tick(self) -> None:
        since, self.now = self.now, self.now + STEP
        passed = TimePassed(since=since, until=self.now)
        await at_rest(self.ground, "rules")
        await self._send(lambda: fact(self.ground, "world", "clock.ticks", "clock", passed, passed.until))
        await at_rest(self.ground, "rules")

    async def send_all_again(self) -> None:
        for send in self._sent:
            await send()
        await at_rest(self.ground, "rules")

    async def record(self) -> list[bytes]:
        return [one.value or b"" for one in await all_of(self.ground, "portal", "rules.lifecycle")]

    async def _send(self, one: Callable[[], Awaitable[object]]) -> None:
        self._sent.append(one)
        await one()


async def test_a_life_over_restarts_and_records_sent_twice_leaves_one_record_that_holds(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with new_ground(stack, tmp_path, asking(tmp_path / "federation")) as ground:
        life = Life(ground)
        service = Service(ground.settings("rules"), rules.app.build)
        await service.start()
        row = RowChange(op="set", row_id="p1", before=P1, after={**P1, "authority": '"yard-03"'})
        patch = Patch(layer="north", base_number=1, table="jurisdiction", changes=(row,))
        await life.tick()
        await life.order(ProposeChange(actor=HEAD, proposal_id="p1", title="Yard 3", words="", patch=patch))
        await life.tick()
        may = DeliberationClosed(
            proposal_id="p1", outcome="may_be_decided", reason="supported", closed_at=life.now + STEP / 2
        )
        await life.hear("deliberation", "deliberation.proceedings", may)
        await at_rest(ground, "rules")
        await service.stop()

        service = Service(ground.settings("rules"), rules.app.build)
        await service.start()
        # No tick has passed since the deliberation ended: who decides has read that it has.
        await life.order(DecideProposal(actor=HEAD, proposal_id="p1", accept=True, reason="It is nearer"))
        await life.tick()
        await life.order(StepTrial(actor=WATCHER, proposal_id="p1", reason="gain"), "reflex")
        await service.stop()

        service = Service(ground.settings("rules"), rules.app.build)
        await service.start()
        try:
            await life.tick()
            await life.order(RollBackTrial(actor=WATCHER, proposal_id="p1", reason="harm", guard="overdue"), "reflex")
            await at_rest(ground, "rules")
            for _ in range(3):
                await life.tick()
            before = await life.record()
            await life.send_all_again()
            assert await life.record() == before
            report = examined(before)
            assert report.faults == ()
            verified = await otklik(ground, monkeypatch, "verify-record", "--export", str(tmp_path / "record"))
            assert verified.exit_code == 0, verified.output
            assert f"all {len(before)} links hold and agree with the published heads, 2 in number" in verified.output
            assert (tmp_path / "record").read_bytes().splitlines() == before
        finally:
            await service.stop()

        steps = [json.loads(raw)["step"] for raw in before]
        assert steps[3:] == [
            "rules.proposal.checked", "deliberation.closed", "rules.proposal.accepted", "rules.release.published",
            "rules.trial.started", "rules.release.published", "rules.trial.stepped", "rules.release.published",
            "rules.release.published", "rules.trial.rolled_back",
        ]  # fmt: skip
        (rolled,) = [
            TrialRolledBack.model_validate_json(one.value or b"")
            for one in await records_of(ground, "portal", "rules.proposals", 5)
            if dict(one.headers)["ce_type"] == TrialRolledBack.type.encode()
        ]
        releases = [
            ReleasePublished.model_validate_json(one.value or b"")
            for one in await all_of(ground, "portal", "rules.releases")
        ]
        ended = {r.number: r for r in releases if r.layer == "north"}
        assert ended[rolled.number].effective_at == rolled.effective_at < ended[rolled.number + 1].effective_at
        assert ended[rolled.number].trials == ended[rolled.number + 1].trials == ()
