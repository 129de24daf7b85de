"""What is known of cases after some facts, in their order, and which duplicates are suggested and decided. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

from common.contracts.events.routing import DuplicateDecided, DuplicateSuggested
from common.contracts.frozen import value
from common.contracts.reference import reference_of
from common.rulebook.layers import Rulebook, RuleDecision
from common.rulebook.placement import reasons_of
from common.rulebook.trial import Unit

from routing.duplicates.likeness import likeness
from routing.duplicates.model import CaseGone, CasePlaced, Fact, KnownCase
from routing.duplicates.nearby import Nearby, metres_between
from routing.early_warnings import NO_WARNINGS, EarlyWarnings

TABLE, WARNINGS_TABLE = "duplicates", "warnings"
MOST_PARENTS = 200
"""So many cases of early warnings around a case are looked at."""
RulebookAt = Callable[[str, datetime], Rulebook]
"""(layer, time) -> what is in force there then."""


@value
class Said:
    """One event about a case, by which release."""

    event: DuplicateSuggested | DuplicateDecided
    correlation_id: str
    release: str | None = None


@value
class Found:
    """What is known after all facts: changed cases, ids that are forgotten, and what is to be said, in order."""

    changed: Mapping[str, KnownCase]
    forgotten: frozenset[str]
    said: tuple[Said, ...]


@value
class _Match:
    root: str
    metres: float
    apart: timedelta
    likeness: int | None
    at: datetime
    decision: RuleDecision
    warning: str | None = None


def rule_for(case: KnownCase, rulebook: RulebookAt) -> RuleDecision | None:
    """What table `duplicates` says of the case; None where nothing shall be suggested."""
    decision = rulebook(case.region, case.at).decide(TABLE, {"category": case.category}, Unit(case.case_id))
    return decision if decision is not None and decision.outputs["suggest"] else None


def parents_of(case: KnownCase, warnings: EarlyWarnings) -> list[tuple[str, str]]:
    """Early warnings that a case lies in the circle of, the oldest first, each with its parent case and then the others
    that it was raised of, one of which stands for a parent that has ended.

    Not of one about a whole region: its reports have no place in common, and nothing says that they are one thing.
    """
    around = warnings.around(case.region, case.category, case.lat, case.lon, case.at)
    found = ((one.warning_id, parent) for one in around if not one.whole_region for parent in one.parents)
    return list(islice(found, MOST_PARENTS))


def follow(
    facts: Iterable[Fact], known: Mapping[str, KnownCase], rulebook: RulebookAt, warnings: EarlyWarnings = NO_WARNINGS
) -> Found:
    """Apply facts in their order. `known` holds every case that one of them names, that may lie near a new one, or that
    is the parent of an early warning around it.

    Raises ReleaseMissing while what was in force is not known here yet.
    """
    search = _Search(known, rulebook, warnings)
    for fact in facts:
        if isinstance(fact, CasePlaced):
            search.place(fact.case)
        else:
            search.go(fact)
    return Found(search.changed, frozenset(search.forgotten), tuple(search.said))


def refused(case: KnownCase, actor: str) -> tuple[KnownCase, Said]:
    """The case after a person said that it is not about the same thing as the suggested one."""
    return replace(case, decided=True), _decided(case, same=False, actor=actor)


def said_by_citizen(case: KnownCase, citizen: str, *, same: bool) -> tuple[KnownCase, Said]:
    """The case after its citizen said whether it is about the same thing as the suggested one."""
    return replace(case, decided=True), _decided(case, same=same, actor=citizen, by="citizen")


class _Search:
    def __init__(self, known: Mapping[str, KnownCase], rulebook: RulebookAt, warnings: EarlyWarnings) -> None:
        self._known, self._rulebook, self._warnings = dict(known), rulebook, warnings
        self._nearby = Nearby(sorted(known.values(), key=lambda case: (case.at, case.case_id)))
        self.changed: dict[str, KnownCase] = {}
        self.forgotten: set[str] = set()
        self.said: list[Said] = []

    def place(self, case: KnownCase) -> None:
        if case.case_id in self._known:
            return
        decision = rule_for(case, self._rulebook)
        match = self._match(case, decision) if decision is not None else None
        match = match or self._parent(case)
        if match is not None:
            metres, minutes = round(match.metres), round(match.apart.total_seconds() / 60)
            case = replace(
                case, suggested=match.root, distance_metres=metres, apart_minutes=minutes, warning=match.warning
            )
            event = DuplicateSuggested(
                case_id=case.case_id, region=case.region, other_case=match.root,
                other_reference=reference_of(match.root), category=case.category, distance_metres=metres,
                apart_minutes=minutes, likeness=match.likeness, because=reasons_of(match.decision),
                ask_citizen=match.warning is None and bool(match.decision.outputs["ask_citizen"]),
                warning=match.warning,
            )  # fmt: skip
            release = self._rulebook(case.region, case.at).release
            self.said.append(Said(event, case.correlation_id, release))
        self._keep(case)
        self._nearby.add(case)

    def go(self, fact: CaseGone) -> None:
        case = self._known.get(fact.case_id)
        if case is None:
            return
        if fact.into_case is not None:
            self._join(case, fact.into_case, fact.actor)
        elif fact.to_region is not None:
            moved = replace(case, region=fact.to_region)
            self._keep(moved)
            self._nearby.add(moved)
        else:
            del self._known[case.case_id]
            self.changed.pop(case.case_id, None)
            self.forgotten.add(case.case_id)

    def _join(self, case: KnownCase, into: str, actor: str) -> None:
        """Whatever had gone on under the case goes on under the other with it."""
        if case.suggested is not None and not case.decided:
            self.said.append(_decided(case, same=self._root(case.suggested) == into, actor=actor))
            case = replace(case, decided=True)
        self._keep(replace(case, into_case=into))
        for other in [one for one in self._known.values() if one.into_case == case.case_id]:
            self._keep(replace(other, into_case=into))

    def _match(self, case: KnownCase, decision: RuleDecision) -> _Match | None:
        """The nearest case, the older of two at one place."""
        radius, least = float(decision.outputs["radius_metres"]), int(decision.outputs["least_likeness"])
        window = timedelta(hours=float(decision.outputs["window_hours"]))
        best: _Match | None = None
        for other_id in self._nearby.around(case, radius):
            other = self._known.get(other_id)
            if other is None or (other.region, other.category) != (case.region, case.category):
                continue
            metres, apart, root = metres_between(case, other), abs(case.at - other.at), self._root(other_id)
            if metres > radius or apart > window or root not in self._known or root == case.case_id:
                continue
            if other_id in case.siblings or root in case.siblings:
                continue
            alike = likeness(case.words, other.words)
            if alike is not None and alike < least:
                continue
            match = _Match(root, metres, apart, alike, other.at, decision)
            if best is None or (metres, other.at, root) < (best.metres, best.at, best.root):
                best = match
        return best

    def _parent(self, case: KnownCase) -> _Match | None:
        """The parent case of an early warning around the case, or that under which it goes on, or the next one.

        Only where no case lies as near as the category's own rule asks: of that one people are surer, and where it was
        joined to the parent, so is what is joined to it.
        """
        parents = parents_of(case, self._warnings)
        if not parents:
            return None
        asked = {"category": case.category}
        decision = self._rulebook(case.region, case.at).decide(WARNINGS_TABLE, asked, Unit(case.case_id))
        if decision is None or not decision.outputs["suggest_parent"]:
            return None
        for warning, parent in parents:
            root = self._known.get(self._root(parent))
            if root is None or root.case_id == case.case_id or root.region != case.region:
                continue
            if {parent, root.case_id} & set(case.siblings):
                continue
            alike, apart = likeness(case.words, root.words), abs(case.at - root.at)
            return _Match(root.case_id, metres_between(case, root), apart, alike, root.at, decision, warning)
        return None

    def _root(self, case_id: str) -> str:
        case = self._known.get(case_id)
        return case_id if case is None or case.into_case is None else case.into_case

    def _keep(self, case: KnownCase) -> None:
        self._known[case.case_id] = self.changed[case.case_id] = case


def _decided(case: KnownCase, *, same: bool, actor: str, by: Literal["official", "citizen"] = "official") -> Said:
    event = DuplicateDecided(
        case_id=case.case_id, region=case.region, other_case=case.suggested or "", category=case.category, same=same,
        distance_metres=case.distance_metres, apart_minutes=case.apart_minutes, actor=actor, by=by,
        warning=case.warning,
    )  # fmt: skip
    return Said(event, case.correlation_id)
