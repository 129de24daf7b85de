"""Which category, authority, priority and deadline a message gets, by which rows; or why a person must say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Literal

from common.contracts.disputes import TransferLimits
from common.contracts.events.base import Because
from common.contracts.events.routing import CategoryCandidate
from common.contracts.frozen import value
from common.contracts.trial import ArmDrawn
from common.contracts.waiting import WaitingTerms
from common.rulebook import classification as by_words
from common.rulebook.classification import Classification, Words
from common.rulebook.layers import Rulebook, RuleDecision
from common.rulebook.matters import Matter
from common.rulebook.release import NATIONAL
from common.rulebook.trial import Unit

Reason = Literal["no_place", "outside_every_region", "unknown_category", "no_authority", "confirm"]
BY_A_PERSON = frozenset({"person", "closes"})
"""Of a matter: a person looks at it before it goes anywhere, unless it is closed without one."""
BY_HAND = "by hand"
"""Stands for the border set where a person named the area."""


@value
class Where:
    """The area of a message, by borders or by a person."""

    area: str
    region: str
    border_set: str


@value
class TriageWord:
    """What a person in triage said; None where the rules shall say."""

    category: str | None = None
    authority: str | None = None
    by_citizen: bool = False
    """The citizen chose the category; what a person must confirm they still must."""


@value
class Warned:
    """An early warning of a message's category, in whose circle it lies."""

    warning_id: str
    hours: float
    """Since the warning was raised."""


WarnedOf = Callable[[str, str], Warned | None]
"""(region, category) -> the early warning that a message is in the circle of."""


@value
class Placed:
    where: Where
    category: str
    authority: str
    priority: int
    answer_minutes: int
    extension_minutes: int
    least_characters: int
    """That an answer must have."""
    waiting: WaitingTerms | None
    because: tuple[Because, ...]
    arms: tuple[ArmDrawn, ...] = ()
    """Of the trials that concern the case."""
    matter: Matter | None = None
    limits: TransferLimits | None = None


@value
class Unplaced:
    reason: Reason
    missing: tuple[str, ...]
    candidates: tuple[CategoryCandidate, ...] = ()
    """What a model reads in the words; only where no category was understood."""
    choices: tuple[str, ...] = ()
    """Of them, what the citizen shall be asked."""
    because: tuple[Because, ...] = ()
    """The rows that decided over the candidates, and those by which it is a matter of its own."""
    matter: Matter | None = None
    authority: str | None = None
    """Who gets it once a person confirms; None where the rules name nobody, or a trial is about whom they name."""
    category: str | None = None
    """That was understood."""
    area: str | None = None
    """In which it lies."""


def category_of(given: str | None, rulebook: Rulebook, unit: Unit) -> tuple[str | None, RuleDecision | None]:
    """The category by the map of what channels say; None when no row knows it."""
    decision = rulebook.decide("category_map", {"given": given}, unit) if given else None
    return (str(decision.outputs["category"]) if decision else None), decision


