"""The loop trial in words: how a change fares that is tried in a part. It proposes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from portal.language import N_
from portal.loop_pages.unknown import AsWorded


class TrialPage(AsWorded):
    title = N_("trials of changes")
    settings: ClassVar[Mapping[str, str]] = {
        "gain_evidence": N_("evidence of gain from which on a change is adopted"),
        "guard_evidence": N_("evidence of harm, for each guard, from which on it is rolled back"),
        "least_need": N_(
            "share of cases that keep a longer deadline and not the shorter one, above which it is needed"
        ),
        "calm_share": N_("share of that evidence above which no step is taken"),
        "min_outcomes": N_("outcomes with the change and without it, before it is adopted"),
        "step_days": N_("days that each share lasts, at least"),
        "outcome_working_minutes": N_("working minutes after which it is known whether a case was passed on"),
        "open_times": N_("times its deadline after which a case is open for too long"),
        "reopened_days": N_("days after the answer until it is known whether a case was reopened"),
        "rating_days": N_("days after the answer until it is known how a case was rated"),
        "poor_rating": N_("rating that is poor, and every lower one"),
        "safety_priority": N_("priority from which on one misrouted case ends a trial at once"),
        "volume_times": N_("times the usual cases that are too many for an office"),
        "volume_least": N_("cases that the change gave to an office, before that is asked"),
        "min_units": N_("districts or authorities that are needed to conclude anything"),
        "retry_days": N_("days after which a refused order is given again"),
    }


PAGE = TrialPage()
