"""The loop emergence in words: an area in which more reports than usual came. Its early warnings have a page of their
own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from portal.formats import day_text, number
from portal.language import N_, _
from portal.loop_pages.page import Data, Wording
from portal.loop_pages.unknown import AsWorded


class Numbers(BaseModel):
    """As the loop gives them with an alarm."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    region: str
    area: str
    category: str
    day: date
    count: int
    week: int
    """Reports of the seven days up to it."""
    usual: float
    """A day."""


class EmergencePage(AsWorded):
    title = N_("emergence")
    settings: ClassVar[Mapping[str, str]] = {
        "alarms_per_1300_cases": N_("alarms for 1,300 cases"),
        "diffuse_share": N_("the part of them for whole areas"),
        "first_threshold": N_("threshold until the loop has found its own"),
        "min_reports": N_("reports of an alarm, at least"),
        "warmup_days": N_("days in which it learns a region before it warns"),
        "tau_days": N_("days after which what was usual weighs 37 %"),
        "dispersion": N_("spread of reports in one place, at least"),
        "clumping": N_("share of a category's own clumping that is added to it"),
        "rearm_days": N_("days between two alarms of a category in one place"),
        "rearm_m": N_("metres within which a place is one for alarms"),
        "calibrate_weeks": N_("weeks from which the threshold is found"),
        "quiet_hours": N_("quiet hours after which a warning ends"),
    }

    def finding(self, finding: Data, say: Wording) -> str:
        try:
            found = Numbers.model_validate(finding.get("numbers"))
        except ValidationError:
            return super().finding(finding, say)
        return _(
            "{category} in area {area} ({region}): {count} reports on {day}, {week} in seven days; usual are {usual} a"
            " day. They have no one centre: look whether they have one cause."
        ).format(
            category=say.names.category(found.category), area=found.area, region=say.names.region(found.region),
            count=number(found.count), day=day_text(found.day), week=number(found.week),
            usual=number(round(found.usual, 1)),
        )  # fmt: skip


PAGE = EmergencePage()
