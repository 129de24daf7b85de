"""Which column of a city's log is meant, however the city spells its name."""

from __future__ import annotations

import re
from collections.abc import Sequence

SPELLINGS: dict[str, tuple[str, ...]] = {
    "case_id": (
        "caseid", "case_number", "case_no", "case_enquiry_id", "service_request_id", "service_request_number",
        "servicerequestid", "sr_number", "sr_no", "request_id", "request_number", "ticket_id", "unique_key", "id",
    ),
    "opened_at": (
        "openedat", "opened", "open_dt", "open_date", "opened_date", "date_opened", "created_date", "created_at",
        "creation_date", "date_created", "created", "requested_datetime", "request_date", "requested_at", "adddate",
    ),
    "due_at": ("dueat", "due", "due_date", "target_dt", "sla_target_dt", "expected_datetime", "serviceduedate"),
    "closed_at": (
        "closedat", "closed", "closed_dt", "closed_date", "date_closed", "close_date", "resolved_at", "resolved_date",
        "resolution_date", "completion_date", "resolutiondate",
    ),
    "status": ("state", "case_status", "sr_status"),
    "channel": ("source", "origin", "method_received", "open_data_channel_type"),
    "category": ("subject", "service_category"),
    "type": ("request_type", "service_name", "complaint_type", "sr_type", "servicecodedescription", "case_type"),
    "department": ("agency", "dept", "owner_department", "responsible_agency", "organization"),
    "queue": ("queue_name", "assigned_queue"),
    "neighborhood": ("neighbourhood", "community", "neighborhoods"),
    "district": ("council_district", "police_district", "city_council_district"),
    "ward": ("ward_number",),
    "zip": ("zip_code", "zipcode", "postal_code", "postcode", "location_zipcode", "incident_zip"),
    "lat": ("latitude",),
    "lon": ("longitude", "long", "lng"),
    "outcome": ("closure_reason", "resolution", "resolution_description", "status_notes"),
    "duplicate_of": ("parent_case_id", "parent_sr_number", "parent_service_request_id"),
    "is_duplicate": ("duplicate",),
    "loc_placeholder": ("location_placeholder",),
}  # fmt: skip
NOT_LETTERS = re.compile(r"[^0-9a-z]+")


def plain(name: str) -> str:
    """A column's name in lower case, words joined by one underscore."""
    return NOT_LETTERS.sub("_", name.casefold()).strip("_")


def meant(columns: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """From our names to the file's columns, and remarks on those that are spelt otherwise or stand twice."""
    found: dict[str, str] = {}
    remarks = []
    by_name: dict[str, str] = {}
    for column in columns:
        name = plain(column)
        if name in by_name and name in SPELLINGS:
            remarks.append(f"the column {name} stands twice; the last one is read")
        by_name[name] = column
    for ours, others in SPELLINGS.items():
        theirs = next((name for name in (ours, *others) if name in by_name), None)
        if theirs is not None:
            found[ours] = by_name[theirs]
            if theirs != ours:
                remarks.append(f"its column {by_name[theirs]} is read as {ours}")
    return found, remarks
