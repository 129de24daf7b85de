"""What prediction keeps of a region: in rows that are written when they change, and as an earlier version kept it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from reflex.loops.prediction.days import DAY
from reflex.loops.prediction.resting import DayToLearn, Resting
from reflex.loops.prediction.series import FLAT, Keeps
from reflex.loops.prediction.settings import Settings

from tests.unit.reflex.busy_city import MONDAY, BusyCity, fresh, reloaded

KEEPS = Keeps.of(Settings())
CHOSEN = 29
"""Days after which it is chosen first what is forecast by itself: the first is seen in part."""


def as_earlier(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Rows of a version that kept all of a region but its days in one, when no category is behind."""
    whole, resting = dict(rows["region|north"]), rows["resting|north"]
    series = {f"category|{name}": values for name, values in resting["series"].items()}
    waiting: dict[str, list[Any]] = {}
    for key, body in rows.items():
        if key.startswith("made|"):
            first = date.fromisoformat(key.rpartition("|")[2])
            for one in body["made"]:
                waiting.setdefault((first + (one[0] - 1) * DAY).isoformat(), []).append(one)
    whole["series"], whole["mix"] = {**whole["series"], **series}, {**whole["mix"], **resting["mix"]}
    whole["waiting"] = waiting
    whole["scores"] = {k.rpartition("|")[2]: body["sums"] for k, body in rows.items() if k.startswith("scored|")}
    kept = {k: body for k, body in rows.items() if k.partition("|")[0] not in ("resting", "behind", "made", "scored")}
    return {**kept, "region|north": whole}


@pytest.mark.parametrize("days", [CHOSEN, CHOSEN + 28])
def test_a_region_that_an_earlier_version_saved_goes_on_as_if_nothing_had_been(days: int) -> None:
    straight, taken_up = BusyCity(11), BusyCity(11)
    straight.live(days + 40)
    taken_up.live(days)
    rows: dict[str, Mapping[str, Any]] = {}
    reloaded(taken_up.loop, rows)
    assert not [key for key in rows if key.startswith("behind|")]
    earlier = as_earlier(rows)
    taken_up.loop = fresh()
    taken_up.loop.load(earlier)
    taken_up.live(2)
    taken_up.loop = reloaded(taken_up.loop, dict(earlier))
    taken_up.live(38)
    assert [one.model_dump() for one in taken_up.said] == [one.model_dump() for one in straight.said]
    assert [s.name for s in straight.forecasts[-1].series if s.what == "category"]


def test_only_what_a_night_changes_is_written() -> None:
    city, rows = BusyCity(12), dict[str, Mapping[str, Any]]()
    city.live(CHOSEN + 20)
    reloaded(city.loop, rows)
    city.live(1)
    today, made = (CHOSEN + 20) * DAY + MONDAY, (CHOSEN + 21) * DAY + MONDAY
    written = {key for key, body in city.loop.changed().items() if body is not None and not key.startswith("case|")}
    assert written == {
        "clock", "region|north", f"behind|north|{today}", f"day|north|{today}", f"made|north|{made}",
        f"scored|north|{today}", "desk|north|yard-north", "today|north|yard-north",
    }  # fmt: skip


def test_what_is_kept_of_days_is_bounded() -> None:
    city, rows = BusyCity(13), dict[str, Mapping[str, Any]]()
    for _ in range(20):
        city.live(7)
        city.loop = reloaded(city.loop, rows)
    kinds = ("day", "behind", "made", "scored")
    found = {kind: sum(key.startswith(f"{kind}|") for key in rows) for kind in kinds}
    assert found["day"] <= 44
    assert found["behind"] <= 28
    assert found["made"] == 14
    assert found["scored"] == 56


def test_categories_learn_of_many_days_at_once_as_of_each_by_itself() -> None:
    days = {MONDAY + n * DAY: {"rats": {"01": n % 3}, "single": {"01": 9}} for n in range(20)}
    days[MONDAY + 7 * DAY]["signs"] = {"02": 1}
    nightly, late = Resting(), Resting()
    for n, day in enumerate(days):
        for resting in (nightly, late):
            resting.behind[day] = DayToLearn(day.weekday(), KEEPS, list(FLAT), n + 1.0, [n / 7] * 7)
        assert nightly.catch_up(days, ["single"]) == [day]
    assert late.catch_up(days, ["single"]) == list(days)
    assert late == nightly
    assert late.series.keys() == late.mix.keys() == {"rats", "signs"}
    assert late.series["signs"].weight > 8
