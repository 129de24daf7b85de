"""A log with every fault goes through a federation learnt from it, and each message is accounted for; one that is
interrupted says how far it is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from embedded.stack import Stack
from world import clock
from world.choose_federation import choose
from world.replay import Progress
from world.run import Cut, Task

from tests.conftest import ROOT, Ground, new_ground
from tests.hostile_logs import HEAD, HOSTILE, plain, table
from tests.replayed import Running, replayed

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
        await cut_in_its_third_interval(ground, chosen.folder, tmp_path / "later.csv")
    assert report["run"]["hours_an_interval"] == 24
    account, stages = report["balance"], report["stages"]
    assert account["holds"], account
    assert account["acknowledged"] == report["log"]["rows"] == stages["intake"]["registered"]
    assert account["opened"] > 35
    assert report["dead_letters"] == {}
    assert report["log"]["left_out"]["no case id"] >= 1
    assert sum(sum(states.values()) for states in report["cases"].values()) == account["opened"]
    assert stages["notices"]["registered"] == account["acknowledged"]


def write_later(path: Path) -> None:
    """Two cases a day."""
    days = [1 + n % 20 for n in range(40)]
    rows = [plain(9_000 + n, opened_at=f"2022-05-{day:02}T10:00:00", closed_at="") for n, day in enumerate(days)]
    path.write_bytes(table(*rows))


async def cut_in_its_third_interval(ground: Ground, federation: Path, path: Path) -> None:
    """A log that begins later, on the same installation."""
    write_later(path)
    task = asyncio.current_task()
    assert task is not None

    def cut(services: Running, passed: Progress) -> None:
        if passed.done == 3:
            task.cancel()

    with pytest.raises(Cut) as interrupted:
        await replayed(ground, Task(federation, path, accept="never"), shake=cut)
    task.uncancel()
    report = interrupted.value.report
    assert not report["complete"]
    assert report["run"]["intervals"] == 3 < report["run"]["intervals_to_do"]
    assert 0 < report["balance"]["acknowledged"] < 40
