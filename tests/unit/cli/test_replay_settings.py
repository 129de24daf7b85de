"""What the world is told of an installation that a replay or demo has started."""

from __future__ import annotations

from pathlib import Path

from embedded.stack import Stack
from otklik.replay_command import settings_of


def test_the_worlds_clock_is_believed_where_a_log_is_replayed(tmp_path: Path) -> None:
    stack = Stack(tmp_path, "127.0.0.1:9092", "admin", "secret", 5432, "postgres", "secret")
    settings, world = settings_of(stack, tmp_path, 8080)
    assert settings.time == "ticks"
    assert settings.name == "world"
    assert world.watch_user == "admin"
