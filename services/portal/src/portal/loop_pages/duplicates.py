"""The loop duplicates in words: how far the rule for suggested duplicates should reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from portal.formats import number
from portal.language import N_, _
from portal.loop_pages.page import Data, Evidence, Wording
from portal.loop_pages.unknown import UNKNOWN


class Counted(BaseModel):
    """As the loop gives it with a proposal."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    category: str
    change: Literal["narrower", "off", "wider"]
    decided: int
    same: int
    lost: int
    spared: int
    gained: int
    radius_before: int
    radius: int
    window_before: int
    window: int
    cases: tuple[str, ...] = ()


class DuplicatesPage:
    title = N_("duplicates")
    settings: Mapping[str, str] = {
        "min_decided": N_("suggestions of a category on which people must have spoken"),
        "min_outside": N_("of them, those that a narrower rule leaves out, at least"),
        "least_share": N_("share that must be the same, or suggesting does not pay"),
        "good_share": N_("share of the farthest that must be the same for a wider rule"),
        "min_missed": N_("cases joined without a suggestion, for a wider rule"),
        "chance": N_("chance of error that it allows itself"),
        "keep_days": N_("days after which what people said is forgotten"),
        "pause_days": N_("days before another change of the same rule"),
    }

    def finding(self, finding: Data, say: Wording) -> str:
        return " ".join(self.evidence(finding.get("numbers", {}), say).sentences)

    def evidence(self, evidence: Data, say: Wording) -> Evidence:
        try:
            found = Counted.model_validate(evidence)
        except ValidationError:
            return UNKNOWN.evidence(evidence, say)
        said = [
            _("{category}: people spoke on {n} suggested duplicates; {same} were the same.").format(
                category=say.names.category(found.category), n=number(found.decided), same=number(found.same)
            )
        ]
        if found.change == "wider":
            said.append(
                _("They joined {n} more that were not suggested and would be by the wider rule.").format(
                    n=number(found.gained)
                )
            )
        else:
            said.append(
                _("Of the {n} that would not be suggested any more, {lost} were the same.").format(
                    n=number(found.lost + found.spared), lost=number(found.lost)
                )
            )
        if found.change == "off":
            said.append(_("Nothing more is to be suggested of this category."))
        else:
            said.append(
                _("Suggest within {radius} m and {window} h; until now within {before} m and {hours} h.").format(
                    radius=number(found.radius), window=number(found.window), before=number(found.radius_before),
                    hours=number(found.window_before),
                )
            )  # fmt: skip
        return Evidence(
            sentences=said,
            cannot_tell=[_("What people would have said of suggestions that were never made.")],
            cases=found.cases,
        )

    def forecast(self, forecast: Data) -> str:
        return UNKNOWN.forecast(forecast)


PAGE = DuplicatesPage()
