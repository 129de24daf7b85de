"""The loop recurrence in words. Its orders have pages of their own; it makes no findings and proposes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from portal.language import N_
from portal.loop_pages.unknown import AsWorded


class RecurrencePage(AsWorded):
    title = N_("recurrence")
    settings: ClassVar[Mapping[str, str]] = {
        "score": N_("days with reports, weighed by age, from which prevention is ordered"),
        "tau_days": N_("days in which a day's weight falls to 37 %"),
        "radius_m": N_("metres within which reports are about one place"),
        "pause_days": N_("days between two orders about one place, at least"),
        "term_days": N_("days in which an order must be answered"),
        "remind_days": N_("days before the end of the term at which the authority is reminded"),
        "review_days": N_("days after the answer for which the place is looked at"),
        "compared_below": N_("how far under the cut a place is compared with others"),
        "min_compared": N_("places to compare with, at least"),
    }


PAGE = RecurrencePage()
