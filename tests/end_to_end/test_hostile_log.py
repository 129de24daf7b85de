"""A log with every fault goes through a federation learnt from it, and each message is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest
from embedded.stack import Stack
from world import clock
from world.choose_federation import choose
from world.run import Task

from tests.conftest import ROOT, new_ground
from tests.hostile_logs import HEAD, HOSTILE, plain, table
from tests.replayed import replayed

DAYS = 31
"""That the log lasts."""
USUAL = HEAD.encode() + b"\n"


RING = (
    plain(800, duplicate_of="801"), plain(801, duplicate_of="800"), plain(802, 9, duplicate_of="803"), plain(803, 10),
    plain(804, duplicate_of="804"), plain(805, 2, duplicate_of="800"),
)  # fmt: skip
"""Parents in a ring, later, of itself, and one of a ring."""


def everything_wrong() -> bytes:
    """All hostile logs that have the usual columns, one after the other, each with ids of its own; within one month."""
    rows = []
    for number, (_, log) in enumerate(sorted(HOSTILE.items())):
        if log.raw.startswith(USUAL):
            for line in log.raw.decode("utf-8", "replace").splitlines()[1:]:
                if line and "2022-11" not in line:
                    rows.append(f"{number}-{line}" if line[:1].isdigit() else line)
    return table(*rows, *RING, *(plain(900 + n, 1 + n % 3, type="Lamp", queue="Lights") for n in range(12)))


async def test_a_log_with_every_fault_is_replayed_to_its_end_and_accounted_for(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As a log of years does, it takes long steps: of a day.
    monkeypatch.setattr(clock, "MAX_INTERVALS", DAYS)
    path = tmp_path / "log.csv"
    path.write_bytes(everything_wrong())
    chosen = choose(path, None, ROOT / "deploy" / "federations" / "boston", tmp_path / "federation", "Asia/Kolkata")
    async with new_ground(stack, tmp_path, chosen.folder) as ground:
        report = await replayed(ground, Task(chosen.folder, path, accept="never"))
    assert report["run"]["hours_an_interval"] == 24
    account, stages = report["balance"], report["stages"]
    assert account["holds"], account
    assert account["acknowledged"] == report["log"]["rows"] == stages["intake"]["registered"]
    assert account["opened"] > 35
    assert report["dead_letters"] == {}
    assert report["log"]["left_out"]["no case id"] >= 1
    assert sum(sum(states.values()) for states in report["cases"].values()) == account["opened"]
    assert stages["notices"]["registered"] == account["acknowledged"]
