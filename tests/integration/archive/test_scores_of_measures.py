"""Forecasts of other measures than transfers, scored from what is said on the real Kafka."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from common.contracts.envelope import derived_id
from common.contracts.events import region, routing
from common.contracts.events.archive import ForecastScored
from common.contracts.events.rules import ANSWERED_IN_TIME, DUPLICATES_SUGGESTED, LATE_AVOIDED
from common.contracts.patch import Patch, RowChange

from tests.conftest import Ground
from tests.integration.archive.test_exact_and_rebuilt import running, scores
from tests.integration.archive.told import ADOPTED, FORECAST, Said, Told
from tests.kafka import at_rest, send
from tests.past import START, shorter

HOUR = timedelta(hours=1)
CASES = "region.north.cases"


def wider() -> Patch:
    """Street lights are suggested as duplicates within 300 m, not 100."""
    held = {
        "category": '"street-light"', "suggest": "true", "radius_metres": "100", "window_hours": "168",
        "least_likeness": "0", "ask_citizen": "true",
    }  # fmt: skip
    change = RowChange(op="set", row_id="street-light", before=held, after={**held, "radius_metres": "300"})
    return Patch(layer="national", base_number=1, table="duplicates", changes=(change,))


def told_of_case(told: Told, name: str, at: datetime, category: str, *, late: bool) -> Iterator[Said]:
    """A case of area 01, due within an hour, and its answer: in time, or after the deadline was missed."""
    case_id, number = derived_id("case", name), 2 if at >= ADOPTED else 1
    common = {"case_id": case_id, "region": "north", "actor": "desk", "authority": "yard-01"}
    opened = region.CaseOpened(
        **common, state="assigned", reference=case_id, message_id=case_id, area="01", category=category, priority=2,
        channel="web", citizen="somebody", text="words", received_at=at, due_at=at + HOUR,
        release=f"national:{number}+north:1",
    )  # fmt: skip
    yield told.record("regional-north", CASES, case_id, opened, at)
    if late:
        missed = region.CaseOverdue(**common, state="assigned", due_at=at + HOUR)
        yield told.record("regional-north", CASES, case_id, missed, at + HOUR)
    answered = region.CaseAnswered(**common, state="answered", text="words", on_time=not late, worked_minutes=90)
    yield told.record("regional-north", CASES, case_id, answered, at + (2 * HOUR if late else HOUR / 2))


async def suggestions(ground: Ground, told: Told) -> None:
    """Thirty street lights 200 m from another, after the change; every third is confirmed."""
    records = []
    for n in range(30):
        case_id, at = derived_id("case", f"after {n}"), ADOPTED + timedelta(minutes=n + 1)
        pair = {
            "case_id": case_id, "region": "north", "other_case": derived_id("case", "first"),
            "category": "street-light", "distance_metres": 200, "apart_minutes": 30,
        }  # fmt: skip
        suggested = routing.DuplicateSuggested(**pair, other_reference="r")
        records.append(told.record("routing", "routing.triage", case_id, suggested, at))
        if n % 3 == 0:
            same = routing.DuplicateDecided(**pair, same=True, actor="desk")
            records.append(told.record("routing", "routing.triage", case_id, same, at + HOUR))
    await send(ground, "routing", "routing.triage", records)


EXPECTED = {
    ANSWERED_IN_TIME: {"actual": 66.7, "known": 30, "bad": 10},
    LATE_AVOIDED: {"actual": 5.0, "known": 30, "bad": 10, "before": 40, "bad_before": 20},
    DUPLICATES_SUGGESTED: {"actual": 10, "actual_most": 30, "decisions": 30, "known": 10},
}


@pytest.mark.parametrize(
    ("measure", "patch", "category"),
    [(ANSWERED_IN_TIME, shorter(), "pothole"), (LATE_AVOIDED, shorter(), "pothole"),
     (DUPLICATES_SUGGESTED, wider(), "street-light")],
)  # fmt: skip
async def test_what_came_of_a_forecast_is_counted_at_its_review(
    ground: Ground, measure: str, patch: Patch, category: str
) -> None:
    told = Told(ground)
    forecast = FORECAST.model_copy(update={"measure": measure, "expected": 20, "low": 4, "high": 70, "horizon_days": 2})
    records = []
    for n in range(40):
        records += told_of_case(told, f"before {n}", START + timedelta(minutes=n), category, late=n % 2 == 0)
    for n in range(30):
        records += told_of_case(told, f"after {n}", ADOPTED + timedelta(minutes=n), category, late=n % 3 == 0)
    async with running(ground, "rules", "archive"):
        await send(ground, "regional-north", CASES, records)
        await suggestions(ground, told)
        await told.proposal("p", START + HOUR, patch, forecast)
        await told.adoption("p", patch)
        for number in range(18):
            await told.tick(number)
        await at_rest(ground, "archive")
    (record,) = await scores(ground, 1)
    said = ForecastScored.model_validate_json(record.value or b"")
    print(said)
    assert (said.measure, said.verdict, said.proposer) == (measure, "held", "misrouting")
    assert {name: getattr(said, name) for name in EXPECTED[measure]} == EXPECTED[measure]
