"""What would become of a message under some rules, in words, with the rows that decide. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.contracts.events.base import Because
from common.contracts.parts import Part
from common.contracts.patch import Patch
from common.contracts.trial import TrialPlan
from common.rulebook.layers import Rulebook
from common.rulebook.message_text.simulated import CASE, SimulatedText
from common.rulebook.placement import Placed, Unplaced, Where, category_of, place, reasons_of
from common.rulebook.trial import Unit, share_of

from portal.formats import listed, number, percent, working
from portal.language import _
from portal.names import MATTERS, TRIAGE_REASONS, Names
from portal.rule_text import SHARE_FOLLOWS, RuleWords


@dataclass(frozen=True, slots=True)
class Outcome:
    """`facts` are titles with words, `because` the rows that decide; `asked` says why a person would be asked."""

    heading: str
    facts: Sequence[tuple[str, str]] = ()
    because: Sequence[Mapping[str, Any]] = ()
    asked: str = ""
    cannot: str = ""
    """Why nothing can be said; empty where it can."""


@dataclass(frozen=True, slots=True)
class SimulationWords:
    """A federation's names, and rows in words with them."""

    names: Names
    rules: RuleWords


def outcomes(
    heading: str, rulebook: Rulebook, given: str, where: Where | None, has_point: bool, words: SimulationWords,
    patch: Patch | None = None, text: SimulatedText | None = None,
) -> list[Outcome]:  # fmt: skip
    """By the tables of a rulebook, and by the other rule of each of its trials where that is something else."""
    held = outcome(heading, rulebook.without_trials(), given, where, has_point, words, patch, text=text)
    found = [held]
    for plan in rulebook.trials:
        made_by = plan.reversal if plan.adopted else plan.patch
        instead = rulebook.otherwise(plan.proposal_id)
        other = outcome(_part(plan), instead, given, where, has_point, words, made_by, ahead=0, text=text)
        if (other.facts, other.asked) != (held.facts, held.asked):
            found.append(other)
    return found


def _part(plan: TrialPlan) -> str:
    """For whom the other rule of a trial holds."""
    share = share_of(plan)
    if plan.adopted:
        kept = {
            "case": _("{share} of the cases still follow the rule before a change."),
            "area": _("{share} of the areas still follow the rule before a change."),
            "authority": _("{share} of the authorities still follow the rule before a change."),
        }
        return kept[plan.unit].format(share=percent(1 - share))
    return _(SHARE_FOLLOWS[plan.unit]).format(share=percent(share))


def outcome(
    heading: str, rulebook: Rulebook, given: str, where: Where | None, has_point: bool, words: SimulationWords,
    patch: Patch | None = None, ahead: int = 1, text: SimulatedText | None = None,
) -> Outcome:  # fmt: skip
    """`patch` made the rulebook of its layer out of a release, `ahead` numbers before it: a row that it changes is of
    none. `text`: what its citizen writes, by the same rules."""
    if text is not None:
        found = text.placed(given or None, where, rulebook, has_point=has_point)
    else:
        found = place(CASE, given, where, rulebook, has_point=has_point)
    hits = found.because if isinstance(found, Placed) else (*_before_triage(rulebook, given, where), *found.because)
    because = [{**words.rules.because(hit.model_dump()), "number": _number(hit, patch, ahead)} for hit in hits]
    read = _read(found, text.parts(rulebook, where), words.names) if text is not None else []
    if isinstance(found, Placed):
        return Outcome(heading, [*_facts(found, words.names), *read], because)
    facts = [(_("Area"), _where(where, words.names))] if where is not None else []
    return Outcome(heading, [*facts, *read], because, _asked(found))


def _read(found: Placed | Unplaced, parts: Sequence[Part], names: Names) -> list[tuple[str, str]]:
    """What the words show beside what they are about."""
    told = []
    if found.matter is not None:
        told.append((_("Its words show"), _(MATTERS.get(found.matter.kind, found.matter.kind))))
    if parts:
        matters = [names.category(one.category) if one.category is not None else _("unknown") for one in parts]
        told.append((_("It seems to be about several matters"), listed(matters)))
    return told


def _number(hit: Because, patch: Patch | None, ahead: int) -> int | None:
    """The release that holds a row; None for a row that none holds."""
    if patch is None or hit.layer != patch.layer:
        return hit.number
    if hit.table == patch.table and any(change.row_id == hit.row_id for change in patch.changes):
        return None
    return hit.number - ahead


def _before_triage(rulebook: Rulebook, given: str, where: Where | None) -> list[Because]:
    """The rows that were asked before a person is."""
    unit = Unit(CASE, where.area if where is not None else None)
    category, by_map = category_of(given, rulebook, unit)
    confirmed = rulebook.decide("triage", {"category": category}, unit) if category and where is not None else None
    decisions = [decision for decision in (by_map, confirmed) if decision is not None]
    return [hit for decision in decisions for hit in reasons_of(decision)]


def _facts(found: Placed, names: Names) -> list[tuple[str, str]]:
    return [
        (_("Category"), names.category(found.category)),
        (_("Area"), _where(found.where, names)),
        (_("Authority"), names.authority(found.authority)),
        (_("Priority"), number(found.priority)),
        (_("Answer within"), working(found.answer_minutes)),
        (_("One extension of up to"), working(found.extension_minutes)),
    ]


def _where(where: Where, names: Names) -> str:
    return f"{where.area}, {names.region(where.region)}"


def _asked(found: Unplaced) -> str:
    words = _("A person in triage would be asked: {reason}.").format(
        reason=_(TRIAGE_REASONS.get(found.reason, found.reason))
    )
    if found.missing:
        words += " " + _("Needed: {missing}.").format(missing=listed([_(name) for name in found.missing]))
    return words
