"""From transfers to a new rule on the real Kafka and PostgreSQL: the loop proposes, people accept, routing follows
from the effective time on, and no service is started anew."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import reflex.app
import regional.app
import routing.app
import rules.app
from common.contracts.envelope import Envelope, derived_id, to_headers
from common.contracts.events import clock, intake, region
from common.contracts.events import routing as routing_events
from common.contracts.events import rules as rules_events
from common.contracts.events.base import Actor, Event, Place
from common.contracts.patch import Patch, RowChange
from common.contracts.signing import Signer
from common.rulebook.jdm import rows_of
from common.rulebook.release import NATIONAL
from common.runtime.service import Service
from rules.verify import broken_link

from tests.conftest import Ground
from tests.kafka import at_rest, records_of, send, types_of

NOW = datetime(2011, 7, 5, 14, tzinfo=UTC)
AREAS = {"01": 0.5, "02": 1.5, "03": 2.5}
"""Area -> the longitude of a point in it."""
REGION = {"01": "north", "02": "north", "03": "south"}
APPS = {
    "rules": rules.app.build,
    "routing": routing.app.build,
    "regional-north": regional.app.build,
    "regional-south": regional.app.build,
    "reflex": reflex.app.build,
}
CENTRE = Actor(id="federal:centre", role="federal", scope="*")


@asynccontextmanager
async def running(ground: Ground) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as stack:
        for name, build in APPS.items():
            service = Service(ground.settings(name), build)
            await service.start()
            stack.push_async_callback(service.stop)
        yield


async def tell(ground: Ground, principal: str, topic: str, key: str, event: Event, at: datetime) -> None:
    body = event.model_dump_json().encode()
    name = derived_id("test", topic, key, event.type, at.isoformat(), body.decode())
    envelope = Envelope(name, principal, event.type, at, key, name)
    if event.signed:
        signer = Signer.load(ground.keys, principal)
        assert signer is not None
        envelope = signer.sign(topic, key, envelope, body)
    await send(ground, principal, topic, [(key, to_headers(envelope), body)])


async def register(ground: Ground, case_id: str, area: str, at: datetime, category: str = "Street light") -> None:
    message = intake.MessageRegistered(
        message_id=case_id, case_id=case_id, reference=case_id, channel="web", citizen="c", text="It is dark",
        category=category, place=Place(lat=0.5, lon=AREAS[area]), received_at=at,
    )  # fmt: skip
    await tell(ground, "intake", "intake.messages", case_id, message, at)


async def assigned(ground: Ground, region_id: str, count: int) -> dict[str, str]:
    """Case -> authority, once a region has been given so many."""
    records = await records_of(ground, "routing", f"region.{region_id}.assignments", count)
    events = [routing_events.CaseAssigned.model_validate_json(r.value or b"") for r in records]
    return {e.case_id: e.authority for e in events}


async def moved(ground: Ground, cases: Sequence[tuple[str, str, datetime]]) -> None:
    """Operators hand every case (case, area, opening) on to the signals office."""
    for case_id, area, opened in cases:
        operator = Actor(id=f"operator:{REGION[area]}", role="operator", scope=REGION[area])
        order = region.TransferCase(actor=operator, case_id=case_id, to_authority="signals")
        at = opened + timedelta(hours=2)
        await tell(ground, "world", f"region.{REGION[area]}.commands", case_id, order, at)


async def test_three_areas_change_the_nations_row_and_routing_follows_from_the_effective_time_on(
    ground: Ground,
) -> None:
    # Cases of one day say together little more than one.
    cases = [(f"case-{area}-{n}", area, NOW - timedelta(days=n)) for n in reversed(range(6)) for area in AREAS]
    counted, until = NOW + timedelta(days=7), NOW + timedelta(days=7, hours=6)
    async with running(ground):
        for case_id, area, opened in cases:
            await register(ground, case_id, area, opened)
        # Opened and accepted by itself: two events a case, of which north has twelve and south six cases.
        await records_of(ground, "world", "region.north.cases", 24)
        await records_of(ground, "world", "region.south.cases", 12)
        await moved(ground, cases)
        await records_of(ground, "world", "region.north.cases", 48)
        await records_of(ground, "world", "region.south.cases", 24)
        # What a loop hears after the tick waits for the next one, and so does what rules hear of a loop.
        await at_rest(ground, *APPS)
        first = clock.TimePassed(since=NOW, until=counted)
        await tell(ground, "world", "clock.ticks", "clock", first, counted)
        await records_of(ground, "rules", "rules.commands", 1)
        await at_rest(ground, *APPS)
        # A loop's proposal is judged at the tick after it.
        second = clock.TimePassed(since=counted, until=until)
        await tell(ground, "world", "clock.ticks", "clock", second, until)

        (checked,) = await records_of(ground, "world", "rules.proposals", 1)
        proposal = rules_events.ProposalChecked.model_validate_json(checked.value or b"")
        assert proposal.title == "street-light in every area: lighting -> signals"
        assert {c["area"] for c in proposal.evidence["cells"]} == set(AREAS)
        assert proposal.reversal.changes[0].after == proposal.patch.changes[0].before
        yes = rules_events.DecideProposal(actor=CENTRE, proposal_id=proposal.proposal_id, accept=True, reason="yes")
        await tell(ground, "world", "rules.commands", proposal.proposal_id, yes, until)
        steps = await records_of(ground, "world", "rules.proposals", 3)
        adopted = rules_events.ProposalAdopted.model_validate_json(steps[2].value or b"")
        assert adopted.canary_skipped
        assert (adopted.layer, adopted.number) == (NATIONAL, 2)
        assert adopted.effective_at > until
        await at_rest(ground, *APPS)

        before, after = adopted.effective_at - timedelta(minutes=1), adopted.effective_at
        for area in AREAS:
            await register(ground, f"before-{area}", area, before)
            await register(ground, f"after-{area}", area, after)
        given = await assigned(ground, "north", 16) | await assigned(ground, "south", 8)
        assert {given[f"before-{area}"] for area in AREAS} == {"lighting"}
        assert {given[f"after-{area}"] for area in AREAS} == {"signals"}
        chain = await records_of(ground, "portal", "rules.lifecycle", 7)
    assert broken_link([r.value or b"" for r in chain]) == (len(chain), None)


async def test_cases_that_a_person_places_by_a_wrong_rule_bring_a_proposal_for_it(ground: Ground) -> None:
    """No rule knows what they are about: a person says the category, the rules name the authority, which hands on."""
    cases = [(f"case-{n}", "03", NOW - timedelta(days=n)) for n in reversed(range(6))]
    counted, until = NOW + timedelta(days=7), NOW + timedelta(days=7, hours=6)
    async with running(ground):
        for case_id, area, opened in cases:
            await register(ground, case_id, area, opened, category=f"Dark, says {case_id}")
        await records_of(ground, "world", "routing.triage", 6)
        for case_id, _, opened in cases:
            word = routing_events.AnswerTriage(actor=CENTRE, case_id=case_id, category="street-light")
            await tell(ground, "world", "routing.commands", case_id, word, opened + timedelta(hours=1))
        records = await records_of(ground, "world", "region.south.cases", 12)
        placed = [
            region.CaseOpened.model_validate_json(record.value or b"")
            for record, type_ in zip(records, types_of(records), strict=True)
            if type_ == region.CaseOpened.type
        ]
        assert [(one.by_hand, one.authority_by_rules) for one in placed] == [(True, "lighting")] * 6
        await moved(ground, cases)
        await records_of(ground, "world", "region.south.cases", 24)
        await at_rest(ground, *APPS)
        await tell(ground, "world", "clock.ticks", "clock", clock.TimePassed(since=NOW, until=counted), counted)
        await records_of(ground, "rules", "rules.commands", 1)
        await at_rest(ground, *APPS)
        await tell(ground, "world", "clock.ticks", "clock", clock.TimePassed(since=counted, until=until), until)
        (checked,) = await records_of(ground, "world", "rules.proposals", 1)
        proposal = rules_events.ProposalChecked.model_validate_json(checked.value or b"")
        assert proposal.title == "street-light in 03: lighting -> signals"
        assert proposal.evidence["by_hand"] == 6
        assert proposal.forecast is None


async def test_a_patch_that_loosens_the_standard_is_refused_with_the_rows_that_do_it(ground: Ground) -> None:
    head = Actor(id="head:north", role="regional_head", scope="north")
    async with running(ground):
        releases = await records_of(ground, "routing", "rules.releases", 3)
        published = [rules_events.ReleasePublished.model_validate_json(r.value or b"") for r in releases]
        north = next(r for r in published if r.layer == "north")
        ((row_id, held),) = rows_of("deadline", north.tables["deadline"])
        looser = {**held, "answer_minutes": "4800"}
        change = RowChange(op="set", row_id=row_id, before=held, after=looser)
        patch = Patch(layer="north", base_number=1, table="deadline", changes=(change,))
        ask = rules_events.ProposeChange(
            actor=head, proposal_id="p-1", title="More time", words="We are busy", patch=patch
        )
        await tell(ground, "world", "rules.commands", "p-1", ask, NOW)
        (record,) = await records_of(ground, "world", "rules.proposals", 1)
        assert types_of([record]) == [rules_events.ProposalRefused.type]
        refused = rules_events.ProposalRefused.model_validate_json(record.value or b"")
        assert "loosens the national standard" in refused.reason
        assert any(f"row {row_id}" in words and "4800" in words for words in refused.rows)
        chain = await records_of(ground, "portal", "rules.lifecycle", 4)
    assert broken_link([r.value or b"" for r in chain]) == (len(chain), None)
