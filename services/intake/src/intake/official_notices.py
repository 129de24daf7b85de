"""What the head of an authority is told of what is coming to it, where the federation says how to reach them: once for
each early warning, each that is taken back, and each finding that deadlines will be missed. Pure but for the words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope, derived_id
from common.contracts.events.base import Event
from common.contracts.events.channel import Contact, NoticeIssued
from common.contracts.events.reflex.observations import SHORTFALLS, FindingMade
from common.contracts.events.reflex.warnings import WarningRaised
from common.contracts.notice_ids import notice_id
from common.federation.country import Authority as Office

from intake.notice_kinds import KINDS
from intake.telling import Authority, CategoryName, Fields, RegionName, Telling

TELLS = (WarningRaised, FindingMade)
TO_HEADS = frozenset({"head_of_warning", "head_of_wide_warning", "head_of_no_warning", "head_of_shortfall"})
"""Kinds of notices, which are about no case."""
FORECASTER = "prediction"
"""The loop that finds that an authority will miss deadlines."""
Say = Callable[[str, str, datetime, Fields, str | None], str]
"""(kind, language, time, fields, region) -> the words."""


class Offices(Protocol):
    """What is asked of the federation."""

    languages: tuple[str, ...]

    def authority(self, authority_id: str) -> Office | None: ...


class WarnedOf(Protocol):
    """What is said of an early warning that is taken back."""

    @property
    def warning_id(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def authority(self) -> str: ...
    @property
    def category(self) -> str: ...


class OfficialNotices:
    """Heads that the federation has no contact of are told nothing."""

    def __init__(self, offices: Offices, say: Say) -> None:
        self._offices = offices
        self._say = say

    def of(self, event: Event, cause: Envelope) -> Emit | None:
        """None for what no head is told."""
        found = _telling(event)
        return None if found is None else self._issued(*found, cause, cause.identity)

    def taken_back(self, warning: WarnedOf, cause: Envelope) -> Emit | None:
        """That an early warning is taken back, because of which correction of the clock."""
        telling = Telling(
            "head_of_no_warning",
            {
                "authority": Authority(warning.authority), "region": RegionName(warning.region),
                "category": CategoryName(warning.category),
            },
        )  # fmt: skip
        by = (cause.source, f"{cause.id}|{warning.warning_id}")
        return self._issued(warning.authority, warning.region, telling, cause, by)

    def _issued(
        self, office_id: str, region: str, telling: Telling, cause: Envelope, by: tuple[str, str]
    ) -> Emit | None:
        office = self._offices.authority(office_id)
        head = office.head if office is not None else None
        if head is None:
            return None
        language = head.language or self._offices.languages[0]
        about = derived_id("head of an authority", office_id)
        issued = NoticeIssued(
            case_id=about, reference="", conversation=f"head:{office_id}",
            contact=Contact(address=head.address, language=language), notice=KINDS[telling.kind].notice,
            kind=telling.kind, text=self._say(telling.kind, language, cause.time, telling.fields, region),
        )  # fmt: skip
        named = notice_id(head.channel, about, telling.kind, by)
        return Emit(f"channel.{head.channel}.outbound", about, issued, cause, cause.time, id=named)


def _telling(event: Event) -> tuple[str, str, Telling] | None:
    """Whose head is told what, with the region that it is about."""
    if isinstance(event, WarningRaised):
        return event.authority, event.region, _of_warning(event)
    if isinstance(event, FindingMade) and event.loop == FORECASTER and event.kind in SHORTFALLS:
        return _of_shortfall(event.numbers)
    return None


def _of_warning(event: WarningRaised) -> Telling:
    about: dict[str, Any] = {
        "authority": Authority(event.authority), "region": RegionName(event.region),
        "category": CategoryName(event.category), "reports": str(event.reports), "expected": f"{event.expected:.1f}",
    }  # fmt: skip
    if event.whole_region:
        return Telling("head_of_wide_warning", about)
    return Telling("head_of_warning", {**about, "area": event.area, "metres": str(round(event.radius_m))})


def _of_shortfall(numbers: Mapping[str, Any]) -> tuple[str, str, Telling] | None:
    try:
        office, region = str(numbers["authority"]), str(numbers["region"])
        fields: Fields = {
            "authority": Authority(office), "region": RegionName(region), "day": str(numbers["by"]),
            "work": f"{numbers['work']:.0f}", "open": str(numbers["open"]), "rate": f"{numbers['rate']:.1f}",
            "short": f"{numbers['short']:.0f}", "needed": f"{numbers['needed_rate']:.1f}",
        }  # fmt: skip
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return None
    return office, region, Telling("head_of_shortfall", fields)
