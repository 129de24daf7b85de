"""Room on the disk that an installation lives on."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

LOW_BYTES = 512 * 1024 * 1024
"""With less, Kafka's next segments and PostgreSQL's log may not find room."""
LOOK_SECONDS = 5.0


def low_room(folder: Path) -> str | None:
    """Words about a disk that is nearly full; None while there is room."""
    free = shutil.disk_usage(folder).free
    if free >= LOW_BYTES:
        return None
    return (
        f"the disk of {folder} has {free // 1024**2} MB left: Kafka and PostgreSQL stop when it is full; free some"
        " room, and they come back by themselves"
    )


class DiskWatch:
    """Says once that room gets low, and once that there is room again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._looked = float("-inf")
        self._low = False

    def look(self, say: Callable[[str], None]) -> None:
        """To be called often; looks every few seconds."""
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        words = low_room(self._folder)
        if words is not None and not self._low:
            say(words)
        elif words is None and self._low:
            say(f"the disk of {self._folder} has room again")
        self._low = words is not None
