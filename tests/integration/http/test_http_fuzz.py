"""A few seconds of the hostile senders of `python -m tests.fuzz.http` against a process of channels."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Ground
from tests.fuzz.http.__main__ import MAX_GROWTH_MB
from tests.fuzz.http.process import channels_process
from tests.fuzz.http.run import fuzz


async def test_honest_posts_are_taken_and_memory_is_bounded_whatever_is_sent_beside_them(
    ground: Ground, tmp_path: Path
) -> None:
    async with channels_process(ground, tmp_path / "channels.log") as running:
        found = await fuzz(running.port, running.pid, seed=1, seconds=4, attackers=24, least_honest=20)
    assert found.complaints(MAX_GROWTH_MB) == [], found.shown()
