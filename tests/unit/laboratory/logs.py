"""A small town's log: three kinds of requests in four areas, each kind with an office that always acts."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

OFFICES = {"Pothole": "Roads", "Street light": "Lights", "Missed rubbish": "Waste"}
AREAS = ("1", "2", "3", "4")
DAYS = 180
START = datetime(2021, 3, 1)


def write_log(path: Path, seed: int = 1) -> Path:
    """Twelve requests a day, one of each kind in each area."""
    random = Random(seed)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["case_id", "opened_at", "closed_at", "type", "queue", "district", "channel", "lat", "lon"])
        number = 0
        for day in range(DAYS):
            for kind, office in OFFICES.items():
                for area in AREAS:
                    number += 1
                    opened = START + timedelta(days=day, minutes=random.randrange(1_440))
                    lat = 42.30 + 0.01 * int(area) + random.uniform(-0.004, 0.004)
                    lon = -71.10 + random.uniform(-0.004, 0.004)
                    closed = opened + timedelta(days=3)
                    writer.writerow([number, opened, closed, kind, office, area, "Web", f"{lat:.5f}", f"{lon:.5f}"])
    return path
