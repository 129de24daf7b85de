"""Service requests as GeoReport v2 shows them: nothing personal, words as intake redacted them. Pure."""

from __future__ import annotations

from collections.abc import Callable

from common.contracts.outside_status import OutsideStatus, outside_status

from channels.adapters.open311.w3_time import w3
from channels.service_request_store import ListedRequest

SAID_AT_THE_END = frozenset({"answered", "confirmed", "declined"})
"""Why a case is closed, where an authority said it to the citizen in words of its own."""


def notes_of(outside: OutsideStatus, last_words: str | None) -> str | None:
    """Why it is as it is: the authority's words, or ours where those were about something else."""
    ours = outside.status == "closed" and outside.why not in SAID_AT_THE_END
    return outside.notes() if ours or not last_words else last_words


def shown(one: ListedRequest, service: Callable[[str], str], agency: Callable[[str], str]) -> dict[str, object]:
    """Every field of the protocol; what is not known is None. `service` and `agency` give titles by code and by id."""
    request, outside = one.request, outside_status(one.state, one.closed_by)
    return {
        "service_request_id": one.reference,
        "status": outside.status,
        "status_notes": notes_of(outside, request.status_notes) or None,
        "service_name": service(request.service_code),
        "service_code": request.service_code,
        "description": request.description or None,
        "agency_responsible": agency(request.authority) if request.authority else None,
        "service_notice": None,
        "requested_datetime": w3(request.requested_at),
        "updated_datetime": w3(one.changed_at or request.requested_at),
        "expected_datetime": w3(request.due_at),
        "address": request.address or None,
        "address_id": None,
        "zipcode": None,
        "lat": request.lat,
        "long": request.lon,
        "media_url": None,
    }


def receipt(
    service: str, reference: str, token: str, account: str | None, notice: str | None = None
) -> dict[str, object]:
    """What a posted report is answered with, by how its service answers."""
    number: dict[str, object] = {}
    if service == "realtime":
        number = {"service_request_id": reference}
    elif service == "batch":
        number = {"token": token}
    return {**number, "service_notice": notice, "account_id": account}
