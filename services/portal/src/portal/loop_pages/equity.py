"""The loop equity in words: places and channels where like cases go worse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from portal.formats import listed, number, points
from portal.language import N_, _, ngettext
from portal.loop_pages.cases_avoided import cases_avoided
from portal.loop_pages.page import Data, Evidence, Wording
from portal.loop_pages.unknown import UNKNOWN

SAID: Mapping[str, str] = {
    "late": N_("{place}: cases miss their deadline more often than like ones {elsewhere}, by {points} points."),
    "reopened": N_("{place}: cases are reopened more often than like ones {elsewhere}, by {points} points."),
    "poor_rating": N_("{place}: answers are rated poorly more often than like ones {elsewhere}, by {points} points."),
}
ELSEWHERE: Mapping[str, str] = {
    "region": N_("in other regions"),
    "area": N_("in other areas of the region"),
    "channel": N_("by other channels"),
}


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Category(_Data):
    name: str


class Row(_Data):
    row: str


class Numbers(_Data):
    """As the loop gives them with a finding."""

    dimension: Literal["region", "area", "channel"]
    name: str
    measure: Literal["late", "reopened", "poor_rating"]
    cases: int
    difference: float
    low: float
    high: float
    categories: tuple[Category, ...] = ()
    rows: tuple[Row, ...] = ()


class EquityPage:
    title = N_("equity")
    settings: Mapping[str, str] = {
        "false_share": N_("share of those named at one time that may be named by chance"),
        "least_difference": N_("difference of shares from which on it is named"),
        "least_cases": N_("cases compared before anybody is named"),
        "least_blocks": N_("fortnights known before anybody is named"),
        "remembered_blocks": N_("fortnights that are looked at"),
        "closed_days": N_("days after its end until a case is looked at again"),
        "poor_rating": N_("rating that is poor, and every lower one"),
        "again_days": N_("days after which a difference that lasts is told again"),
    }

    def finding(self, finding: Data, say: Wording) -> str:
        try:
            found = Numbers.model_validate(finding.get("numbers"))
        except ValidationError:
            return UNKNOWN.finding(finding, say)
        asked = [_("A change is proposed.")] if finding.get("kind") == "proposed" else []
        return " ".join([*_seen(found, say), *asked])

    def evidence(self, evidence: Data, say: Wording) -> Evidence:
        try:
            found = Numbers.model_validate(evidence)
        except ValidationError:
            return UNKNOWN.evidence(evidence, say)
        return Evidence(
            sentences=_seen(found, say),
            warnings=[
                _("The change takes the region's own rules out, so that the nation's hold. A person must weigh it.")
            ],
            cannot_tell=[
                _("How whom the nation's rule names would do with these cases, and why the region has its own.")
            ],
        )

    def forecast(self, forecast: Data) -> str:
        return cases_avoided(forecast)


PAGE = EquityPage()


def _place(found: Numbers, say: Wording) -> str:
    if found.dimension == "area":
        return _("Area {area}").format(area=found.name)
    return say.names.region(found.name) if found.dimension == "region" else say.names.channel(found.name)


def _seen(found: Numbers, say: Wording) -> list[str]:
    said = [
        _(SAID[found.measure]).format(
            place=_place(found, say), elsewhere=_(ELSEWHERE[found.dimension]), points=points(found.difference)
        ),
        _("With 95 % confidence between {low} and {high} points; {n} cases were compared.").format(
            low=points(found.low), high=points(found.high), n=number(found.cases)
        ),
    ]  # fmt: skip
    if found.categories:
        names = listed([say.names.category(category.name) for category in found.categories])
        said.append(_("Most of it: {categories}.").format(categories=names))
    if found.rows:
        text = ngettext(
            "Nearly all of it comes with {n} rule that the region made for itself: look at that first.",
            "Nearly all of it comes with {n} rules that the region made for itself: look at those first.",
            len(found.rows),
        )
        said.append(text.format(n=number(len(found.rows))))
    else:
        said.append(_("Rules do not explain it: ask how the work is done and with how many people."))
    return said
