"""A small town's log: three kinds of requests in four areas, each kind with an office that always acts."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

OFFICES = {"Pothole": "Roads", "Street light": "Lights", "Missed rubbish": "Waste"}
AREAS = ("1", "2", "3", "4")
DAYS = 180
START = datetime(2021, 3, 1)


def write_log(
    path: Path,
    seed: int = 1,
    *,
    days: Callable[[Random], float] = lambda random: 3,
    due_days: int | None = None,
    points: bool = True,
) -> Path:
    """Twelve requests a day, one of each kind in each area; each is closed after `days`, and due after `due_days` where
    the city publishes that."""
    random = Random(seed)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["case_id", "opened_at", "closed_at", "type", "queue", "district", "channel", "lat", "lon", "due_at"]
        )
        number = 0
        for day in range(DAYS):
            for kind, office in OFFICES.items():
                for area in AREAS:
                    number += 1
                    opened = START + timedelta(days=day, minutes=random.randrange(1_440))
                    lat = 42.30 + 0.01 * int(area) + random.uniform(-0.004, 0.004)
                    lon = -71.10 + random.uniform(-0.004, 0.004)
                    closed = opened + timedelta(days=days(random))
                    due = "" if due_days is None else opened + timedelta(days=due_days)
                    point = [f"{lat:.5f}", f"{lon:.5f}"] if points else ["", ""]
                    writer.writerow([number, opened, closed, kind, office, area, "Web", *point, due])
    return path
