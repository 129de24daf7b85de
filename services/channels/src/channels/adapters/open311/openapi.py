"""The OpenAPI document of GeoReport v2 as it is served here. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from channels.openapi import TEXT, Schema, answers, document, listed, or_null, parameter, record

CODE = {"type": "integer"}
NOTHING = or_null("string")
MOMENT = or_null("string", format="date-time")
ERRORS = listed(record({"code": CODE, "description": TEXT}))
VALUE = record({"key": TEXT, "name": TEXT})
ATTRIBUTE = record(
    {
        "variable": {"type": "boolean"}, "code": TEXT,
        "datatype": {"enum": ["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]},
        "required": {"type": "boolean"}, "datatype_description": NOTHING, "order": {"type": "integer", "minimum": 1},
        "description": NOTHING,
    },
    values=listed(VALUE),
)  # fmt: skip
SERVICE = record(
    {
        "service_code": TEXT, "service_name": TEXT, "description": NOTHING, "metadata": {"type": "boolean"},
        "type": {"enum": ["realtime", "batch", "blackbox"]}, "keywords": NOTHING, "group": NOTHING,
    }
)  # fmt: skip
STATUS = {"enum": ["open", "closed"]}
REQUEST = record(
    {
        "service_request_id": TEXT, "status": STATUS, "status_notes": NOTHING, "service_name": NOTHING,
        "service_code": TEXT, "description": NOTHING, "agency_responsible": NOTHING, "service_notice": NOTHING,
        "requested_datetime": {"type": "string", "format": "date-time"}, "updated_datetime": MOMENT,
        "expected_datetime": MOMENT, "address": NOTHING, "address_id": NOTHING, "zipcode": NOTHING,
        "lat": or_null("number"), "long": or_null("number"), "media_url": NOTHING,
    }
)  # fmt: skip
RECEIPT = record({"service_notice": NOTHING, "account_id": NOTHING}, service_request_id=TEXT, token=TEXT)
UPDATE = record(
    {
        "update_id": TEXT, "service_request_id": TEXT, "status": STATUS,
        "updated_datetime": {"type": "string", "format": "date-time"}, "description": NOTHING, "media_url": NOTHING,
    }
)  # fmt: skip
DISCOVERY = record(
    {
        "changeset": TEXT, "contact": TEXT, "key_service": TEXT,
        "endpoints": listed(
            record({"specification": TEXT, "url": TEXT, "changeset": TEXT, "type": TEXT, "formats": listed(TEXT)})
        ),
    }
)  # fmt: skip
FORMAT = parameter("format", "path", "Of the answer", {"type": "string", "enum": ["xml", "json"]})
JURISDICTION = parameter("jurisdiction_id", "query", "Need not be named: there is one")
DATES = (
    parameter("start_date", "query", "Earliest, as a W3 time", {"type": "string", "format": "date-time"}),
    parameter("end_date", "query", "Latest, as a W3 time", {"type": "string", "format": "date-time"}),
)
FORM_FIELDS = (
    "service_code", "api_key", "jurisdiction_id", "lat", "long", "address_string", "address_id", "email", "device_id",
    "account_id", "first_name", "last_name", "phone", "description", "media_url",
)  # fmt: skip
UPDATE_FIELDS = (
    "service_request_id", "api_key", "jurisdiction_id", "update_id", "updated_datetime", "status", "description",
    "email", "phone", "first_name", "last_name", "account_id", "media_url",
)  # fmt: skip


def openapi() -> dict[str, Any]:
    """Every call, in both formats."""
    whole = {"type": "integer", "minimum": 1, "maximum": 1_000}
    filters = (
        parameter("service_request_id", "query", "Numbers, separated by commas; they override all else"),
        parameter("service_code", "query", "Codes, separated by commas"), *DATES,
        parameter("status", "query", "open, closed or both, separated by a comma"),
        parameter("page", "query", "From 1", whole), parameter("page_size", "query", "At most 1,000", whole),
    )  # fmt: skip
    number = parameter("service_request_id", "path", "As a report was answered")
    paths = {
        "/discovery.{format}": {"get": _get("discovery", DISCOVERY)},
        "/v2/services.{format}": {"get": _get("services", listed(SERVICE))},
        "/v2/services/{service_code}.{format}": {
            "get": _get(
                "service_definition", record({"service_code": TEXT, "attributes": listed(ATTRIBUTE)}),
                parameter("service_code", "path", "One of the services"),
            )
        },
        "/v2/requests.{format}": {
            "get": _get("requests", listed(REQUEST), *filters),
            "post": _post("post_request", listed(RECEIPT), FORM_FIELDS, ["service_code"]),
        },
        "/v2/requests/{service_request_id}.{format}": {"get": _get("request", listed(REQUEST), number)},
        "/v2/tokens/{token}.{format}": {
            "get": _get(
                "token", listed(record({"service_request_id": TEXT, "token": TEXT})),
                parameter("token", "path", "As a report was answered"),
            )
        },
        "/v2/servicerequestupdates.{format}": {
            "get": _get("updates", listed(UPDATE), *DATES),
            "post": _post(
                "post_update", listed(record({"update_id": TEXT, "account_id": NOTHING})), UPDATE_FIELDS,
                ["service_request_id"],
            ),
        },
    }  # fmt: skip
    return document("Open311 GeoReport v2", "/open311", "http://wiki.open311.org/GeoReport_v2", paths, {})


def _content(schema: Schema) -> dict[str, Any]:
    return {"application/json": {"schema": dict(schema)}, "text/xml": {}}


def _get(name: str, schema: Schema, *parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "operationId": name,
        "parameters": [FORMAT, JURISDICTION, *parameters],
        "responses": answers({"200": _content(schema)}, _content(ERRORS)),
    }


def _post(name: str, schema: Schema, fields: Sequence[str], required: Sequence[str]) -> dict[str, Any]:
    form = {"type": "object", "properties": {one: dict(TEXT) for one in fields}, "required": list(required)}
    return {
        "operationId": name,
        "parameters": [FORMAT],
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": form}}},
        "responses": answers(
            {"201": _content(schema)}, _content(ERRORS), {"403": "The api_key is missing or wrong"}
        ),
    }  # fmt: skip
