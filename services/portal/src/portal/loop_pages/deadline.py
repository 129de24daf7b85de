"""The loop deadline in words: a limit that does not fit the time that answers take, and work that gets late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from portal.formats import listed, number, percent, working
from portal.language import N_, _
from portal.loop_pages.page import Data, Wording
from portal.loop_pages.page import Evidence as EvidenceText
from portal.loop_pages.unknown import UNKNOWN


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Flip(_Data):
    left: datetime
    days: int


class Evidence(_Data):
    """As the loop gives it with a proposal; times to answer are working minutes."""

    category: str
    limit: int
    proposed: int
    seen: int
    answered: int
    open: int
    in_time: float
    in_time_then: float
    needed: float | None = None
    low: float | None = None
    high: float | None = None
    first: datetime
    last: datetime
    cases: tuple[str, ...] = ()
    flip: Flip | None = None


class Proposed(_Data):
    category: str
    limit: int
    proposed: int
    seen: int
    in_time: float


class Capacity(_Data):
    category: str
    limit: int
    seen: int
    in_time: float
    longest: int
    authority: str
    late: bool = False


class Place(_Data):
    kind: Literal["authority", "area"]
    name: str
    slow: int = Field(validation_alias=AliasChoices("longer", "missed"))
    """Cases that took longer than usual; in older findings, those that missed the deadline."""
    cases: int


class Drift(_Data):
    category: str
    began: datetime
    cases: int
    missed: int
    usual: float
    mark: int | None = None
    """Working minutes that half of the cases usually take at most; None in older findings."""
    longer: int = 0
    """Cases that took longer than that."""
    usually_longer: float = 0.0
    slower: float | None = None
    where: tuple[Place, ...] = ()


class DriftOver(_Data):
    category: str
    began: datetime


class DeadlinePage:
    title = N_("deadlines")
    settings: Mapping[str, str] = {
        "quantile": N_("share of cases that is to be answered within the limit"),
        "window_days": N_("days from whose cases the time to answer is estimated"),
        "min_cases": N_("cases that are needed, at least"),
        "dead_band": N_("share by which a limit must differ to be changed"),
        "dwell_days": N_("days that a limit stands, at least"),
        "cooldown_days": N_("days of silence after a setback"),
        "cap_minutes": N_("working minutes beyond which no limit is lengthened"),
        "least_minutes": N_("working minutes below which no limit is shortened"),
        "fit_days": N_("days from one estimate to the next"),
        "reopened_days": N_("days after the answer in which a reopening means that it was none"),
        "flip_days": N_("days during which going back needs a person"),
        "drift_threshold": N_("strength of the signal from which on a delay is reported"),
        "drift_cases": N_("cases from which it learns how long answers usually take"),
        "refit_days": N_("days after which it learns that anew"),
        "capacity_days": N_("days after which a lack of capacity is reported again"),
    }

    def finding(self, finding: Data, say: Wording) -> str:
        tell = {"proposed": _proposed, "capacity": _capacity, "drift": _drift, "drift_over": _drift_over}
        known = tell.get(str(finding.get("kind")))
        if known is None:
            return UNKNOWN.finding(finding, say)
        try:
            return known(finding.get("numbers"), say)
        except ValidationError:
            return UNKNOWN.finding(finding, say)

    def evidence(self, evidence: Data, say: Wording) -> EvidenceText:
        try:
            found = Evidence.model_validate(evidence)
        except ValidationError:
            return UNKNOWN.evidence(evidence, say)
        return EvidenceText(
            sentences=_sentences(found, say),
            warnings=_warnings(found, say),
            cannot_tell=[
                _(
                    "Whether the desks work to the limit: then they would answer later by a longer one, and sooner by a"
                    " shorter one."
                )
            ],
            cases=found.cases,
        )

    def forecast(self, forecast: Data) -> str:
        return _(
            "Of the cases of the {days} days after the change about {expected} % would be answered in time; with"
            " {confidence} confidence between {low} % and {high} %."
        ).format(
            days=number(int(forecast["horizon_days"])), expected=number(round(float(forecast["expected"]))),
            confidence=percent(float(forecast.get("confidence", 0.9)), 0), low=number(round(float(forecast["low"]))),
            high=number(round(float(forecast["high"]))),
        )  # fmt: skip


PAGE = DeadlinePage()


def _sentences(found: Evidence, say: Wording) -> Sequence[str]:
    said = [
        _("{category}: {n} cases were received between {first} and {last}; {answered} are answered, {open} still open.")
        .format(
            category=say.names.category(found.category), n=number(found.seen), first=say.times.day(found.first),
            last=say.times.day(found.last), answered=number(found.answered), open=number(found.open),
        ),
        _("{share} are answered within the present limit of {limit}; within {proposed} it would be {then}.").format(
            share=percent(found.in_time, 0), limit=working(found.limit), proposed=working(found.proposed),
            then=percent(found.in_time_then, 0),
        ),
    ]  # fmt: skip
    if found.needed is not None and found.low is not None and found.high is not None:
        said.append(
            _("The share of cases that is wanted is answered after {needed}, or between {low} and {high}.").format(
                needed=working(found.needed), low=working(found.low), high=working(found.high)
            )
        )
    said.append(
        _(
            "Cases that are still open are counted as long as they have been so far, without the time of waiting for"
            " the citizen."
        )
    )
    return said


def _warnings(found: Evidence, say: Wording) -> Sequence[str]:
    warnings = []
    if found.proposed > found.limit:
        warnings.append(_("The limit would become longer: a person must weigh whether the work is late instead."))
    if found.flip is not None:
        warnings.append(
            _(
                "This goes back to a limit that was left on {day}, less than {days} days ago. A person must weigh it."
            ).format(day=say.times.day(found.flip.left), days=number(found.flip.days))
        )
    return warnings


def _proposed(numbers: object, say: Wording) -> str:
    found = Proposed.model_validate(numbers)
    return _(
        "{category}: of {n} cases {share} were answered within the limit of {limit}. A limit of {proposed} is proposed."
    ).format(
        category=say.names.category(found.category), n=number(found.seen), share=percent(found.in_time, 0),
        limit=working(found.limit), proposed=working(found.proposed),
    )  # fmt: skip


def _capacity(numbers: object, say: Wording) -> str:
    found = Capacity.model_validate(numbers)
    said = _(
        "{category}: of {n} cases {share} were answered within the limit of {limit}. The limit stays; {authority} needs"
        " more capacity."
    ).format(
        category=say.names.category(found.category), n=number(found.seen), share=percent(found.in_time, 0),
        limit=working(found.limit), authority=say.names.authority(found.authority),
    )  # fmt: skip
    late = _("Answers take longer than usual.")
    never = _("No limit up to {longest} would be kept.").format(longest=working(found.longest))
    return f"{said} {late if found.late else never}"


def _drift(numbers: object, say: Wording) -> str:
    found = Drift.model_validate(numbers)
    words = _("{category}: of {n} cases received since {day}, {missed} missed the deadline, where {usual} is usual.")
    said = [
        words.format(
            category=say.names.category(found.category), n=number(found.cases), day=say.times.day(found.began),
            missed=number(found.missed), usual=percent(found.usual, 0),
        )
    ]  # fmt: skip
    if found.mark is not None:
        said.append(
            _("{n} took longer than {mark}, where {usual} is usual.").format(
                n=number(found.longer), mark=working(found.mark), usual=percent(found.usually_longer, 0)
            )
        )
    if found.slower is not None:
        said.append(_("Answers take {times} times as long as before.").format(times=number(found.slower)))
    if found.where:
        said.append(_("Most of it is at: {places}.").format(places=listed([_place(p, say) for p in found.where])))
    return " ".join(said)


def _place(place: Place, say: Wording) -> str:
    name = say.names.authority(place.name) if place.kind == "authority" else _("area {area}").format(area=place.name)
    return _("{place} ({missed} of {n})").format(place=name, missed=number(place.slow), n=number(place.cases))


def _drift_over(numbers: object, say: Wording) -> str:
    found = DriftOver.model_validate(numbers)
    return _("{category}: answers take no longer than usual again, for the first time since {day}.").format(
        category=say.names.category(found.category), day=say.times.day(found.began)
    )
