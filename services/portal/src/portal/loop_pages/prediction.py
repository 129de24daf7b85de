"""The loop prediction in words: an authority that will not keep its deadlines with what it gets done now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

from common.federation.languages import decimal
from pydantic import BaseModel, ConfigDict, ValidationError

from portal.formats import day_text, number
from portal.language import N_, _, language
from portal.loop_pages.page import Data, Wording
from portal.loop_pages.unknown import AsWorded


class Numbers(BaseModel):
    """As the loop gives them with a finding."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    region: str
    authority: str
    by: date
    work: float
    open: int
    rate: float
    needed_rate: float
    short: float


class PredictionPage(AsWorded):
    title = N_("prediction")
    settings: ClassVar[Mapping[str, str]] = {
        "min_days": N_("days that must be known before anything is forecast"),
        "level_days": N_("days over which the level of arrivals is learnt"),
        "profile_days": N_("days over which the profile of the week is learnt"),
        "spread_days": N_("days over which the spread around the forecast is learnt"),
        "categories": N_("categories of a region that are forecast by themselves"),
        "min_mean": N_("cases a day that such a category has, at least"),
        "areas": N_("areas of a region that are forecast"),
        "tail_step": N_("how fast the width of intervals follows how many hold"),
        "scored_days": N_("days over which forecasts are scored"),
        "short_days": N_("days in a row on which an authority is short before it is told"),
        "short_cases": N_("cases that it must be short of, at least"),
        "short_sigma": N_("standard deviations that this must be, at least"),
        "quiet_days": N_("days before the same authority is told again"),
        "forgotten_days": N_("days after its deadline from which an open case is no longer waited for"),
    }

    def finding(self, finding: Data, say: Wording) -> str:
        try:
            found = Numbers.model_validate(finding.get("numbers"))
        except ValidationError:
            return super().finding(finding, say)
        return _(
            "{authority} in {region} will miss deadlines: {work} cases are due by {day}, {open} of them open now; at"
            " {rate} a working day about {short} will not be finished. It takes {needed} a working day to keep them."
        ).format(
            authority=say.names.authority(found.authority), region=say.names.region(found.region),
            work=number(round(found.work)), day=day_text(found.by), open=number(found.open),
            short=number(round(found.short)),
            rate=decimal(found.rate, language(), 1), needed=decimal(found.needed_rate, language(), 1),
        )  # fmt: skip


PAGE = PredictionPage()
