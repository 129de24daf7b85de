"""`otklik dlq` over more dead letters than anybody settles one by one."""

from __future__ import annotations

from pathlib import Path

import pytest
from common.contracts.envelope import Headers
from typer.testing import Result

from tests.conftest import Ground
from tests.forwarding import database, message, published, routing_service, send, texts, wait_for
from tests.kafka import eventually
from tests.operator_commands import otklik

MANY = 1_050


def unreadable(case_id: str) -> tuple[str, Headers, bytes]:
    key, headers, _ = message(case_id, 1)
    return key, headers, b"garbage"


async def dlq(ground: Ground, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    return await otklik(ground, monkeypatch, "dlq", *words)


async def open_letters(ground: Ground) -> int:
    async with database(ground) as db:
        found: int = await db.fetchval("SELECT count(*) FROM dead_letter WHERE settled IS NULL")
        return found


async def test_more_than_a_thousand_letters_are_listed_grouped_and_settled_by_what_they_have_in_common(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with routing_service(ground, tmp_path, stop_run=100_000, stop_ratio=1.0):
        await send(ground, [unreadable(f"case-{n}") for n in range(MANY)])
        await send(ground, [(*message("bodiless", 1)[:2], None), message("behind", 1, "after")])

        async def all_there() -> bool:
            return await open_letters(ground) == MANY + 1

        await eventually(all_there)
        # The command reads what is told of them.
        await wait_for(ground, MANY + 1, "routing.operations")
        listed = await dlq(ground, monkeypatch, "list")
        assert listed.exit_code == 0, listed.output
        assert listed.output.count("  open  ") == 100
        assert f"{MANY + 1 - 100} more" in listed.output
        assert "  case case-0" in listed.output
        assert "UTC" in listed.output

        counted = (await dlq(ground, monkeypatch, "list", "--groups")).output
        assert f"{MANY:,}  routing  intake.messages" in counted
        assert (await dlq(ground, monkeypatch, "skip")).exit_code == 1, "nothing was named"
        nobody = await dlq(ground, monkeypatch, "skip", "--topic", "nothing.here")
        assert (nobody.exit_code, "no open dead letter is like that" in nobody.output) == (1, True)

        settled = await dlq(ground, monkeypatch, "skip", "--service", "routing", "--reason", "JSON")
        assert settled.exit_code == 0, settled.output
        assert f"{MANY:,} ordered, {MANY:,} settled, 0 not" in settled.output
        left = (await dlq(ground, monkeypatch, "list")).output
        assert left.count("  open  ") == 1
        assert "  case bodiless" in left
        every = (await dlq(ground, monkeypatch, "list", "--all", "--limit", "5000")).output
        assert every.count("  skipped  ") == MANY
        await wait_for(ground, 1)
    assert texts(await published(ground), "behind") == ["after"]
