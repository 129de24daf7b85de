"""The loop misrouting in words: where cases of a category in an area end elsewhere than the rule sends them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, ValidationError

from portal.formats import listed, number, percent
from portal.language import N_, _, ngettext
from portal.loop_pages.page import Data, WatchedCell, Wording
from portal.loop_pages.page import Evidence as EvidenceText
from portal.loop_pages.unknown import UNKNOWN

MAX_LISTED = 4
SUREST = 0.999
"""A greater chance is said as more than this."""
RAREST = 1_000_000
"""So rare a false alarm is said as rarer than this."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Cell(_Data):
    """A category in an area that the change would send elsewhere."""

    category: str
    area: str
    current: str
    target: str
    own_evidence: bool = True
    wins: int = 0
    losses: int = 0
    first: datetime | None = None
    last: datetime | tuple[str, ...] | None = None
    """Of the last case of its evidence; without evidence of its own, where its last cases ended."""


class LeftOut(_Data):
    category: str
    area: str


class Backtest(_Data):
    known: int
    refused: str | None = None
    would_have_gone_right: int = 0
    would_have_gone_wrong: int = 0


class Flip(_Data):
    days: int
    left: Mapping[str, datetime] = {}


class Evidence(_Data):
    """As the loop gives it with a proposal."""

    cells: tuple[Cell, ...] = ()
    wins: int | None = None
    losses: int | None = None
    first: datetime | None = None
    last: datetime | None = None
    probability: float | None = None
    statistic: float | None = None
    cases: tuple[str, ...] = ()
    backtest: Backtest | None = None
    by_hand: int = 0
    """Cases that people placed in triage."""
    left_out: tuple[LeftOut, ...] = ()
    beside: tuple[str, ...] = ()
    flip: Flip | None = None


class MisroutingPage:
    title = N_("misrouting")
    settings: Mapping[str, str] = {
        "sr_threshold": N_("strength of the signal from which on it proposes"),
        "win_probability": N_("chance that the new authority is right, at least"),
        "min_cases": N_("cases that ended at the new authority, at least"),
        "outcome_working_minutes": N_("working minutes after which a case is counted"),
        "late_working_minutes": N_("working minutes after that in which a late transfer still counts"),
        "cooldown_days": N_("days of silence after a setback"),
        "background_rate": N_("share passed on where a category has none of its own"),
        "rollup_cells": N_("kinds of reports that together become one proposal"),
        "rollup_days": N_("days within which they must come"),
        "flip_days": N_("days during which going back needs a person"),
    }

    def finding(self, finding: Data, say: Wording) -> str:
        cell, numbers = _cell_of(str(finding.get("key", ""))), finding.get("numbers", {})
        if finding.get("kind") == "kept":
            return _kept(numbers, say)
        if cell is None:
            return UNKNOWN.finding(finding, say)
        what = {"category": say.names.category(cell[0]), "area": cell[1]}
        if finding.get("kind") == "proposed":
            wins, losses, more = (int(numbers.get(n, 0)) for n in ("wins", "losses", "cells"))
            words = _(
                "{category} in area {area}: of the last {n} cases, {wins} ended at another authority than the rule"
                " names, always the same. A change is proposed."
            ).format(**what, n=number(wins + losses), wins=number(wins))
            if more > 1:
                text = ngettext("It takes in {n} kind of report.", "It takes in {n} kinds of reports.", more)
                words = f"{words} {text.format(n=number(more))}"
            return words
        if finding.get("kind") == "clarify":
            words = _(
                "{category} in area {area} often leaves the authority that the rule names, but no one authority takes"
                " it: clarify the category, or ask the citizen one more question."
            ).format(**what)
            ends = [f"{say.names.authority(a)}: {number(n)}" for a, n in dict(numbers.get("ends", {})).items()]
            return words + (_(" The last cases ended at: {ends}.").format(ends=listed(ends)) if ends else "")
        return UNKNOWN.finding(finding, say)

    def evidence(self, evidence: Data, say: Wording) -> EvidenceText:
        try:
            found = Evidence.model_validate(evidence)
        except ValidationError:
            return UNKNOWN.evidence(evidence, say)
        sentences = [*_counted(found, say), *_sure(found, say), *_earlier(found)]
        target = say.names.authority(found.cells[0].target) if found.cells else ""
        return EvidenceText(
            sentences=sentences,
            warnings=_warnings(found, say),
            cannot_tell=[
                _(
                    "How fast or how well {authority} will answer these cases: it has not had them first until now."
                ).format(authority=target),
                _("How many cases the present authority answered itself though they were another's."),
            ]
            if target
            else [],
            cells=[_watched(c) for c in found.cells],
            cases=found.cases,
            beside=found.beside,
        )

    def forecast(self, forecast: Data) -> str:
        low, high = float(forecast["low"]), float(forecast["high"])
        if low >= 0:
            words = _(
                "In the {days} days after the change about {expected} cases fewer would be passed on from one authority"
                " to another; with {confidence} confidence between {low} and {high} fewer."
            )
        else:
            words = _(
                "In the {days} days after the change about {expected} cases fewer would be passed on from one authority"
                " to another; with {confidence} confidence between {low} more and {high} fewer."
            )
        return words.format(
            days=number(int(forecast["horizon_days"])), expected=number(round(float(forecast["expected"]))),
            confidence=percent(float(forecast.get("confidence", 0.9)), 0), low=number(round(abs(low))),
            high=number(round(high)),
        )  # fmt: skip