def place(
    case_id: str,
    given: str | None,
    where: Where | None,
    rulebook: Rulebook,
    said: TriageWord | None = None,
    has_point: bool = True,
    words: Words | None = None,
    matter: Matter | None = None,
    about_several: Callable[[], bool] | None = None,
    warned: WarnedOf | None = None,
) -> Placed | Unplaced:
    """Place a case by a rulebook: the same for a live message, a simulated one and one of the past.

    `given` is what the channel calls its category; `said` a person's answer from triage; `words` are read where neither
    tells a category and the rules have a model for them. `matter` is what the words show beside that: an urgent one
    waits for nobody's confirmation and raises the priority, another may need a person first. `about_several` says
    whether the words are about several matters, and is called only where a rule asks. `warned` tells the early warning
    that the message is in the circle of, by which it may be more urgent. Without a `case_id`, of an empty one, no trial
    that divides by case concerns it.
    """
    answer = said or TriageWord()
    unit = Unit(case_id, where.area if where is not None else None)
    mapped, by_map = (answer.category, None) if answer.category else category_of(given, rulebook, unit)
    read = by_words.classification(words, rulebook, unit) if mapped is None and words is not None else None
    mapped = mapped or (read.category if read is not None else None)
    missing = tuple(name for name, unknown in (("category", mapped is None), ("area", where is None)) if unknown)
    if where is None:
        return _unplaced("outside_every_region" if has_point else "no_place", missing, read, matter, mapped)
    if mapped is None:
        return _unplaced("unknown_category", missing, read, matter, None, where)
    asked = rulebook.decide("triage", {"category": mapped}, unit)
    then = matter.then if matter is not None else None
    if said is None or said.by_citizen:
        by_rule = then != "urgent" and asked is not None and _confirmed(asked, about_several)
        if by_rule or then in BY_A_PERSON:
            named = named_authority(case_id, mapped, where, rulebook)
            return _unplaced("confirm", (), read, matter, mapped, where, named)
    sought = {"category": mapped, "area": where.area}
    by_jurisdiction = None if answer.authority else rulebook.decide("jurisdiction", sought, unit)
    authority = answer.authority or (str(by_jurisdiction.outputs["authority"]) if by_jurisdiction else None)
    held_by = Unit(unit.case, unit.area, authority) if rulebook.on_trial else unit
    by_priority = rulebook.decide("priority", {"category": mapped}, held_by)
    priority = int(by_priority.outputs["priority"]) if by_priority else 1
    if matter is not None and then == "urgent":
        priority = max(priority, matter.priority)
    early = warned(where.region, mapped) if warned is not None else None
    by_warning: tuple[Because, ...] = ()
    if early is not None:
        priority, by_warning = raised_by_warning(priority, early, mapped, held_by, rulebook)
    by_deadline = rulebook.decide("deadline", {"category": mapped, "priority": priority}, held_by)
    if authority is None or by_deadline is None:
        return _unplaced("no_authority", ("authority",), read, matter, mapped, where)
    by_quality = rulebook.decide("answer_quality", {"category": mapped}, held_by)
    by_waiting = rulebook.decide("waiting", {"category": mapped}, held_by)
    by_disputes = rulebook.decide("disputes", {"category": mapped}, held_by)
    decisions = (by_jurisdiction, by_priority, by_deadline, by_quality, by_waiting, by_disputes)
    return Placed(
        where=where,
        category=mapped,
        authority=authority,
        priority=priority,
        answer_minutes=int(by_deadline.outputs["answer_minutes"]),
        extension_minutes=int(by_deadline.outputs["extension_minutes"]),
        least_characters=least_characters(by_quality),
        waiting=waiting_terms(by_waiting),
        because=(
            *(matter.because if matter is not None else ()),
            *(reasons_of(by_map) if by_map is not None else ()),
            *(read.because if read is not None else ()),
            *(reason for decision in decisions if decision is not None for reason in reasons_of(decision)),
            *by_warning,
        ),
        arms=_arms(rulebook, unit, held_by, given, sought, priority, said, words if by_map is None else None)
        if rulebook.on_trial
        else (),
        matter=matter,
        limits=transfer_limits(by_disputes),
    )


def named_authority(case_id: str, category: str, where: Where, rulebook: Rulebook) -> str | None:
    """Who the rules name for a case; None where they name nobody, or a trial is about whom they name."""
    unit, sought = Unit(case_id, where.area), {"category": category, "area": where.area}
    if rulebook.on_trial and rulebook.arm("jurisdiction", sought, unit) is not None:
        return None
    decision = rulebook.decide("jurisdiction", sought, unit)
    return str(decision.outputs["authority"]) if decision is not None else None


def raised_by_warning(
    priority: int, early: Warned, category: str, unit: Unit, rulebook: Rulebook
) -> tuple[int, tuple[Because, ...]]:
    """The priority while an early warning stands, as long as table `warnings` says, and the rows by which it is higher;
    none where it is not."""
    decision = rulebook.decide("warnings", {"category": category}, unit)
    if decision is None or early.hours > float(decision.outputs["priority_hours"]):
        return priority, ()
    raised = int(decision.outputs["priority"])
    if raised <= priority:
        return priority, ()
    named = {"warning": early.warning_id}
    return raised, tuple(b.model_copy(update={"inputs": {**b.inputs, **named}}) for b in reasons_of(decision))


