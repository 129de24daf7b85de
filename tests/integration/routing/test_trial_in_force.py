"""A trial as routing carries it out on the real Kafka: cases divide by its plan; a roll back is in force at once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import regional.app
import routing.app
from common.contracts.envelope import Envelope, to_headers
from common.contracts.events.base import Actor
from common.contracts.events.region import CaseOpened, TransferCase
from common.contracts.events.routing import CaseAssigned
from common.contracts.events.rules import ReleasePublished
from common.contracts.patch import Patch, RowChange
from common.contracts.trial import TrialPlan
from common.federation.country import load_federation
from common.rulebook import Release, reverse, sealed
from common.rulebook.trial import place_of
from common.runtime.service import Service

from tests.conftest import FEDERATION, Ground
from tests.integration.reflex.test_loop_to_route import register, tell
from tests.kafka import all_of, eventually, records_of, send, types_of

NOON = datetime(2011, 7, 5, 14, tzinfo=UTC)
CASES = [f"case-{n}" for n in range(40)]
SHARE = 0.5


def published_later(before: Release, effective_at: datetime, *plans: TrialPlan) -> Release:
    """The layer's next release, with the same tables."""
    number, changes = before.number + 1, {"effective_at": effective_at, "trials": plans, "previous_hash": before.hash}
    return sealed(before.model_copy(update={"number": number, **changes}))


def shorter_deadline(base: Release) -> TrialPlan:
    after = {"category": '"street-light"', "priority": "", "answer_minutes": "120", "extension_minutes": "60"}
    change = RowChange(op="add", row_id="quick", after=after, at=0)
    patch = Patch(layer=base.layer, base_number=base.number, table="deadline", changes=(change,))
    return TrialPlan(
        proposal_id="p1", patch=patch, reversal=reverse(patch, base.tables), unit="case", strata=("category",),
        share=SHARE, salt="salt", started_at=NOON,
    )  # fmt: skip


async def publish(ground: Ground, *releases: Release) -> None:
    """Until Kafka has them."""
    for release in releases:
        key, event = f"{release.layer}:{release.number}", ReleasePublished(**release.model_dump())
        envelope = Envelope(f"release {key}", "rules", event.type, NOON, key, key)
        await send(ground, "rules", "rules.releases", [(key, to_headers(envelope), event.wire())])


async def assigned(ground: Ground, region: str, count: int) -> dict[str, CaseAssigned]:
    """By case, once a region has been given so many."""
    records = await records_of(ground, "routing", f"region.{region}.assignments", count)
    events = [CaseAssigned.model_validate_json(record.value or b"") for record in records]
    return {event.case_id: event for event in events}


async def register_all(ground: Ground, cases: Sequence[str], at: datetime) -> None:
    for case_id in cases:
        await register(ground, case_id, "02", at)


def follows(case_id: str) -> bool:
    return place_of("salt", "street-light", case_id) < SHARE


async def test_cases_divide_by_the_plan_and_a_roll_back_is_in_force_at_once_but_for_cases_that_have_an_arm(
    ground: Ground,
) -> None:
    base = {release.layer: release for release in load_federation(FEDERATION).base_releases()}
    candidate = published_later(base["north"], NOON, shorter_deadline(base["north"]))
    rolled_back = published_later(candidate, NOON + timedelta(minutes=2))
    await publish(ground, *base.values(), candidate)
    services = [Service(ground.settings("routing"), routing.app.build)]
    services.append(Service(ground.settings("regional-north"), regional.app.build))
    for service in services:
        await service.start()
    try:
        await register_all(ground, CASES, NOON + timedelta(minutes=1))
        given = await assigned(ground, "north", len(CASES))
        assert {event.release for event in given.values()} == {"national:1+north:2"}
        assert {c: event.answer_minutes == 120 for c, event in given.items()} == {c: follows(c) for c in CASES}
        for case_id, event in given.items():
            (arm,) = event.arms
            assert (arm.unit_id, arm.stratum, arm.arm == "candidate") == (case_id, "street-light", follows(case_id))
        assert len({event.answer_minutes for event in given.values()}) == 2

        await publish(ground, rolled_back)
        began, asked = time.monotonic(), 0

        async def in_force() -> bool:
            nonlocal asked
            asked += 1
            await register(ground, f"late-{asked}", "02", NOON + timedelta(minutes=3))
            late = await assigned(ground, "north", len(CASES) + asked)
            return late[f"late-{asked}"].release == "national:1+north:3"

        await eventually(in_force)
        print(f"a roll back is in force {time.monotonic() - began:.3f} s after its publication, {asked} cases asked")
        await register_all(ground, [f"new-{c}" for c in CASES], NOON + timedelta(minutes=3))
        later = await assigned(ground, "north", 2 * len(CASES) + asked)
        assert {later[f"new-{c}"].release for c in CASES} == {"national:1+north:3"}
        assert all(later[f"new-{c}"].arms == () and later[f"new-{c}"].answer_minutes > 120 for c in CASES)

        in_flight = next(c for c in CASES if follows(c))
        operator = Actor(id="operator:north", role="operator", scope="north")
        order = TransferCase(actor=operator, case_id=in_flight, to_authority="yard-03")
        await tell(ground, "world", "region.north.commands", in_flight, order, NOON + timedelta(minutes=4))
        (again, *_) = (await assigned(ground, "south", 1)).values()
        assert again.handed_over_from == "north"
        assert again.arms == given[in_flight].arms, "a case keeps its arm"
        opened: dict[str, CaseOpened] = {}

        async def all_are_open() -> bool:
            records = await all_of(ground, "world", "region.north.cases")
            found = [r.value or b"" for r in records if types_of([r]) == [CaseOpened.type]]
            opened.update({event.case_id: event for event in map(CaseOpened.model_validate_json, found)})
            return opened.keys() >= given.keys()

        await eventually(all_are_open)
    finally:
        for service in services:
            await service.stop()
    assert {c: opened[c].arms for c in CASES} == {c: given[c].arms for c in CASES}
    assert opened[in_flight].release == "national:1+north:2"