PAGE = MisroutingPage()


def _counted(found: Evidence, say: Wording) -> list[str]:
    if found.wins is None or found.losses is None or not found.cells:
        return []
    own = [c for c in found.cells if c.own_evidence] or list(found.cells)
    said = {
        "n": number(found.wins + found.losses), "wins": number(found.wins), "losses": number(found.losses),
        "current": say.names.authority(own[0].current), "target": say.names.authority(own[0].target),
        "where": _few(own, say),
    }  # fmt: skip
    sentences = [
        _(
            "{where}: the rule gives these reports to {current}. Of the last {n} cases that ended at one of"
            " the two, {wins} ended at {target} and {losses} stayed where the rule sends them."
        ).format(**said)
    ]
    if found.first is not None and found.last is not None:
        days = {"first": say.times.day(found.first), "last": say.times.day(found.last)}
        sentences.append(_("These cases came between {first} and {last}.").format(**days))
    if found.by_hand:
        sentences.append(
            _("People placed {n} of these cases in triage, so what the change avoids is not forecast.").format(
                n=number(found.by_hand)
            )
        )
    follow = [c for c in found.cells if not c.own_evidence]
    if follow:
        sentences.append(
            _("The same row also decides {where}, where the few cases so far say nothing against it.").format(
                where=_few(follow, say)
            )
        )
    return sentences


def _sure(found: Evidence, say: Wording) -> list[str]:
    sentences = []
    if found.probability is not None:
        chance = (
            _("more than {share}").format(share=percent(SUREST))
            if found.probability > SUREST
            else percent(found.probability)
        )
        sentences.append(
            _(
                "The chance that the proposed authority gets more of these cases than the present one is {chance}."
            ).format(chance=chance)
        )
    if found.statistic is not None:
        words = (
            _("While the rule is right, so strong a signal comes by chance in less than one of {n} cases.")
            if found.statistic <= RAREST
            else _("While the rule is right, so strong a signal comes by chance in far less than one of {n} cases.")
        )
        sentences.append(words.format(n=number(round(min(found.statistic, RAREST)))))
    return sentences


def _earlier(found: Evidence) -> list[str]:
    """What cases from before the evidence say, which did not raise the proposal."""
    past = found.backtest
    if past is None:
        return []
    if past.refused is not None:
        words = ngettext(
            "Earlier cases are too few to say more: {n} is known.",
            "Earlier cases are too few to say more: {n} are known.",
            past.known,
        )
        return [words.format(n=number(past.known))]
    return [
        _(
            "Of {known} earlier cases whose end is known, {right} would have gone right by the new row and {wrong}"
            " wrong."
        ).format(
            known=number(past.known),
            right=number(past.would_have_gone_right),
            wrong=number(past.would_have_gone_wrong),
        )
    ]


def _warnings(found: Evidence, say: Wording) -> list[str]:
    warnings = []
    if found.flip is not None:
        left = max(found.flip.left.values(), default=None)
        when = _(", which it left on {day}").format(day=say.times.day(left)) if left is not None else ""
        warnings.append(
            _(
                "This goes back to what was left lately: less than {days} days ago the rule still named this"
                " authority{when}. A person must weigh it."
            ).format(days=number(found.flip.days), when=when)
        )
    if found.left_out:
        warnings.append(
            _("Left as they are, because their own last cases stayed: {where}.").format(where=_few(found.left_out, say))
        )
    return warnings


def _few(cells: Sequence[Cell | LeftOut], say: Wording) -> str:
    """`Pothole in area 05`, several by name, many by their number."""
    categories = {c.category: say.names.category(c.category) for c in cells}
    if len(cells) > MAX_LISTED:
        if len(categories) == 1:
            text = ngettext("{category} in {n} area", "{category} in {n} areas", len(cells))
            return text.format(category=next(iter(categories.values())), n=number(len(cells)))
        return ngettext("{n} kind of report", "{n} kinds of reports", len(cells)).format(n=number(len(cells)))
    return listed([_("{category} in area {area}").format(category=categories[c.category], area=c.area) for c in cells])


def _watched(cell: Cell) -> WatchedCell:
    last = cell.last if isinstance(cell.last, datetime) else None
    dated = cell.own_evidence and cell.first is not None and last is not None
    return WatchedCell(
        cell.category, cell.area, cell.current, cell.target, cell.first if dated else None, last if dated else None,
        cell.wins if cell.own_evidence else 0, cell.losses if cell.own_evidence else 0,
    )  # fmt: skip


def _kept(numbers: Data, say: Wording) -> str:
    """That some cases of a desk's cells stay while others like them go on."""
    gone, stayed = int(numbers["gone"]), int(numbers["stayed"])
    cells = [
        _("{category} in area {area}").format(category=say.names.category(c["category"]), area=c["area"])
        for c in numbers["cells"]
    ]
    return _(
        "{authority}: of the last {n} cases ({cells}), {gone} were passed on and {stayed} stayed. Either only some"
        " belong to another authority, or cases are kept that are another's: transfers do not tell which. Look at some"
        " of those that stayed."
    ).format(
        authority=say.names.authority(str(numbers["authority"])), n=number(gone + stayed), cells=listed(cells),
        gone=number(gone), stayed=number(stayed),
    )  # fmt: skip


def _cell_of(key: str) -> tuple[str, str] | None:
    kind, _bar, rest = key.partition("|")
    category, bar, area = rest.partition("|")
    return (category, area) if kind == "cell" and bar else None
