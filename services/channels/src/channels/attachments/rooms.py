"""How much may wait for a message that names it, and for how long: by the way on which it came.

Whoever fills one room leaves the others theirs.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from common.contracts.frozen import value

Way = Literal["talk", "form", "upload"]
"""With a message of a bot's talk or a mail; with a form, where it may be corrected first; by itself, from anybody."""


@value
class Bounds:
    """Of files that no message under way names."""

    bytes: int
    files: int


@value
class Room:
    """What may be there in all, and of one source; and until when."""

    every: Bounds
    own: Bounds
    kept: timedelta


OF_ONE = Bounds(209_715_200, 400)
OF_ALL = Bounds(2_147_483_648, 20_000)
ROOMS: dict[Way, Room] = {
    "talk": Room(OF_ALL, OF_ONE, timedelta(hours=1)),
    "form": Room(OF_ALL, OF_ONE, timedelta(hours=6)),
    "upload": Room(OF_ALL, OF_ONE, timedelta(days=1)),
}
KEPT_WHERE_FULL = timedelta(hours=1)
"""Where there is no place left, older ones go first."""
UNDER_WAY_KEPT = timedelta(days=7)
"""Of a file that a message names which Kafka has or is about to get: as long as a channel's topic keeps it."""
