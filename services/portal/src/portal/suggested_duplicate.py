"""The earlier case that one may be a duplicate of, while nobody has said whether it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.contracts.events.region import CaseOpened
from common.contracts.events.routing import DuplicateDecided, DuplicateSuggested

from portal.case_fold import CaseView
from portal.language import _, ngettext


@dataclass(frozen=True, slots=True)
class SuggestedDuplicate:
    other_case: str
    other_reference: str
    metres: int
    minutes: int
    """Between the registrations of both."""
    likeness: int | None
    """Percent of words that both share; None where one has none."""
    of_warning: bool = False
    """The other one is the first case of an early warning, in whose circle this one lies."""

    @property
    def apart(self) -> str:
        """The time between both in whole hours."""
        hours = self.minutes // 60
        return ngettext("{n} hour", "{n} hours", hours).format(n=hours) if hours else _("less than an hour")


def suggested_duplicate(view: CaseView, history: Sequence[Mapping[str, Any]]) -> SuggestedDuplicate | None:
    """None where nothing was suggested, where it is decided, and where the case has left the region since."""
    found: SuggestedDuplicate | None = None
    for event in history:
        data = event["data"]
        if event["type"] == DuplicateSuggested.type and data["region"] == view.region:
            found = SuggestedDuplicate(
                data["other_case"], data["other_reference"], data["distance_metres"], data["apart_minutes"],
                data.get("likeness"), data.get("warning") is not None,
            )  # fmt: skip
        elif event["type"] == DuplicateDecided.type:
            return None
        elif event["type"] == CaseOpened.type and data["region"] != view.region:
            found = None
    return found
