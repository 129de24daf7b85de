"""What the portal tells without being asked by whom: nothing by which two reports of one citizen could be joined, none
of the words and no exact place."""

from __future__ import annotations

from datetime import timedelta

import httpx
from common.contracts.events import deliberation, federal, intake, operations, region
from common.contracts.events.base import Place

from tests.anonymous import addresses
from tests.conftest import Ground
from tests.integration.portal.test_ideas import IDEA
from tests.kafka import at_rest
from tests.portal_rig import FEDERAL, NOW, OPERATOR, Rig, portal_rig

CITIZEN, MESSAGE, TRACE = "c1712e4f00d5eed5", "9d5c1c52-aaaa-5bbb-8ccc-0123456789ab", "0af7651916cd43dd8448eb211c80319c"
GROUPING = {
    "the pseudonym": CITIZEN, "the message's id": MESSAGE, "the trace": TRACE, "a topic": "region.north.cases",
    "the mandate": "mandate", "a header": "traceparent", "the cause": "correlation",
}  # fmt: skip
LAMP, CORNER, ANSWERED, ASKED, GROUND = "The lamp at our corner", "Elm street 5", "It shines", "Which lamp", "Law 7"
SAID = {
    "the words": LAMP, "the address": CORNER, "the answer": ANSWERED, "the question": ASKED, "the ground": GROUND,
    "the latitude": "0.54321", "the longitude": "0.51234", "the second latitude": "0.59876",
    "a reason": "the loft is shut",
    "the bytes of a record": "5ca1ab1e",
}  # fmt: skip
KNOWN = {"name": ("REF-0001", "case-1", "T-1", "REF-0002"), "id": ("p1",), "table": ("deadline",)}
QUERIES = ("/cases?reference=REF", "/cases?category=pothole", "/?order=cause&about=case&name=case-1",
           "/operations?order=refused&about=case&name=case-1", "/ideas?state=open",
           "/cases/REF-0001/older?before=999999999")  # fmt: skip


async def planted(rig: Rig) -> None:
    """Two cases of one citizen and a message that waits, with all that may be said of them."""
    whole = {"case_id": "case-1", "region": "north", "authority": "yard-01", "actor": "desk:yard-01"}
    place = Place(lat=0.54321, lon=0.51234, address=CORNER)

    async def north(event: region.CaseEvent | region.CommandRefused, case_id: str = "case-1") -> None:
        await rig.fact("regional-north", "region.north.cases", case_id, event, NOW, TRACE)

    for number in (1, 2):
        opened = region.CaseOpened(
            **whole | {"case_id": f"case-{number}", "actor": "routing"}, state="assigned", reference=f"REF-{number:04}",
            message_id=MESSAGE, area="01", category="pothole", priority=2, channel="web", citizen=CITIZEN, text=LAMP,
            place=place, received_at=NOW, due_at=NOW + timedelta(days=3), release="north:1",
        )  # fmt: skip
        await north(opened, f"case-{number}")
    added = intake.MessageAdded(
        message_id=MESSAGE, case_id="case-1", channel="web", citizen=CITIZEN, text=LAMP, received_at=NOW,
        place=Place(lat=0.59876, lon=0.51234, address=CORNER),
    )  # fmt: skip
    await rig.fact("intake", "intake.messages", "case-1", added, NOW, TRACE)
    failed = intake.DeliveryFailed(
        notice_id="n1", case_id="case-1", channel="web", notice="registered", reason="the loft is shut", failed_at=NOW
    )
    await rig.fact("intake", "intake.messages", "case-1", failed, NOW, TRACE)
    await north(region.CitizenAsked(**whole, state="waiting", question=f"{ASKED}?"))
    await north(region.CaseAnswered(**whole, state="answered", text=ANSWERED, on_time=True, worked_minutes=60))
    await north(region.CaseDeclined(**whole, state="declined", ground=GROUND, reason="the loft is shut"))
    refused = region.CommandRefused(
        case_id="case-1", region="north", command="routing.message.forwarded.v1", command_id="refused", actor="citizen",
        reason="the loft is shut",
    )  # fmt: skip
    await north(refused)
    waiting = intake.MessageRegistered(
        message_id=MESSAGE, case_id="triage-1", reference="T-1", channel="web", citizen=CITIZEN, text=LAMP,
        category="Pothole", place=Place(address=CORNER), received_at=NOW,
    )  # fmt: skip
    await rig.fact("intake", "intake.messages", "triage-1", waiting, NOW, TRACE)
    letter = operations.DeadLetterRecorded(
        dead_letter_id="d1", service="intake", topic="channel.web.inbound", partition=0, offset=1, size=9,
        sha256="5ca1ab1e" * 8, reason="the loft is shut", parks_key=False, recorded_at=NOW,
    )  # fmt: skip
    await rig.fact("intake", "intake.operations", "d1", letter, NOW, TRACE)
    demand = federal.DirectiveIssued(
        directive_id="x1", case_id="case-1", region="north", demand="Answer it", issued_at=NOW,
        answer_by=NOW + timedelta(days=1),
    )  # fmt: skip
    await rig.fact("federal", "federal.directives", "case-1", demand, NOW, TRACE)
    idea = deliberation.IdeaReceived(**IDEA, citizen=CITIZEN, channel="web", words="Longer days", received_at=NOW)
    await rig.fact("deliberation", "deliberation.proceedings", idea.idea_id, idea, NOW, TRACE)


