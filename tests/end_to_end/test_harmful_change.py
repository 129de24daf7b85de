"""What people do in a replay on a real Kafka: a change that sounds reasonable and is wrong is argued about, tried, and
taken back by its trial; and authorities answer prevention orders."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from embedded.stack import Stack
from world import clock
from world.learn import learn_federation
from world.log import read_log
from world.plan import Plan, Planted, PlantedChange
from world.planted_change import in_words
from world.prevention import in_words as prevention_in_words
from world.run import Task

from tests.conftest import new_ground
from tests.replayed import replayed

DAYS = 36
CARTS_A_DAY = 16
LAMPS = 8
"""Each goes out every third day, at its own place."""
CHANGE = PlantedChange(
    region="region", category="cart", right="carts", wrong="service-desk", after_days=14,
    title="The service desk hands out carts", words="People ask the service desk anyway.",
)  # fmt: skip


def write_log(path: Path) -> None:
    """Carts are always brought by one office; the service desk has a few requests of its own each day, and lamps that
    go out again and again are mended on the same day."""
    lines = ["case_id,opened_at,closed_at,type,queue,district,lat,lon"]
    for day in range(DAYS + 1):
        for number in range(CARTS_A_DAY + 4):
            kind, queue = ("Cart", "Carts") if number < CARTS_A_DAY else ("Question", "Service desk")
            at = datetime(2011, 7, 1, 8) + timedelta(days=day, minutes=23 * number)
            closed = at + timedelta(days=3)
            area, lat = ("north", 42.4) if number % 2 else ("south", 42.2)
            lat, lon = round(lat + day / 1000, 4), round(-71.1 + number / 1000, 4)
            lines.append(f"{day}-{number},{at.isoformat()},{closed.isoformat()},{kind},{queue},{area},{lat},{lon}")
        for number in range(LAMPS if day % 3 == 0 else 0):
            at = datetime(2011, 7, 1, 9) + timedelta(days=day, minutes=number)
            closed, lat = at + timedelta(hours=5), 42.25 + number / 1000
            lines.append(f"lamp-{day}-{number},{at.isoformat()},{closed.isoformat()},Lamp,Lights,south,{lat:.4f},-71.2")
    path.write_text("\n".join(lines) + "\n")


async def test_a_harmful_change_is_rolled_back_by_its_trial_and_prevention_orders_are_answered(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Steps of twelve hours.
    monkeypatch.setattr(clock, "MAX_INTERVALS", 2 * DAYS)
    log, federation = tmp_path / "log.csv", tmp_path / "federation"
    write_log(log)
    learn_federation(
        read_log(log, "UTC").rows, federation, name="carts", timezone="UTC", plan=Plan(max_regions=1),
        plant=Planted(change=CHANGE),
    )  # fmt: skip
    print("seed 1")
    async with new_ground(stack, tmp_path, federation) as ground:
        report = await replayed(ground, Task(federation, log, seed=1, accept="auto"))
    found = report["planted_change"]
    print("\n".join(in_words(found)))
    assert report["balance"]["holds"]
    assert list(found["at"])[:4] == ["proposed", "argued about", "accepted", "on trial"]
    assert (found["outcome"], found["guard"], found["ever_adopted"]) == ("rolled back", "transferred", False)
    assert found["proposer"] == "operator:region"
    assert 0 < found["counted_with"] <= found["cases_followed"] == found["cases_misrouted"]
    assert report["misrouted"] == found["cases_misrouted"] < 0.2 * DAYS * CARTS_A_DAY
    assert [p["state"] for p in report["proposals"] if p["id"] == found["proposal_id"]] == ["trial rolled_back"]
    assert not [p for p in report["proposals"] if p["loop"] == "misrouting"]
    prevention = report["prevention"]
    print("\n".join(prevention_in_words(prevention)))
    assert prevention["ordered"] == LAMPS
    assert prevention["answered"] > 0
    assert prevention["answered"] + prevention["refused"] + prevention["waiting"] + prevention["overdue"] >= LAMPS
    assert not [one for one in report["commands_refused"] if "prevention" in one]
