"""GeoReport v2 over HTTP, every call in both formats: from discovery to the answer of a case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import httpx
from common.contracts.events import intake, region
from common.contracts.events.intake import MessageAdded, VerdictGiven

from tests.conftest import Ground
from tests.end_to_end.system import NOW
from tests.integration.channels.test_edge import edge
from tests.integration.channels.test_load_of_others import by_north, opened, said
from tests.kafka import eventually, records_of, types_of

V2 = "/open311/v2"
HOLE = {"service_code": "pothole", "lat": "0.5", "long": "0.5", "description": "A hole, call +7 916 123-45-67"}
LAMP = {
    "service_code": "street-light",
    "address_string": "1 Main St",
    "attribute[POLE]": "17",
    "attribute[KIND]": "out",
}


async def both(http: httpx.AsyncClient, path: str, expected: int = 200, **parameters: Any) -> tuple[Any, Any]:
    """The answer of a GET as JSON and as XML, each with its content type."""
    as_json = await http.get(f"{path}.json", params=parameters)
    as_xml = await http.get(f"{path}.xml", params=parameters)
    assert (as_json.status_code, as_xml.status_code) == (expected, expected), as_json.text
    assert as_json.headers["content-type"] == "application/json; charset=utf-8"
    assert as_xml.headers["content-type"] == "text/xml; charset=utf-8"
    return as_json.json(), ElementTree.fromstring(as_xml.content)


async def test_a_client_goes_from_discovery_to_the_answer_in_either_format(ground: Ground) -> None:
    async with edge(ground, open311_keys="key,other", http_rate=0) as (http, _):
        found, document = await both(http, "/open311/discovery")
        assert (found["endpoints"][0]["url"], document.tag) == (f"{http.base_url}{V2}", "discovery")
        assert found == (await http.get(f"{V2}/discovery.json")).json()

        services, document = await both(http, f"{V2}/services", jurisdiction_id="test")
        assert [(s["service_code"], s["metadata"]) for s in services] == [("pothole", False), ("street-light", True)]
        assert [s.findtext("service_code") for s in document.findall("service")] == ["pothole", "street-light"]
        definition, document = await both(http, f"{V2}/services/street-light")
        codes = ["NOTE", "POLE", "HEIGHT", "SINCE", "STORY", "KIND", "NEAR"]
        assert [a["code"] for a in definition["attributes"]] == codes
        assert [a.findtext("code") for a in document.findall("attributes/attribute")] == codes
        plain, _ = await both(http, f"{V2}/services/pothole")
        assert plain == {"service_code": "pothole", "attributes": []}

        assert (await http.get(f"{V2}//services.json")).json() == services, "of a client that puts two slashes"
        for path in (f"{V2}/services/unicorn", f"{V2}/requests/XX-1", f"{V2}/tokens/none", f"{V2}/pigeons"):
            wrong, document = await both(http, path, 404)
            assert [set(w) for w in wrong] == [{"code", "description"}]
            assert (document.tag, document.findtext("error/code")) == ("errors", "404")
        for path in (f"{V2}/services", f"{V2}/services/pothole", f"{V2}/requests", f"{V2}/tokens/x"):
            await both(http, path, 404, jurisdiction_id="moon")
        await both(http, f"{V2}/requests", 400, start_date="soon")

        refused = await http.post(f"{V2}/requests.xml", data=HOLE)
        assert (refused.status_code, ElementTree.fromstring(refused.content).findtext("error/code")) == (403, "403")
        unplaced = await http.post(f"{V2}/requests.json", data={"service_code": "street-light", "api_key": "key"})
        assert (unplaced.status_code, [e["code"] for e in unplaced.json()]) == (400, [400] * 3)

        posted = await http.post(f"{V2}/requests.xml", data={**HOLE, "api_key": "key", "account_id": "7"})
        assert (posted.status_code, posted.headers["content-type"]) == (201, "text/xml; charset=utf-8")
        document = ElementTree.fromstring(posted.content)
        number = document.findtext("request/service_request_id")
        assert (document.tag, document.findtext("request/account_id")) == ("service_requests", "7")
        at_once, _ = await both(http, f"{V2}/requests/{number}")
        assert (at_once[0]["service_request_id"], at_once[0]["status"]) == (number, "open")

        tokens = await http.post(f"{V2}/requests.json?api_key=key", data=LAMP)
        token, account = tokens.json()[0]["token"], tokens.json()[0]["account_id"]
        assert (tokens.status_code, "service_request_id" in tokens.json()[0]) == (201, False)

        async def number_is_known() -> bool:
            return (await http.get(f"{V2}/tokens/{token}.json")).status_code == 200

        await eventually(number_is_known)
        told, document = await both(http, f"{V2}/tokens/{token}", jurisdiction_id="")
        lamp = told[0]["service_request_id"]
        assert (told[0]["token"], document.findtext("request/service_request_id")) == (token, lamp)

        kept = await records_of(ground, "intake", "intake.messages", 2)
        messages = [intake.MessageRegistered.model_validate_json(r.value or b"") for r in kept]
        hole = next(m for m in messages if m.reference == number)
        assert {m.text for m in messages} - {hole.text} == {
            "What is the number on the pole?: 17\nWhat is wrong?: It is out"
        }
        due_at = NOW + timedelta(days=3)
        case = opened(hole.case_id).model_copy(update={"reference": number, "due_at": due_at})
        answered = region.CaseAnswered(
            case_id=hole.case_id, region="north", authority="yard-01", actor="x", state="answered", text="Mended.",
            on_time=True, worked_minutes=1,
        )  # fmt: skip
        await by_north(ground, case, answered)

        async def closed() -> bool:
            return (await http.get(f"{V2}/requests/{number}.json")).json()[0]["status"] == "closed"

        await eventually(closed)
        one, document = await both(http, f"{V2}/requests/{number}")
        assert one[0] == one[0] | {
            "status_notes": "Mended.", "service_name": "Pothole", "service_code": "pothole", "lat": 0.5, "long": 0.5,
            "agency_responsible": "Yard 01", "expected_datetime": "2011-07-04T14:00:00Z", "address": None,
        }  # fmt: skip
        assert one[0]["description"].startswith("A hole, call ")
        assert "916" not in one[0]["description"]
        assert document.findtext("request/status") == "closed"

        async def numbers(**parameters: Any) -> list[str | None]:
            as_json, as_xml = await both(http, f"{V2}/requests", **parameters)
            listed = [r["service_request_id"] for r in as_json]
            assert [r.findtext("service_request_id") for r in as_xml.findall("request")] == listed
            return listed

        assert await numbers() == [lamp, number], "newest first"
        assert await numbers(status="open") == [lamp]
        assert await numbers(status="closed", service_code="pothole,street-light") == [number]
        assert await numbers(service_code="street-light") == [lamp]
        assert await numbers(status="open,closed", page_size="1", page="2") == [number]
        assert await numbers(start_date="2011-01-01T00:00:00Z") == []
        moment = one[0]["requested_datetime"]
        assert number in await numbers(start_date=moment, end_date=moment)
        named = {"service_request_id": f"{number},{lamp},XX-1", "status": "asleep", "start_date": "soon"}
        assert await numbers(**named) == [lamp, number], "numbers override all else"

        updates, document = await both(
            http, f"{V2}/servicerequestupdates", start_date="2011-07-01", end_date="2011-07-02"
        )
        assert [(u["service_request_id"], u["status"], u["description"]) for u in updates] == [
            (number, "open", None),
            (number, "closed", "Mended."),
        ]
        assert document.tag == "service_request_updates"
        assert [u.findtext("update_id") for u in document.findall("request_update")] == [
            u["update_id"] for u in updates
        ]
        word = {"service_request_id": number, "status": "OPEN", "description": "It broke again", "update_id": "7"}
        for given in ({}, {"api_key": "other"}, {"api_key": "other", "account_id": "7"}):
            stranger = await http.post(f"{V2}/servicerequestupdates.json", data=word | given)
            assert (stranger.status_code, stranger.json()[0]["code"]) == (403, 403), given
        own = {"api_key": "key", "updated_datetime": "2011-07-01T15:00:00Z", "email": "ann@example.org"}
        sent = [await http.post(f"{V2}/servicerequestupdates.xml", data=word | own) for _ in range(2)]
        assert [s.status_code for s in sent] == [201, 201]
        ids = {ElementTree.fromstring(s.content).findtext("request_update/update_id") for s in sent}
        assert len(ids) == 1, "the same update_id is the same update"
        by_account = {"api_key": "other", "service_request_id": lamp, "description": "Dark", "account_id": account}
        assert (await http.post(f"{V2}/servicerequestupdates.json", data=by_account)).status_code == 201
        empty = await http.post(f"{V2}/servicerequestupdates.json", data={"api_key": "key"})
        assert (empty.status_code, len(empty.json())) == (400, 2)
        kept = await records_of(ground, "intake", "intake.messages", 4)
        verdict = next(
            VerdictGiven.model_validate_json(r.value or b"") for r in kept if VerdictGiven.type in types_of([r])
        )
        assert (verdict.case_id, verdict.verdict, verdict.text) == (hole.case_id, "reopened", "It broke again")
        added = next(
            MessageAdded.model_validate_json(r.value or b"") for r in kept if MessageAdded.type in types_of([r])
        )
        assert added.text == "Dark"

        gone = intake.CitizenErased(citizen=hole.citizen, actor="x", erased_at=datetime.now(UTC) + timedelta(hours=1))
        await said(ground, "intake", "intake.erasures", [(hole.citizen, gone, None)])

        async def forgotten() -> bool:
            shown = (await http.get(f"{V2}/requests/{number}.json")).json()[0]
            return (shown["description"], shown["lat"], shown["status_notes"]) == (None, None, "It was answered.")

        await eventually(forgotten)
