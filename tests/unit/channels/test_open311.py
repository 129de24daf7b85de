"""GeoReport v2 as the specification has it: forms, parameters, times and both formats of answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from channels.adapters.open311 import answers, form
from channels.adapters.open311.answering import refused
from channels.adapters.open311.discovery import discovery
from channels.adapters.open311.markup import errors, format_of, rendered
from channels.adapters.open311.query import asked_requests, named_requests
from channels.adapters.open311.records import receipt, shown
from channels.adapters.open311.services import service_definition, service_list
from channels.adapters.open311.w3_time import from_w3, w3
from channels.bodies import Refused
from channels.service_request import ServiceRequest
from channels.service_request_store import ListedRequest
from common.contracts.outside_status import Why
from common.federation.country import Category
from common.federation.service_form import Attribute
from pydantic import ValidationError

NOON = datetime(2011, 7, 1, 12, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
CATEGORY = Category.model_validate(
    {
        "code": "lamp", "title": "Lamp & post", "group": "lighting", "keywords": ["dark", "lamp"], "service": "batch",
        "attributes": [
            {"code": "NOTE", "variable": False, "description": "Call 911"},
            {"code": "POLE", "required": True, "description": "Which pole?"},
            {"code": "HEIGHT", "datatype": "number"},
            {"code": "SINCE", "datatype": "datetime"},
            {"code": "STORY", "datatype": "text"},
            {"code": "KIND", "datatype": "singlevaluelist", "values": [{"key": "1", "name": "Out"},
                                                                      {"key": "2", "name": "Leans"}]},
            {"code": "NEAR", "datatype": "multivaluelist", "values": [{"key": "a", "name": "School"},
                                                                     {"key": "b", "name": "Stop"}]},
        ],
    }
)  # fmt: skip
HERE = [("service_code", "lamp"), ("lat", "0.5"), ("long", "0.25"), ("attribute[POLE]", "17")]


def xml(root: str, data: object) -> ElementTree.Element:
    return ElementTree.fromstring(rendered(root, data, "xml"))


def test_a_definition_has_the_elements_of_the_specification_in_order() -> None:
    document = xml("service_definition", service_definition(CATEGORY))
    assert (document.tag, [e.tag for e in document]) == ("service_definition", ["service_code", "attributes"])
    asked = document.findall("attributes/attribute")
    assert [a.findtext("order") for a in asked] == ["1", "2", "3", "4", "5", "6", "7"]
    assert [a.findtext("datatype") for a in asked] == [
        "string", "string", "number", "datetime", "text", "singlevaluelist", "multivaluelist",
    ]  # fmt: skip
    assert [(a.findtext("variable"), a.findtext("required")) for a in asked[:2]] == [
        ("false", "false"),
        ("true", "true"),
    ]
    assert [(v.findtext("key"), v.findtext("name")) for v in asked[5].findall("values/value")] == [
        ("1", "Out"),
        ("2", "Leans"),
    ]
    told = json.loads(rendered("service_definition", service_definition(CATEGORY), "json"))
    assert told["attributes"][1]["required"] is True
    assert told["attributes"][1]["datatype_description"] is None


def test_lists_are_bare_in_json_and_have_the_names_of_the_specification_in_xml() -> None:
    services = service_list([CATEGORY, Category(code="hole", title="Hole")])
    assert [s["metadata"] for s in json.loads(rendered("services", services, "json"))] == [True, False]
    document = xml("services", services)
    assert document.tag == "services"
    assert [s.findtext("service_name") for s in document.findall("service")] == ["Lamp & post", "Hole"]
    assert [(s.findtext("metadata"), s.findtext("type")) for s in document] == [
        ("true", "batch"),
        ("false", "realtime"),
    ]
    wrong = xml("errors", errors(400, ["one", "two"]))
    assert [(e.findtext("code"), e.findtext("description")) for e in wrong.findall("error")] == [
        ("400", "one"),
        ("400", "two"),
    ]
    assert rendered("services", [], "xml").decode().splitlines() == [
        "<?xml version='1.0' encoding='utf-8'?>",
        "<services />",
    ]


def test_discovery_lists_the_endpoint_with_its_formats() -> None:
    found = discovery("Two squares", "http://x/open311/v2", NOON, contact="api@example.org", keyed=True)
    document = xml("discovery", found)
    assert [e.tag for e in document] == ["changeset", "contact", "key_service", "endpoints"]
    endpoint = document.find("endpoints/endpoint")
    assert endpoint is not None
    assert [e.tag for e in endpoint] == ["specification", "url", "changeset", "type", "formats"]
    assert [f.text for f in endpoint.findall("formats/format")] == ["text/xml", "application/json"]
    assert document.findtext("changeset") == "2011-07-01 12:00"


def test_text_that_xml_cannot_hold_is_left_out_and_the_rest_is_escaped() -> None:
    assert xml("services", [{"service_name": "a\x0b<b>&\ufffe\U0001f600"}]).findtext("service/service_name") == (
        "a<b>&\U0001f600"
    )


@pytest.mark.parametrize(
    ("path", "accept", "form"),
    [
        ("/v2/services.xml", "application/json", "xml"),
        ("/v2/services.json", "", "json"),
        ("/v2/services", "application/json", "json"),
        ("/v2/services", "*/*", "xml"),
        ("/v2/services.html", "", None),
        ("/v2/requests/AB-1.json", "", "json"),
    ],
)
def test_the_format_is_the_ending_of_the_path(path: str, accept: str, form: str | None) -> None:
    assert format_of(path, accept) == form


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2010-01-01T00:00:00Z", "2010-01-01T00:00:00Z"),
        ("2010-04-14T06:37:38-08:00", "2010-04-14T14:37:38Z"),
        ("2010-04-14T06:37:38 08:00", "2010-04-13T22:37:38Z"),
        ("2010-04-14T06:37:38.123+0200", "2010-04-14T04:37:38Z"),
        ("2010-07-01", "2010-07-01T04:00:00Z"),
        ("2010-07-01T10:00", "2010-07-01T14:00:00Z"),
    ],
)
def test_times_are_w3_times(text: str, utc: str) -> None:
    assert w3(from_w3(text, ZONE)) == utc


@pytest.mark.parametrize("text", ["", "yesterday", "2010-13-01", "2010-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_time_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        from_w3(text, ZONE)


def test_without_dates_the_last_90_days_are_meant() -> None:
    asked = asked_requests([], NOON, ZONE)
    assert (asked.since, asked.before) == (NOON - timedelta(days=90), NOON + timedelta(seconds=1))
    assert (asked.page, asked.page_size, asked.status, asked.service_codes) == (1, 1000, None, None)
    start, end = ("start_date", "2011-01-01T00:00:00Z"), ("end_date", "2011-02-01T00:00:00Z")
    january = datetime(2011, 1, 1, tzinfo=UTC)
    assert asked_requests([start], NOON, ZONE).before - january == timedelta(days=90, seconds=1)
    assert asked_requests([end], NOON, ZONE).since == datetime(2011, 2, 1, tzinfo=UTC) - timedelta(days=90)
    both = asked_requests([start, end], NOON, ZONE)
    assert (both.since, both.before) == (january, datetime(2011, 2, 1, 0, 0, 1, tzinfo=UTC))


def test_lists_may_be_separated_by_commas_or_repeated() -> None:
    pairs = [("status", "open"), ("status", "CLOSED"), ("service_code", "a, b"), ("service_code", "c")]
    asked = asked_requests(pairs, NOON, ZONE)
    assert (asked.status, asked.service_codes) == (None, ("a", "b", "c"))
    assert asked_requests([("status", "closed")], NOON, ZONE).status == "closed"
    assert named_requests([("service_request_id", "A,B"), ("service_request_id", "B,,C")]) == ("A", "B", "C")
    assert named_requests([]) is None


@pytest.mark.parametrize(
    "pairs",
    [
        [("start_date", "soon")],
        [("start_date", "2011-02-01"), ("end_date", "2011-01-01")],
        [("start_date", "2010-01-01"), ("end_date", "2011-01-01")],
        [("status", "asleep")],
        [("page", "0")],
        [("page_size", "-1")],
        [("page_size", "²")],
        [("end_date", "0001-01-02T00:00:00Z")],
        [("start_date", "9999-12-01T00:00:00Z")],
    ],
)
def test_a_wrong_parameter_is_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(Refused) as refused:
        asked_requests(pairs, NOON, ZONE)
    assert refused.value.status == 400


def test_pages_are_of_1000_at_most() -> None:
    asked = asked_requests([("page", "3"), ("page_size", "5000")], NOON, ZONE)
    assert (asked.page_size, asked.skipped) == (1000, 2000)


def test_answers_become_lines_in_the_order_of_the_questions() -> None:
    pairs = [
        *HERE, ("attribute[NEAR][]", "b"), ("attribute[NEAR][]", "a"), ("attribute[KIND]", "2"), ("attribute[X]", "y"),
        ("description", "Dark"), ("email", "ann@example.org"), ("media_url", "http://x/1.jpg"),
    ]  # fmt: skip
    said = form.message(pairs, NOON, "c", CATEGORY.attributes)
    assert said.text.splitlines() == ["Dark", "Which pole?: 17", "KIND: Leans", "NEAR: Stop, School", "X: y"]
    assert (said.place.lat, said.place.lon, said.contact.address) == (0.5, 0.25, "ann@example.org")
    assert said.attachments == ("http://x/1.jpg",)


@pytest.mark.parametrize("name", ["attribute[NEAR]", "attribute[NEAR][]", "attribute[NEAR][0]"])
def test_several_values_of_one_code_are_told_in_any_spelling(name: str) -> None:
    assert answers.given_answers([(name, "a"), (name, "b")]) == {"NEAR": ["a", "b"]}


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        (("attribute[HEIGHT]", "tall"), "must be a number"),
        (("attribute[HEIGHT]", "nan"), "must be a number"),
        (("attribute[SINCE]", "soon"), "must be a time"),
        (("attribute[KIND]", "3"), "one of the keys"),
        (("attribute[NEAR][]", "c"), "one of the keys"),
        (("attribute[POLE]", "18"), "takes one value"),
    ],
)
def test_an_answer_that_does_not_fit_its_question_is_refused(pair: tuple[str, str], words: str) -> None:
    with pytest.raises(form.FormWrong, match=words):
        form.message([*HERE, pair], NOON, "c", CATEGORY.attributes)


def test_everything_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(form.FormWrong) as wrong:
        form.message([("service_code", "lamp"), ("lat", "1")], NOON, "c", CATEGORY.attributes)
    assert wrong.value.status == 400
    assert [one.split(" ")[0] for one in wrong.value.all] == ["lat", "attribute[POLE]"]


@pytest.mark.parametrize("where", [("address_string", "1 Main St"), ("address_id", "77")])
def test_a_place_may_be_an_address_alone(where: tuple[str, str]) -> None:
    said = form.message([("service_code", "hole"), where], NOON, "c")
    assert (said.place.address, said.place.lat, said.contact.address) == (where[1], None, form.ANONYMOUS)


def test_a_request_is_shown_with_every_field_of_the_specification() -> None:
    request = ServiceRequest("c", "e", "m", "realtime", NOON, "lamp", lat=1.5, authority="yard", status_notes="Done")
    listed = ListedRequest(request, "AB-1", "answered", NOON + timedelta(hours=1))
    record = shown(listed, lambda code: code.title(), lambda name: name.upper())
    assert list(record) == [
        "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
        "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime",
        "address", "address_id", "zipcode", "lat", "long", "media_url",
    ]  # fmt: skip
    assert (record["status"], record["service_name"], record["agency_responsible"]) == ("closed", "Lamp", "YARD")
    assert (record["requested_datetime"], record["updated_datetime"]) == (
        "2011-07-01T12:00:00Z",
        "2011-07-01T13:00:00Z",
    )
    document = xml("service_requests", [record])
    assert [e.tag for e in document] == ["request"]
    assert [e.tag for e in document[0]] == list(record)
    assert document.findtext("request/address") == ""


@pytest.mark.parametrize(
    ("state", "closed_by", "last_words", "status", "notes"),
    [
        ("answered", None, "Mended.", "closed", "Mended."),
        ("confirmed", None, None, "closed", "It was answered, and whoever reported it confirmed the answer."),
        ("declined", None, "Private ground.", "closed", "Private ground."),
        ("declined", "no_reply", "What?", "closed", "It was closed, since no reply came to a question about it."),
        ("declined", "not_taken", None, "closed", "It was not taken as a case."),
        ("withdrawn", None, "Which house?", "closed", "Whoever reported it took it back."),
        ("waiting", None, "Which house?", "open", "Which house?"),
        ("handed_over", None, None, "open", None),
        (None, None, None, "open", None),
    ],
)
def test_a_closed_request_says_why(
    state: str | None, closed_by: Why | None, last_words: str | None, status: str, notes: str | None
) -> None:
    request = ServiceRequest("c", "e", "m", "realtime", NOON, "lamp", status_notes=last_words)
    record = shown(ListedRequest(request, "AB-1", state, NOON, closed_by), str, str)
    assert (record["status"], record["status_notes"]) == (status, notes)


def test_a_report_is_answered_with_its_number_or_a_token_never_both() -> None:
    assert set(receipt("realtime", "AB-1", "m", None)) == {"service_request_id", "service_notice", "account_id"}
    assert set(receipt("batch", "AB-1", "m", None)) == {"token", "service_notice", "account_id"}
    assert set(receipt("blackbox", "AB-1", "m", None)) == {"service_notice", "account_id"}


@pytest.mark.parametrize(
    "given",
    [
        {"code": "A", "datatype": "singlevaluelist"},
        {"code": "A", "values": [{"key": "1", "name": "x"}]},
        {"code": "A", "datatype": "multivaluelist", "values": [{"key": "1", "name": "x"}, {"key": "1", "name": "y"}]},
        {"code": "A", "required": True, "variable": False},
        {"code": "A[B]"},
    ],
)
def test_a_question_that_cannot_be_asked_is_a_fault_of_the_federation(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Attribute.model_validate(given)


def test_an_error_of_a_request_that_no_route_sees_has_the_format_of_its_path() -> None:
    kind, body = refused("/open311/v2/requests.xml", 429, "too many")
    assert (kind, ElementTree.fromstring(body).findtext("error/code")) == ("text/xml; charset=utf-8", "429")
    kind, body = refused("/open311/v2/requests.json", 413, "too large")
    assert (kind, json.loads(body)) == (
        "application/json; charset=utf-8",
        [{"code": 413, "description": "too large"}],
    )
