"""Which service requests or updates are asked for: the parameters of a GET. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Literal, get_args

from common.contracts.frozen import value

from channels.adapters.open311.w3_time import from_w3
from channels.bodies import Refused

WINDOW = timedelta(days=90)
"""Longest between the first and the last time asked for, and what is meant where neither is given."""
MOST = 1_000
"""Requests of one answer."""
MAX_PAGE = 1_000_000
MAX_LISTED = 1_000
Status = Literal["open", "closed"]
Pairs = Sequence[tuple[str, str]]


@value
class Asked:
    """What service requests must be like to be listed, newest first."""

    since: datetime
    before: datetime
    """Both bound the time of the report; the second is not among them."""
    service_codes: tuple[str, ...] | None = None
    """None: all."""
    status: Status | None = None
    """None: both."""
    page: int = 1
    page_size: int = MOST

    @property
    def skipped(self) -> int:
        return (self.page - 1) * self.page_size


def named_requests(pairs: Pairs) -> tuple[str, ...] | None:
    """Numbers that are asked for, which overrides all else; None where none is. Raises Refused."""
    return _listed(pairs, "service_request_id")


def asked_requests(pairs: Pairs, now: datetime, zone: tzinfo) -> Asked:
    """Raises Refused."""
    since, before = asked_window(pairs, now, zone)
    return Asked(
        since, before, _listed(pairs, "service_code"), _status(pairs),
        _whole(pairs, "page", 1, MAX_PAGE), min(_whole(pairs, "page_size", MOST, MAX_PAGE), MOST),
    )  # fmt: skip


def asked_window(pairs: Pairs, now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """From the first time asked for up to the second after the last one: times are told in whole seconds.

    Raises Refused.
    """
    start, end = _time(pairs, "start_date", zone), _time(pairs, "end_date", zone)
    if start is not None and end is not None and start > end:
        raise Refused(400, "start_date is after end_date")
    if start is not None and end is not None and end - start > WINDOW:
        raise Refused(400, f"start_date and end_date may not span more than {WINDOW.days} days")
    try:
        if start is None:
            end = end or now
            start = end - WINDOW
        elif end is None:
            end = start + WINDOW
        return start, end + timedelta(seconds=1)
    except OverflowError as error:
        raise Refused(400, "start_date or end_date is out of range") from error


def _given(pairs: Pairs, name: str) -> list[str]:
    """Every value of a parameter, also of one that is named as a list (`status[]`); an empty one counts as absent."""
    return [text for given, text in pairs if given in (name, f"{name}[]") and text.strip()]


def _listed(pairs: Pairs, name: str) -> tuple[str, ...] | None:
    found = [one for text in _given(pairs, name) for part in text.split(",") if (one := part.strip())]
    if len(found) > MAX_LISTED:
        raise Refused(400, f"{name} names more than {MAX_LISTED}")
    return tuple(dict.fromkeys(found)) or None


def _status(pairs: Pairs) -> Status | None:
    named = {one.lower() for one in _listed(pairs, "status") or ()}
    known: tuple[Status, ...] = get_args(Status)
    if wrong := sorted(named.difference(known)):
        raise Refused(400, f"status must be open or closed, not {wrong[0][:40]!r}")
    chosen = [one for one in known if one in named]
    return chosen[0] if len(chosen) == 1 else None


def _time(pairs: Pairs, name: str, zone: tzinfo) -> datetime | None:
    given = _given(pairs, name)
    if not given:
        return None
    try:
        return from_w3(given[-1], zone)
    except ValueError as error:
        raise Refused(400, f"{name}: {error}") from error


def _whole(pairs: Pairs, name: str, default: int, most: int) -> int:
    given = _given(pairs, name)
    if not given:
        return default
    text = given[-1].strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most):
        raise Refused(400, f"{name} must be a whole number from 1 to {most}")
    return int(text)
