"""Learns from what people say of suggested duplicates: a narrower rule where they refuse, a wider one where they join
what was not suggested, none where hardly any is the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, ClassVar

from common.rulebook.release import NATIONAL

from reflex.facts import CaseJoined, CaseOpened, DuplicateDecided, DuplicateSuggested, Fact, RulesCommandRefused
from reflex.loop import LoopOutput, LoopSettings
from reflex.loops.duplicates import wording
from reflex.loops.duplicates.evidence import Category, Pair
from reflex.loops.duplicates.judging import judge
from reflex.loops.duplicates.nearby import KEPT_DAYS, RecentCases
from reflex.loops.duplicates.patching import Patcher
from reflex.loops.duplicates.settings import Settings
from reflex.sortable_times import text_of


class DuplicatesLoop:
    """By category, over all regions in which the nation's row decides."""

    name: ClassVar[str] = wording.LOOP
    facts: ClassVar[frozenset[type[Fact]]] = frozenset(
        (CaseOpened, CaseJoined, DuplicateSuggested, DuplicateDecided, RulesCommandRefused)
    )
    settings: ClassVar[type[LoopSettings]] = Settings

    def __init__(
        self, settings: Callable[[datetime], Settings], patcher: Patcher, title: Callable[[str], str]
    ) -> None:  # fmt: skip
        self._settings = settings
        self._patcher = patcher
        self._title = title
        self._categories: dict[str, Category] = {}
        self._recent = RecentCases()
        self._suggested: dict[str, str] = {}
        """When each case was suggested to be the same as another, oldest first."""
        self._heard: list[tuple[str, str, Pair, bool]] = []
        """Category, region and what was said since the last tick; at the end, whether it had been suggested."""
        self._changed: set[str] = set()

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        def of(kind: str) -> dict[str, Mapping[str, Any]]:
            return {key.partition("|")[2]: body for key, body in state.items() if key.startswith(f"{kind}|")}

        self._categories = {name: Category.of(name, body) for name, body in of("category").items()}
        self._recent.load(of("case"))
        suggested = of("suggested")
        self._suggested = {name: suggested[name]["at"] for name in sorted(suggested, key=lambda n: suggested[n]["at"])}
        self._heard, self._changed = [], set()

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        keys = self._changed | {f"case|{case_id}" for case_id in self._recent.changed}
        self._changed, self._recent.changed = set(), set()
        return {key: self._body(key) for key in sorted(keys)}

    def _body(self, key: str) -> dict[str, Any] | None:
        kind, _, name = key.partition("|")
        if kind == "case":
            return self._recent.body(name)
        if kind == "suggested":
            return {"at": self._suggested[name]} if name in self._suggested else None
        return self._categories[name].body()

    def observe(self, fact: Fact) -> None:
        if isinstance(fact, CaseOpened):
            self._recent.add(fact)
        elif isinstance(fact, DuplicateSuggested):
            self._suggested.pop(fact.case_id, None)
            self._suggested[fact.case_id] = text_of(fact.at)
            self._changed.add(f"suggested|{fact.case_id}")
        elif isinstance(fact, DuplicateDecided):
            if fact.warning is not None:
                return
            pair = Pair(fact.distance_metres, fact.apart_minutes, text_of(fact.at), fact.case_id, fact.same)
            self._heard.append((fact.category, fact.region, pair, True))
        elif isinstance(fact, CaseJoined) and fact.case_id not in self._suggested:
            found = self._recent.between(fact.case_id, fact.into_case)
            if found is not None:
                category, metres, minutes = found
                pair = Pair(metres, minutes, text_of(fact.at), fact.case_id)
                self._heard.append((category, fact.region, pair, False))
        elif isinstance(fact, RulesCommandRefused) and fact.until is not None:
            self._must_wait(fact.proposal_id, text_of(fact.until))

    def _must_wait(self, proposal: str, until: str) -> None:
        """Nobody spoke against it: what people said stands, and it is proposed anew when it may be."""
        for name, category in self._categories.items():
            if category.proposal == proposal:
                category.wait(until)
                self._changed.add(f"category|{name}")

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        heard, self._heard = self._heard, []
        touched = {name for name, category in self._categories.items() if category.may_be_made_anew(now)}
        for name in touched:
            rule = self._patcher.rule(name, NATIONAL, now)
            if rule is not None and rule != self._categories[name].rule:
                self._categories[name].begin_anew(rule, now)
        for name, region, pair, suggested in heard:
            rule = self._patcher.rule(name, region, now)
            if rule is None:
                continue
            category = self._categories.setdefault(name, Category(name, rule, text_of(now)))
            if category.rule != rule:
                category.begin_anew(rule, now)
            (category.decided if suggested else category.missed).append(pair)
            touched.add(name)
        said: list[LoopOutput] = []
        for name in sorted(touched):
            self._changed.add(f"category|{name}")
            said += self._look_at(self._categories[name], now)
        self._forget(now)
        return said

    def _look_at(self, category: Category, now: datetime) -> list[LoopOutput]:
        settings = self._settings(now)
        category.forget(now, settings.keep_days)
        if category.is_quiet(now, settings.pause_days):
            return []
        category.again_at = None
        change = judge(category, settings)
        patch = None if change is None else self._patcher.patch(category.name, change.rule, now)
        if change is None or patch is None:
            return []
        made = wording.proposal(category, change, patch, self._title(category.name), now)
        category.propose(now, made.proposal_id)
        return [wording.proposed(category, made, now), made]

    def _forget(self, now: datetime) -> None:
        self._recent.forget(now)
        oldest = text_of(now - timedelta(days=KEPT_DAYS))
        for case_id in list(takewhile(lambda name: self._suggested[name] < oldest, self._suggested)):
            del self._suggested[case_id]
            self._changed.add(f"suggested|{case_id}")
