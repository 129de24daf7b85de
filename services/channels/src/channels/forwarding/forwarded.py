"""A case at an authority's own endpoint: what is sent, what comes back, and what that means for the case. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from xml.etree.ElementTree import Element, ParseError

from common.contracts.events.base import Actor
from common.contracts.events.region import AcceptCase, AnswerCase, CaseCommand, StartWork
from common.contracts.frozen import value
from common.federation.country import Authority
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

MAX_WORDS = 3_000
Status = Literal["open", "closed"]


class NotUnderstood(Exception):
    """An endpoint answered something that is not GeoReport v2."""


@value
class Forwarded:
    """A case on its way to an authority, or there."""

    case_id: str
    region: str
    authority: str
    reference: str
    category: str
    description: str
    """Redacted; empty once it was sent."""
    address: str | None
    lat: float | None
    lon: float | None
    request_id: str | None = None
    """The endpoint's number."""
    token: str | None = None
    """What the endpoint gave instead of a number, until it tells that."""
    begun: bool = False
    """The authority said something of it."""


@value
class Told:
    """What an endpoint says of one request."""

    request_id: str
    status: Status
    notes: str
    agency: str


def form(case: Forwarded, authority: Authority, api_key: str) -> dict[str, str]:
    """The report as the endpoint takes it: nothing personal."""
    assert authority.open311 is not None
    there = authority.open311
    fields = {
        "api_key": api_key,
        "jurisdiction_id": there.jurisdiction_id,
        "service_code": there.service_codes.get(case.category, case.category),
        "lat": "" if case.lat is None else repr(case.lat),
        "long": "" if case.lon is None else repr(case.lon),
        "address_string": case.address or "",
        "description": f"{case.description}\n({case.reference})".strip(),
    }
    return {name: text for name, text in fields.items() if text}


def received(body: bytes) -> tuple[str | None, str | None]:
    """Number and token of a report that was taken, one of them None. Raises NotUnderstood."""
    for request in _requests(body):
        number, token = request.get("service_request_id"), request.get("token")
        if number or token:
            return number or None, None if number else token
    raise NotUnderstood("there is neither a service_request_id nor a token in the answer")


def told(body: bytes) -> dict[str, Told]:
    """What is said of requests, by number. Raises NotUnderstood."""
    found = {}
    for request in _requests(body):
        number, status = request.get("service_request_id"), request.get("status", "").lower()
        if number and status in ("open", "closed"):
            notes, agency = request.get("status_notes", ""), request.get("agency_responsible", "")
            found[number] = Told(number, "closed" if status == "closed" else "open", notes[:MAX_WORDS], agency[:200])
    return found


def commands(case: Forwarded, news: Told | None, authority: Authority, desk: Actor) -> list[CaseCommand]:
    """What the authority's desk orders by what its endpoint says; `news` is None when the endpoint has just taken the
    report."""
    if news is None:
        return [AcceptCase(actor=desk, case_id=case.case_id)] if authority.acceptance == "by_hand" else []
    if news.status == "closed":
        words = news.notes or "The work on this report is done."
        return [AnswerCase(actor=desk, case_id=case.case_id, text=f"{news.agency or authority.title}: {words}")]
    return [StartWork(actor=desk, case_id=case.case_id)] if news.notes and not case.begun else []


def _requests(body: bytes) -> list[Mapping[str, str]]:
    try:
        root: Element[Any] = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise NotUnderstood(f"the answer is not XML: {type(error).__name__}") from error
    if root.tag != "service_requests":
        raise NotUnderstood(f"the answer is {root.tag[:40]!r}, not 'service_requests'")
    return [{field.tag: (field.text or "").strip() for field in request} for request in root.findall("request")]
