"""Bursts of reports, planted around a case of the log and of its category."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from laboratory.logged_case import LoggedCase

METRES = 1 / 111_195
"""Of latitude, in degrees."""


@dataclass(frozen=True, slots=True)
class Burst:
    """So many reports within so many days and metres, more and more of them."""

    reports: int
    days: float
    metres: float
    on_all_channels: bool = False
    """Each on a channel drawn by how many of the log's cases come on it; else all on one."""

    def cases(self, model: LoggedCase, name: str, random: Random, log: Sequence[LoggedCase]) -> list[LoggedCase]:
        """Around a case of the log that has a point, from its time on; on its channel, unless on all of the log's."""
        assert model.point is not None
        (lat, lon), found = model.point, list[LoggedCase]()
        for number in range(self.reports):
            at = model.opened_at + math.sqrt(random.random()) * timedelta(days=self.days)
            angle, metres = random.random() * 2 * math.pi, self.metres * math.sqrt(random.random())
            there = (
                lat + metres * math.cos(angle) * METRES,
                lon + metres * math.sin(angle) * METRES / math.cos(math.radians(lat)),
            )
            channel = random.choice(log).channel if self.on_all_channels else model.channel
            found.append(
                replace(
                    model, case_id=f"{name}-{number:02}", opened_at=at, closed_at=None, point=there, channel=channel
                )
            )  # fmt: skip
        return sorted(found, key=lambda c: (c.opened_at, c.case_id))


def models(cases: Sequence[LoggedCase], count: int, random: Random) -> list[LoggedCase]:
    """Cases around which bursts are planted, in order of time."""
    return sorted(random.sample(list(cases), min(count, len(cases))), key=lambda c: (c.opened_at, c.case_id))
