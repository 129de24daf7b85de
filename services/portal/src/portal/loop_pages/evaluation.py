"""The loop evaluation in words: what adopted changes brought, and how often loops are right."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import BaseModel, ConfigDict, ValidationError

from portal.formats import number, percent
from portal.language import N_, _
from portal.loop_pages.page import Data, Evidence, Wording
from portal.loop_pages.unknown import UNKNOWN


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Score(_Data):
    """What a change promised and what came, in the unit of its measure."""

    measure: str
    expected: float
    low: float
    high: float
    actual: float


class Precision(_Data):
    """Of a loop."""

    loop: str
    right: int
    judged: int
    precision_high: float


class Intervals(_Data):
    """Forecasts of a loop about one measure."""

    loop: str
    measure: str
    scored: int
    held: int
    below: int
    above: int
    confidence: float


class EvaluationPage:
    title = N_("evaluation")
    settings: Mapping[str, str] = {
        "remembered_days": N_("days for which a proposal stands in its author's record"),
        "least_judged": N_("judged proposals before a loop's settings are spoken of"),
        "least_scored": N_("scored forecasts before intervals are spoken of"),
        "poor_percent": N_("percent of right proposals below which a loop is too bold"),
        "step_times": N_("times its value that a threshold becomes in one step"),
        "ask_every_days": N_("days of silence about a loop after something was said of it"),
    }

    def __init__(self, title_of: Callable[[str], str]) -> None:
        """`title_of`: what a loop is called."""
        self._title_of = title_of

    def finding(self, finding: Data, say: Wording) -> str:
        numbers, kind = finding.get("numbers"), finding.get("kind")
        try:
            if kind == "review":
                score = Score.model_validate(numbers)
                return f"{_scored(score)} " + _("Harm is not shown. People decide whether the change stays.")
            if kind == "not taken back":
                score = Score.model_validate(numbers)
                return " ".join(
                    (
                        _scored(score),
                        _("Whatever is not known of its cases, the change did harm by its own measure."),
                        _("The proposal to take it back was refused or lapsed. It stays until people take it back."),
                    )
                )
            if kind == "too bold":
                words = _("The rulebook has no threshold of it that could be raised: look at its settings.")
                return f"{_precise(Precision.model_validate(numbers), self._title_of)} {words}"
            if kind in ("too narrow", "too wide"):
                return _held(Intervals.model_validate(numbers), self._title_of, narrow=kind == "too narrow")
        except ValidationError:
            pass
        return UNKNOWN.finding(finding, say)

    def evidence(self, evidence: Data, say: Wording) -> Evidence:
        try:
            if "judged" in evidence:
                return Evidence(sentences=[_precise(Precision.model_validate(evidence), self._title_of)])
            words = _("Whatever is not known of its cases, the change did harm by its own measure.")
            return Evidence(sentences=[_scored(Score.model_validate(evidence)), words])
        except ValidationError:
            return UNKNOWN.evidence(evidence, say)

    def forecast(self, forecast: Data) -> str:
        return UNKNOWN.forecast(forecast)


def _scored(score: Score) -> str:
    return _("{measure}: {expected} were promised (from {low} to {high}), {actual} came.").format(
        measure=_(score.measure).capitalize(), expected=number(round(score.expected)), low=number(round(score.low)),
        high=number(round(score.high)), actual=number(round(score.actual)),
    )  # fmt: skip


def _precise(found: Precision, title: Callable[[str], str]) -> str:
    return _(
        "Of {judged} judged proposals of the loop “{loop}”, {right} were right: in the long run at most {high}, with 90"
        " % confidence."
    ).format(
        judged=number(found.judged), loop=title(found.loop), right=number(found.right),
        high=percent(found.precision_high / 100),
    )  # fmt: skip


def _held(found: Intervals, title: Callable[[str], str], *, narrow: bool) -> str:
    words = _(
        "Of {scored} forecasts of the loop “{loop}”, {held} held, where {confidence} should; {below} came below their"
        " intervals and {above} above."
    ).format(
        scored=number(found.scored), loop=title(found.loop), held=number(found.held),
        confidence=percent(found.confidence / 100, 0), below=number(found.below), above=number(found.above),
    )  # fmt: skip
    return f"{words} " + (_("The intervals are too narrow.") if narrow else _("The intervals are too wide."))
