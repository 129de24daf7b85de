"""A loop that others run, on a real broker: its program proposes under its own name; without rights nobody hears it."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import rules.app
from common.contracts.envelope import Envelope, header_map, to_headers
from common.contracts.events.base import Event
from common.contracts.events.clock import TimePassed
from common.contracts.events.region import CaseOpened, CaseTransferred
from common.contracts.signing import Signer
from common.runtime.service import Service
from confluent_kafka.admin import AclBindingFilter
from embedded.provision import administrator_of, provision_loop, remove_loop
from otklik.loop_check.life import LoopLife
from otklik.loop_check.topics import steps
from otklik.loop_new import lay_out
from provision.errors import ProvisionError
from provision.loop_access import LoopAccess
from provision.loop_command import add_to, run_loop
from provision.loops import loop_rights, loop_state, renew_loops
from pydantic import SecretStr

from tests.conftest import Ground
from tests.kafka import all_of, at_rest, eventually, send

NAME = "handed-on"
START = datetime(2011, 7, 1, 9, tzinfo=UTC)
CHECKED, REFUSED = "rules.proposal.checked.v1", "rules.command.refused.v1"
SECONDS = "12"
"""The program runs so long."""


async def say(ground: Ground, principal: str, topic: str, key: str, event: Event, at: datetime) -> None:
    body = event.model_dump_json().encode()
    envelope = Envelope(f"{key}:{event.type}:{at.isoformat()}", principal, event.type, at, key, key)
    if event.signed:
        signer = Signer.load(ground.keys, principal)
        assert signer is not None
        envelope = signer.sign(topic, key, envelope, body)
    await send(ground, principal, topic, [(key, to_headers(envelope), body)])


async def misrouted(ground: Ground, number: int) -> None:
    """A case of one cell that the first authority hands on."""
    at, case_id = START + timedelta(hours=number), f"case-{number}"
    common = {"case_id": case_id, "region": "north", "actor": "x"}
    opened = CaseOpened(
        **common, authority="yard-01", state="assigned", reference=f"REF-{number}", message_id=f"m{number}", area="01",
        category="pothole", priority=1, channel="web", citizen="p", text="A hole.", received_at=at,
        due_at=at + timedelta(days=9), release="north:1",
    )  # fmt: skip
    handed_on = CaseTransferred(**common, authority="yard-02", from_authority="yard-01", state="assigned")
    await say(ground, "regional-north", "region.north.cases", case_id, opened, at)
    await say(ground, "regional-north", "region.north.cases", case_id, handed_on, at + timedelta(hours=1))


async def tick(ground: Ground, since: datetime, until: datetime) -> None:
    await say(ground, "world", "clock.ticks", "clock", TimePassed(since=since, until=until), until)


async def run(folder: Path) -> str:
    """What the laid out program prints."""
    done = await asyncio.create_subprocess_exec(
        sys.executable, "loop.py", "run", SECONDS, cwd=folder, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told, _ = await done.communicate()
    return told.decode()


async def said(ground: Ground, kind: str) -> list[dict[str, object]]:
    """Bodies of the events of a type on rules.proposals."""
    records = await all_of(ground, "portal", "rules.proposals")
    return [json.loads(r.value or b"{}") for r in records if header_map(r.headers)["ce_type"] == kind]


async def stands(ground: Ground) -> list[str]:
    """The states of what the loop has proposed, as `otklik loop check` reads them."""
    stack, life = ground.stack, LoopLife(NAME)
    whoever = {"kafka_user": stack.kafka_user, "kafka_password": SecretStr(stack.kafka_password)}
    settings = ground.settings("rules").model_copy(update=whoever)
    told = [step.proposal.state async for step in steps(settings, life, beginning=True, to_end=True)]
    assert told
    return [one.state for one in life.proposals.values()]


async def test_a_program_outside_proposes_under_its_own_name_and_is_heard_no_more_when_it_is_taken_out(
    ground: Ground, tmp_path: Path
) -> None:
    service = Service(ground.settings("rules"), rules.app.build)
    await service.start()
    try:
        # While the services run: none of them is told.
        password = provision_loop(ground.stack, ground.installation, NAME)
        folder = tmp_path / NAME
        lay_out(folder, LoopAccess(ground.stack.kafka_bootstrap, ground.installation, NAME, password), ground.keys)
        for number in range(6):
            await misrouted(ground, number)
        looked = START + timedelta(days=4)
        await tick(ground, START - timedelta(hours=1), looked)
        await at_rest(ground, "rules")
        told = await run(folder)
        assert "proposed: pothole in 01: yard-02 instead of yard-01" in told, told
        assert await stands(ground) == ["not answered yet"]
        await tick(ground, looked, looked + timedelta(hours=6))

        async def checked() -> bool:
            return bool(await said(ground, CHECKED))

        await eventually(checked)
        (found,) = await said(ground, CHECKED)
        assert (found["loop"], found["patch"]["layer"]) == (NAME, "north")  # type: ignore[index]

        # The same program again: what it says is a repeat.
        assert f"{found['proposal_id']} checked" in await run(folder)
        await tick(ground, looked + timedelta(hours=6), looked + timedelta(hours=12))
        await at_rest(ground, "rules")
        assert len(await said(ground, CHECKED)) == 1
        assert await said(ground, REFUSED) == []
        assert await stands(ground) == ["checked"]
        state = loop_state(administrator_of(ground.stack), ground.installation, NAME)
        assert (state.user, state.missing) == (True, ())
        assert state.read is not None
        assert state.read > 0

        remove_loop(ground.stack, NAME)
        refused = await run(folder)
        assert "proposed: pothole" not in refused
        left = loop_state(administrator_of(ground.stack), ground.installation, NAME)
        assert not left.user
        assert any(right.startswith("read ") and "rules.proposals" in right for right in left.missing)
    finally:
        await service.stop()


def test_a_loop_that_was_let_in_before_is_given_what_the_catalogue_gives_loops_now(ground: Ground) -> None:
    administrator = administrator_of(ground.stack)
    provision_loop(ground.stack, ground.installation, NAME)
    lately = ground.installation.physical("reflex.warnings")
    mine = [b for b in loop_rights(ground.installation, NAME) if b.name == lately]
    admin = administrator.client()
    gone = admin.delete_acls(
        [
            AclBindingFilter(
                b.restype, b.name, b.resource_pattern_type, b.principal, b.host, b.operation, b.permission_type
            )
            for b in mine
        ]
    )
    assert sum(len(one.result()) for one in gone.values()) == len(mine) > 0
    assert f"read {lately}" in loop_state(administrator, ground.installation, NAME).missing
    renew_loops(administrator, ground.installation)
    assert loop_state(administrator, ground.installation, NAME).missing == ()


async def test_who_signs_with_another_key_is_refused_by_reason(ground: Ground, tmp_path: Path) -> None:
    service = Service(ground.settings("rules"), rules.app.build)
    await service.start()
    try:
        password = provision_loop(ground.stack, ground.installation, NAME)
        access = LoopAccess(ground.stack.kafka_bootstrap, ground.installation, NAME, password)
        folder = tmp_path / NAME
        # Its public key goes where no service looks.
        lay_out(folder, access, tmp_path / "elsewhere")
        for number in range(6):
            await misrouted(ground, number)
        looked = START + timedelta(days=4)
        await tick(ground, START - timedelta(hours=1), looked)
        await at_rest(ground, "rules")
        await run(folder)
        await tick(ground, looked, looked + timedelta(hours=6))

        async def refused() -> bool:
            return bool(await said(ground, REFUSED))

        await eventually(refused)
        (found,) = await said(ground, REFUSED)
        assert "has no public key here" in str(found["reason"])
        assert await said(ground, CHECKED) == []
    finally:
        await service.stop()


def asked(*words: str) -> str:
    """What the command for any cluster prints."""
    parser = argparse.ArgumentParser()
    add_to(parser)
    return "\n".join(run_loop(parser.parse_args(words)))


async def test_the_same_is_done_to_any_cluster_with_an_administrators_settings(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stack = ground.stack
    for variable, value in {
        "PREFIX": ground.installation.prefix, "KAFKA_BOOTSTRAP": stack.kafka_bootstrap, "KAFKA_USER": stack.kafka_user,
        "KAFKA_PASSWORD": stack.kafka_password, "FEDERATION": str(ground.federation),
    }.items():  # fmt: skip
        monkeypatch.setenv(f"OTKLIK_PROVISION_{variable}", value)
    with pytest.raises(ProvisionError, match="is a loop of the service reflex"):
        asked("add", "misrouting", "--into", str(tmp_path / "x"))
    printed = asked("add", "elsewhere", "--into", str(tmp_path / "x"))
    said = (tmp_path / "x/loop.env").read_text()
    password = next(line.split("'")[1] for line in said.splitlines() if line.startswith("OTKLIK_KAFKA_PASSWORD"))
    assert password not in printed
    assert {f.name for f in (tmp_path / "x").iterdir()} == {"loop.env", "loop.pem", "loop-elsewhere.pem"}
    with pytest.raises(ProvisionError, match="is there already"):
        asked("add", "elsewhere", "--into", str(tmp_path / "x"))
    assert "loop-elsewhere.pem" in asked("remove", "elsewhere")
    with pytest.raises(ProvisionError, match="there is no loop elsewhere"):
        asked("remove", "elsewhere")
