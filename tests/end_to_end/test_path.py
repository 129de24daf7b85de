"""One message over every service, from its channel to the citizen's receipt, and back with an answer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
from common.contracts.envelope import Envelope, header_map, to_headers
from common.contracts.events import channel, clock, region
from common.contracts.events import routing as routing_events
from common.contracts.events import rules as rules_events
from common.contracts.events.base import Actor

from tests.conftest import Ground
from tests.end_to_end.system import NOW, command, everything, fact, received, url
from tests.kafka import at_rest, eventually, records_of, send, types_of

MESSAGE = "Call me at +1 617 555 0199, a pothole"


async def test_a_message_is_registered_routed_accepted_answered_and_seen(ground: Ground, tmp_path: Path) -> None:
    desk = Actor(id="desk:yard-01", role="desk", scope="yard-01")
    async with everything(ground, tmp_path) as running, httpx.AsyncClient(timeout=60) as http:
        posted = await http.post(
            url(running["channels"], "/v1/channels/web/messages"),
            json=received(MESSAGE),
        )
        assert posted.status_code == 202, posted.text
        cases = await records_of(ground, "world", "region.north.cases", 2)
        assert types_of(cases) == [region.CaseOpened.type, region.CaseAccepted.type]
        opened = region.CaseOpened.model_validate_json(cases[0].value or b"")
        assert (opened.authority, opened.area) == ("yard-01", "01")
        assert "555" not in opened.text
        assert header_map(cases[0].headers)["ce_rulesrelease"] == "national:1+north:1"

        answer = region.AnswerCase(actor=desk, case_id=opened.case_id, text="Filled.")
        await command(ground, "region.north.commands", opened.case_id, answer, at=NOW + timedelta(hours=1))
        notices = await records_of(ground, "world", "channel.web.outbound", 2)
        told = [channel.NoticeIssued.model_validate_json(n.value or b"") for n in notices]
        assert [n.notice for n in told] == ["registered", "answered"]
        assert told[1].contact.address == "+1 617 555 0100"
        assert "Filled." in told[1].text

        async def seen() -> bool:
            found = await http.get(url(running["portal"], f"/api/cases/{opened.reference}"))
            return found.status_code == 200 and found.json()["case"]["state"] == "answered"

        await eventually(seen)
        for page in ("/", "/cases", f"/cases/{opened.reference}", "/regions", "/rulebook", "/proposals", "/triage",
                     "/operations", "/login"):  # fmt: skip
            found = await http.get(url(running["portal"], page))
            assert found.status_code == 200, f"{page}: {found.text}"
        whose = {"Authorization": f"Bearer {posted.json()['secret']}"}
        await at_rest(ground)
        state = await http.get(url(running["channels"], posted.json()["status_url"]), headers=whose)
        assert state.json()["reference"] == opened.reference

        async def told(wanted: str) -> bool:
            return (await http.get(url(running["channels"], posted.json()["status_url"]), headers=whose)).json()[
                "state"
            ] == wanted

        await eventually(lambda: told("answered"))
        verdict = {"conversation": received(MESSAGE)["conversation"], "contact": {"address": "+1 617 555 0100"},
                   "verdict": "reopened", "sent_at": (NOW + timedelta(hours=2)).isoformat()}  # fmt: skip
        judged = await http.post(url(running["channels"], "/v1/channels/web/verdicts"), json=verdict, headers=whose)
        assert judged.status_code == 202, judged.text
        await eventually(lambda: told("accepted"))
        decline = region.DeclineCase(actor=desk, case_id=opened.case_id, ground="Not a public road.")
        await command(ground, "region.north.commands", opened.case_id, decline, at=NOW + timedelta(hours=3))
        await eventually(lambda: told("declined"))


async def test_a_message_without_a_place_waits_in_triage_and_is_placed_by_a_person(
    ground: Ground, tmp_path: Path
) -> None:
    async with everything(ground, tmp_path) as running, httpx.AsyncClient(timeout=60) as http:
        body = received("No point")
        body["place"] = {}
        assert (await http.post(url(running["channels"], "/v1/channels/web/messages"), json=body)).status_code == 202
        asked = await records_of(ground, "world", "routing.triage", 1)
        event = routing_events.TriageRequested.model_validate_json(asked[0].value or b"")
        assert event.reason == "no_place"

        stranger = Actor(id="desk:yard-01", role="desk", scope="yard-01")
        wrong = routing_events.AnswerTriage(actor=stranger, case_id=event.case_id, area="03")
        await command(ground, "routing.commands", event.case_id, wrong)
        after = await records_of(ground, "world", "routing.triage", 2)
        assert types_of(after)[1] == routing_events.RoutingCommandRefused.type

        operator = Actor(id="operator:south", role="operator", scope="south")
        right = routing_events.AnswerTriage(actor=operator, case_id=event.case_id, area="03")
        await command(ground, "routing.commands", event.case_id, right)
        cases = await records_of(ground, "world", "region.south.cases", 2)
        assert types_of(cases) == [region.CaseOpened.type, region.CaseAccepted.type]


async def test_an_overdue_case_climbs_the_ladder_and_ends_in_a_directive(ground: Ground, tmp_path: Path) -> None:
    async with everything(ground, tmp_path) as running, httpx.AsyncClient(timeout=60) as http:
        await http.post(url(running["channels"], "/v1/channels/web/messages"), json=received("Late"))
        await records_of(ground, "world", "region.north.cases", 2)
        # What the centre hears of after a tick waits for the next one.
        await at_rest(ground)
        since = NOW
        for days in (2, 10, 20):
            until = NOW + timedelta(days=days)
            await fact(ground, "world", "clock.ticks", "clock", clock.TimePassed(since=since, until=until), until)
            since = until
        await records_of(ground, "portal", "federal.directives", 1)
        levels = await records_of(ground, "portal", "federal.escalations", 3)
        await at_rest(ground)
        cases = types_of(await records_of(ground, "world", "region.north.cases", 4))
    assert len(levels) == 3
    assert region.CaseOverdue.type in cases
    assert region.DirectiveReceived.type in cases


async def test_commands_that_are_badly_signed_or_about_nothing_are_refused_by_an_event(
    ground: Ground, tmp_path: Path
) -> None:
    desk = Actor(id="desk:yard-01", role="desk", scope="yard-01")
    async with everything(ground, tmp_path):
        answer = region.AnswerCase(actor=desk, case_id="no-such-case", text="x")
        await command(ground, "region.north.commands", "no-such-case", answer)
        body = answer.model_copy(update={"case_id": "forged"}).model_dump_json().encode()
        envelope = Envelope("forged-1", "world", answer.type, NOW, "forged", "forged-1", signature="world:AAAA")
        await send(ground, "world", "region.north.commands", [("forged", to_headers(envelope), body)])
        cases = await records_of(ground, "world", "region.north.cases", 2)
    refused = [region.CommandRefused.model_validate_json(c.value or b"") for c in cases]
    assert {r.case_id for r in refused} == {"no-such-case", "forged"}


async def test_bad_requests_get_a_clear_error_and_disturb_nothing(ground: Ground, tmp_path: Path) -> None:
    async with everything(ground, tmp_path) as running, httpx.AsyncClient(timeout=60) as http:
        base = url(running["channels"], "")
        answers = {
            "large": await http.post(f"{base}/v1/channels/web/messages", content=b"x" * 10_000_000),
            "garbage": await http.post(f"{base}/v1/channels/web/messages", content=b"\xff\x00"),
            "nested": await http.post(f"{base}/v1/channels/web/messages", content=b'{"a":' * 50),
            "schema": await http.post(f"{base}/v1/channels/web/messages", json={"text": "x"}),
            "channel": await http.post(f"{base}/v1/channels/pigeon/messages", json=received()),
            "open311": await http.post(f"{base}/open311/v2/requests.json", data={"lat": "1"}),
        }
        assert {k: a.status_code for k, a in answers.items()} == {
            "large": 413, "garbage": 400, "nested": 400, "schema": 422, "channel": 404, "open311": 400,
        }  # fmt: skip
        twice = [
            await http.post(
                f"{base}/v1/channels/web/messages", json=received("Twice"), headers={"Idempotency-Key": "k1"}
            )
            for _ in range(2)
        ]
        assert twice[0].json()["message_id"] == twice[1].json()["message_id"]
        outside = received("Outside", lat=50, lon=50)
        await http.post(f"{base}/v1/channels/web/messages", json=outside)
        asked = await records_of(ground, "world", "routing.triage", 1)
        cases = await records_of(ground, "world", "region.north.cases", 2)
    assert routing_events.TriageRequested.model_validate_json(asked[0].value or b"").reason == "outside_every_region"
    assert len(cases) == 2


async def test_the_loop_sees_a_wrong_rule_proposes_and_the_accepted_change_routes_the_next_case(
    ground: Ground, tmp_path: Path
) -> None:
    desk = Actor(id="desk:yard-01", role="desk", scope="yard-01")
    async with everything(ground, tmp_path) as running, httpx.AsyncClient(timeout=60) as http:
        address = url(running["channels"], "/v1/channels/web/messages")
        # Cases of one day say together little more than one.
        days = [NOW - timedelta(days=12 - number) for number in range(12)]
        for number, day in enumerate(days):
            body = {**received(f"hole {number}"), "sent_at": day.isoformat()}
            assert (await http.post(address, json=body)).status_code == 202
        opened = await records_of(ground, "world", "region.north.cases", 24)
        ids = {(r.key or b"").decode() for r in opened}
        assert len(ids) == 12
        for case_id in sorted(ids):
            order = region.TransferCase(actor=desk, case_id=case_id, to_authority="lighting")
            await command(ground, "region.north.commands", case_id, order, at=NOW + timedelta(hours=2))
        await records_of(ground, "world", "region.north.cases", 36)
        # What a loop hears after the tick waits for the next one, and so does what rules hear of a loop.
        await at_rest(ground)
        week = NOW + timedelta(days=7)
        await fact(ground, "world", "clock.ticks", "clock", clock.TimePassed(since=NOW, until=week), week)
        await records_of(ground, "rules", "rules.commands", 1)
        await at_rest(ground)
        until = week + timedelta(hours=6)
        await fact(ground, "world", "clock.ticks", "clock", clock.TimePassed(since=week, until=until), until)
        checked = await records_of(ground, "world", "rules.proposals", 1)
        assert types_of(checked) == [rules_events.ProposalChecked.type]
        proposal = rules_events.ProposalChecked.model_validate_json(checked[0].value or b"")
        assert proposal.title == "pothole in 01: yard-01 -> lighting"

        head = Actor(id="head:north", role="regional_head", scope="north")
        decision = rules_events.DecideProposal(actor=head, proposal_id=proposal.proposal_id, accept=True, reason="yes")
        await command(ground, "rules.commands", proposal.proposal_id, decision, at=until)
        adopted = types_of(await records_of(ground, "world", "rules.proposals", 3))
        assert adopted[-1] == rules_events.ProposalAdopted.type
        later = until + timedelta(days=7)
        tick = clock.TimePassed(since=until, until=later)
        await records_of(ground, "routing", "rules.releases", 4)
        await fact(ground, "world", "clock.ticks", "clock", tick, later)
        await at_rest(ground)
        body = {**received("the next hole"), "sent_at": (later + timedelta(hours=1)).isoformat()}
        assert (await http.post(address, json=body)).status_code == 202

        async def rerouted() -> bool:
            cases = await records_of(ground, "world", "region.north.cases", 37)
            last = [
                region.CaseOpened.model_validate_json(c.value or b"")
                for c in cases
                if types_of([c]) == [region.CaseOpened.type]
            ]
            return any(c.text == "the next hole" and c.authority == "lighting" for c in last)

        await eventually(rerouted)
