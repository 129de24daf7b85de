"""The loop classification in words: what a channel's word means, and what a model takes for something else."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, ValidationError

from portal.formats import number
from portal.language import N_, _
from portal.loop_pages.page import Data, Evidence, Wording
from portal.loop_pages.unknown import UNKNOWN


class Counted(BaseModel):
    """As the loop gives it; `given` with a proposal, `read` with a finding about a model."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    given: str = ""
    read: str = ""
    model: str = ""
    expected: str | None = None
    target: str
    cases_known: int
    wins: int
    cases: tuple[str, ...] = ()


class ClassificationPage:
    title = N_("classification")
    settings: Mapping[str, str] = {
        "min_cases": N_("cases with the same word of a channel, at least"),
        "win_probability": N_("chance that most of them belong to one category, at least"),
        "change_probability": N_("the same of the newest cases alone, where a word may mean another thing now"),
        "min_confused": N_("cases in which a model must have been wrong alike"),
        "keep_days": N_("days after which what people said is forgotten"),
        "pause_days": N_("days before the same is said again"),
    }

    def finding(self, finding: Data, say: Wording) -> str:
        try:
            found = Counted.model_validate(finding.get("numbers"))
        except ValidationError:
            return UNKNOWN.finding(finding, say)
        if not found.read:
            return " ".join(self.evidence(finding.get("numbers", {}), say).sentences)
        return _(
            "The classifier {model} reads “{read}” first where people say “{target}”: {wins} of {n} cases that it left"
            " to people. Teach another version with them, or let it ask."
        ).format(
            model=found.model[:12], read=say.names.category(found.read), target=say.names.category(found.target),
            wins=number(found.wins), n=number(found.cases_known),
        )  # fmt: skip

    def evidence(self, evidence: Data, say: Wording) -> Evidence:
        try:
            found = Counted.model_validate(evidence)
        except ValidationError:
            return UNKNOWN.evidence(evidence, say)
        if found.expected is None:
            known = _("Channels say “{word}”; no rule knows it.").format(word=found.given)
        else:
            known = _("Channels say “{word}”; the rules take it for “{category}”.").format(
                word=found.given, category=say.names.category(found.expected)
            )
        counted = _("Of {n} such cases that people looked at, {wins} were “{target}”.").format(
            n=number(found.cases_known), wins=number(found.wins), target=say.names.category(found.target)
        )
        return Evidence(
            sentences=[known, counted],
            cannot_tell=[_("What the cases were that went their way without a person.")],
            cases=found.cases,
        )

    def forecast(self, forecast: Data) -> str:
        return UNKNOWN.forecast(forecast)


PAGE = ClassificationPage()
