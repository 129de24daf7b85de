"""Where servers of tests live: in memory where there is room for them, since what they wait for is mostly a disk."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import psutil

JARS = Path(__file__).parent.parent / "var" / "jars"
"""Shared between all runs."""
MEMORY = Path("/dev/shm")
ROOM_BYTES = 6 * 1024**3
"""Several servers at once, of two workers, with all that tests write."""


def places() -> list[Path]:
    """All folders that those of servers may lie in."""
    return [Path(tempfile.gettempdir()), *([MEMORY] if MEMORY.is_dir() else [])]


def new_server_folder(prefix: str) -> Path:
    """An empty folder of its own, but for the jars."""
    made = Path(tempfile.mkdtemp(prefix=prefix, dir=MEMORY if _has_room() else None))
    JARS.mkdir(parents=True, exist_ok=True)
    (made / "jars").symlink_to(JARS)
    return made


def _has_room() -> bool:
    if not MEMORY.is_dir():
        return False
    return min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available) >= ROOM_BYTES