async def test_nobody_reads_who_said_it_what_or_where_without_a_role(ground: Ground) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient(timeout=60) as http:
        await planted(rig)
        await at_rest(ground, "rules", "routing")
        await at_rest(ground, "portal")
        paths = {*addresses(rig.spec.routes, KNOWN), *QUERIES} - {"/live"}
        assert {"/", "/cases/REF-0001", "/api/cases/REF-0001", "/api/status", "/operations", "/triage"} <= paths
        pages = {path: (await http.get(f"{rig.url}{path}")).text for path in sorted(paths)}
        found = [
            (path, what) for path, text in pages.items() for what, word in (GROUPING | SAID).items() if word in text
        ]
        assert found == [], "\n".join(map(str, found))
        told = (await http.get(f"{rig.url}/api/cases/REF-0001")).json()
        assert {name for event in told["events"] for name in event} == {"type", "time", "words", "by", "local_time"}
        assert "answered in time" in pages["/cases/REF-0001"]
        assert "Declined on a legal ground." in pages["/cases/REF-0001"]
        assert "T-1" in pages["/triage"]

        for person in (OPERATOR, FEDERAL):
            cookies = await rig.cookies(person)
            case = (await http.get(f"{rig.url}/cases/REF-0001", cookies=cookies)).text
            waits = (await http.get(f"{rig.url}/triage", cookies=cookies)).text
            api = (await http.get(f"{rig.url}/api/cases/REF-0001", cookies=cookies)).text
            for word in (LAMP, CORNER, ANSWERED, ASKED, GROUND, "0.59876", TRACE, "region.north.cases"):
                assert word in case, (person, word)
            assert LAMP in waits
            assert LAMP in api
            assert "the loft is shut" in (await http.get(f"{rig.url}/operations", cookies=cookies)).text
            assert [page for page in (case, waits, api) if CITIZEN in page] == []
        elsewhere = await rig.cookies("operator:south")
        assert LAMP not in (await http.get(f"{rig.url}/cases/REF-0001", cookies=elsewhere)).text

        raw = (await http.get(f"{rig.url}/api/cases/REF-0001", headers=rig.machine)).json()
        assert {event["data"].get("citizen") for event in raw["events"]} == {CITIZEN, None}
        assert all(TRACE in event["traceparent"] and "offset" in event for event in raw["events"])
        forged = {"Authorization": f"{rig.machine['Authorization']}x"}
        assert CITIZEN not in (await http.get(f"{rig.url}/api/cases/REF-0001", headers=forged)).text