def _confirmed(asked: RuleDecision, about_several: Callable[[], bool] | None) -> bool:
    """Whether a person says yes first: to all of the kind, or to what is about several matters."""
    if asked.outputs["confirm"]:
        return True
    return bool(asked.outputs["several"]) and about_several is not None and about_several()


def _unplaced(
    reason: Reason, missing: tuple[str, ...], read: Classification | None, matter: Matter | None,
    category: str | None, where: Where | None = None, authority: str | None = None,
) -> Unplaced:  # fmt: skip
    """`choices` only where the category is all that is missing, since then the citizen's word places the case, and
    where nothing is the matter for which a person looks at it."""
    candidates, choices = (read.candidates, read.choices) if read is not None else ((), ())
    return Unplaced(
        reason, missing, candidates, choices if reason == "unknown_category" and matter is None else (),
        (*(matter.because if matter is not None else ()), *(read.because if read is not None else ())),
        matter, authority, category, where.area if where is not None else None,
    )  # fmt: skip


def least_characters(decision: RuleDecision | None) -> int:
    """What `answer_quality` asks of an answer; nothing where no row does."""
    return int(decision.outputs["least_characters"]) if decision is not None else 0


def transfer_limits(decision: RuleDecision | None) -> TransferLimits | None:
    """What `disputes` says; None where no row does."""
    if decision is None:
        return None
    out = decision.outputs
    return TransferLimits(authorities=int(out["authorities"]), regions=int(out["regions"]))


def waiting_terms(decision: RuleDecision | None) -> WaitingTerms | None:
    """What `waiting` says; None where no row does."""
    if decision is None:
        return None
    out = decision.outputs
    return WaitingTerms(
        remind_minutes=int(out["remind_minutes"]), term_minutes=max(1, int(out["term_minutes"])),
        then="closes" if out["then"] == "closes" else "goes_on",
    )  # fmt: skip


def _arms(
    rulebook: Rulebook, unit: Unit, held_by: Unit, given: str | None, sought: Mapping[str, str], priority: int,
    said: TriageWord | None, words: Words | None,
) -> tuple[ArmDrawn, ...]:  # fmt: skip
    """Of each decision that placed a case. Where a person spoke instead, only of one that left it to them.

    `held_by` is the unit with its authority, which is the answer of jurisdiction and not known before it. `words` are
    those that are read where the map does not know the category.
    """
    answer, category = said or TriageWord(), {"category": sought["category"]}
    by_map = rulebook.arm("category_map", {"given": given}, unit) if given else None
    by_model = rulebook.arm(by_words.TABLE, by_words.asked_of(words), unit) if words is not None else None
    asked = (
        (by_map, answer.category is None),
        (by_model, answer.category is None),
        (rulebook.arm("triage", category, unit), said is None),
        (rulebook.arm("jurisdiction", sought, unit), answer.authority is None),
        (rulebook.arm("priority", category, held_by), True),
        (rulebook.arm("deadline", {**category, "priority": priority}, held_by), True),
    )
    return tuple(arm for arm, by_rule in asked if arm is not None and (by_rule or left_to_a_person(arm)))


def left_to_a_person(arm: ArmDrawn) -> bool:
    """Whether the rule of this arm has nothing to say, says that a person must confirm, or is tried over whether a
    message's text places it: who is sent to a person by the one rule is counted like who is placed by the other."""
    said = arm.candidate if arm.arm == "candidate" else arm.current
    if said is None or said.get("confirm") is True or said.get("several") is True:
        return True
    rules = (arm.current or {}, arm.candidate or {})
    return len({rule.get("text_place") for rule in rules}) > 1


@lru_cache(maxsize=50_000)
def reasons_of(decision: RuleDecision) -> tuple[Because, ...]:
    """The rows that decided, as events tell them; a decision is one object as long as its rulebook remembers it."""
    return tuple(
        Because(
            layer=hit.layer, number=hit.number, table=hit.table, row_id=hit.row_id, inputs=hit.inputs,
            outputs=hit.outputs,
        )
        for hit in decision.because
    )  # fmt: skip


def layer_for(where: Where | None) -> str:
    """Whose overlay applies: the region's, or none while the place is unknown."""
    return where.region if where is not None else NATIONAL
