"""An early warning on its way through routing and intake over real Kafka, each under its own rights."""

from __future__ import annotations

from datetime import timedelta

import routing.app
from common.contracts.envelope import header_map
from common.contracts.events.base import Place
from common.contracts.events.clock import TimePassed
from common.contracts.events.intake import MessageRegistered
from common.contracts.events.reflex.warnings import WarningRaised
from common.contracts.events.routing import CaseAssigned, CaseWarned, DuplicateSuggested
from common.federation.country import load_federation
from common.runtime.service import Service

from tests.conftest import FEDERATION, Ground
from tests.end_to_end.system import NOW, fact
from tests.integration.intake.test_conversations import BOB, heard, later, told
from tests.integration.intake.test_voices import running, say
from tests.integration.routing.test_duplicates import METRE
from tests.integration.routing.test_trial_in_force import publish
from tests.kafka import all_of, at_rest

TRIAGE = "routing.triage"
HOUR = timedelta(hours=1)
LAMP = {"category": "Street light", "place": Place(lat=0.5, lon=0.5)}


async def settle(ground: Ground) -> None:
    await at_rest(ground, "intake", "routing")


async def tick(ground: Ground, hours: int) -> None:
    passed = TimePassed(since=NOW + HOUR * (hours - 1), until=NOW + HOUR * hours)
    await fact(ground, "world", "clock.ticks", "clock", passed, passed.until)
    await settle(ground)


async def test_a_report_under_a_warning_is_urgent_is_suggested_its_parent_and_both_citizens_are_told(
    ground: Ground,
) -> None:
    await publish(ground, *load_federation(FEDERATION).base_releases())
    async with running(ground):
        service = Service(ground.settings("routing"), routing.app.build)
        await service.start()
        try:
            await say(ground, later("The lamp is dark", 0, **LAMP), "1")
            await settle(ground)
            (ann,) = await heard(ground)
            assert isinstance(ann, MessageRegistered)
            await tick(ground, 1)
            raised = WarningRaised(
                warning_id="w", region="north", authority="yard-01", category="street-light", area="01", lat=0.5,
                lon=0.5, radius_m=800, reports=15, expected=1.2, since=NOW, window_hours=24, likelihood=30,
                threshold=18, cases=(ann.case_id,), parent_case=ann.case_id, raised_at=NOW,
            )  # fmt: skip
            await fact(ground, "reflex", "reflex.warnings", "w", raised, NOW + HOUR)
            await settle(ground)
            place = Place(lat=0.5 + 400 * METRE, lon=0.5)
            await say(ground, later("No light", 90, "bob", contact=BOB, category="Street light", place=place), "2")
            await settle(ground)
            _, bob = await heard(ground)
            assert isinstance(bob, MessageRegistered)
            assigned = [
                CaseAssigned.model_validate_json(r.value or b"")
                for r in await all_of(ground, "routing", "region.north.assignments")
            ]
            assert {one.case_id: one.priority for one in assigned} == {ann.case_id: 2, bob.case_id: 3}
            await tick(ground, 2)
            said = [(header_map(r.headers)["ce_type"], r.value or b"") for r in await all_of(ground, "intake", TRIAGE)]
            (word,) = [CaseWarned.model_validate_json(body) for kind, body in said if kind == CaseWarned.type]
            assert (word.case_id, word.warning_id) == (bob.case_id, "w")
            (suggestion,) = [
                DuplicateSuggested.model_validate_json(body) for kind, body in said if kind == DuplicateSuggested.type
            ]
            assert (suggestion.case_id, suggestion.other_case) == (bob.case_id, ann.case_id)
            assert suggestion.warning == "w"
            for conversation in ("ann", "bob"):
                assert [kind for kind, _ in await told(ground, conversation)] == ["registered", "many_reports"]
        finally:
            await service.stop()
