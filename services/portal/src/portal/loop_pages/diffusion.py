"""The loop diffusion in words: what a region does better for like cases, and its rule for others to try."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from portal.formats import number, points
from portal.language import N_, _
from portal.loop_pages.cases_avoided import cases_avoided
from portal.loop_pages.page import Data, Evidence, Wording
from portal.loop_pages.unknown import UNKNOWN

SAID: Mapping[str, str] = {
    "late": N_("{category} in {region}: like cases miss their deadline less often than elsewhere."),
    "reopened": N_("{category} in {region}: like cases are reopened less often than elsewhere."),
}


class Numbers(BaseModel):
    """As the loop gives them with a finding, and as the evidence of a proposal."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    measure: Literal["late", "reopened"]
    category: str
    region: str
    cases: int
    seen: float
    promised: float
    low: float
    layer: str | None = None


class DiffusionPage:
    title = N_("diffusion of what works")
    settings: Mapping[str, str] = {
        "least_better": N_("advantage of shares that must be sure before it is told"),
        "least_cases": N_("cases of a kind in a region before it is told"),
        "least_blocks": N_("fortnights known before it is told"),
        "remembered_blocks": N_("fortnights that are looked at"),
        "closed_days": N_("days after its end until a case is looked at again"),
        "several": N_("regions with the same rule from which on it is proposed to the nation"),
        "again_days": N_("days after which the same is told again, and the rule proposed to the next region"),
    }

    def finding(self, finding: Data, say: Wording) -> str:
        try:
            found = Numbers.model_validate(finding.get("numbers"))
        except ValidationError:
            return UNKNOWN.finding(finding, say)
        last = (
            _("A change is proposed.")
            if found.layer is not None
            else _("No rule differs: ask how the work is done there.")
        )
        return " ".join([*_seen(found, say), last])

    def evidence(self, evidence: Data, say: Wording) -> Evidence:
        try:
            found = Numbers.model_validate(evidence)
        except ValidationError:
            return UNKNOWN.evidence(evidence, say)
        return Evidence(
            sentences=_seen(found, say),
            cannot_tell=[
                _(
                    "Whether the rule is why the region does better: people, load and places differ too. A trial can"
                    " tell."
                )
            ],
        )

    def forecast(self, forecast: Data) -> str:
        return cases_avoided(forecast)


PAGE = DiffusionPage()


def _seen(found: Numbers, say: Wording) -> list[str]:
    where = {"category": say.names.category(found.category), "region": say.names.region(found.region)}
    return [
        _(SAID[found.measure]).format(**where),
        _(
            "It looks like {seen} points, of which {promised} are to be expected again: the best of many looks better"
            " than it is. With 95 % confidence it is more than {low} points; {n} cases were compared."
        ).format(
            seen=points(found.seen), promised=points(found.promised), low=points(found.low), n=number(found.cases)
        ),
    ]
