"""Learns from the categories that people give in triage: words of channels that mean another category than the rules
say, or one that they do not know; and categories that a model takes for each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple

from reflex.facts import Fact, RulesCommandRefused, TriageAnswered, TriageRequested
from reflex.loop import LoopOutput, LoopSettings
from reflex.loops.classification import wording
from reflex.loops.classification.patching import Patcher
from reflex.loops.classification.said import LONGEST_WORD, Given, Said, Winner
from reflex.loops.classification.settings import Settings
from reflex.sortable_times import text_of

WAITS_DAYS = 90
"""Longer nobody is waited for: what lies in triage then is answered without being learnt from."""
WORD, READ = "word", "read"


class Waiting(NamedTuple):
    """A message in triage; all but the time are empty where nothing was given."""

    at: str
    word: str
    model: str
    read: str


class ClassificationLoop:
    """By word of a channel, and by model and the category that it read first."""

    name: ClassVar[str] = wording.LOOP
    facts: ClassVar[frozenset[type[Fact]]] = frozenset((TriageRequested, TriageAnswered, RulesCommandRefused))
    settings: ClassVar[type[LoopSettings]] = Settings

    def __init__(
        self, settings: Callable[[datetime], Settings], patcher: Patcher, title: Callable[[str], str]
    ) -> None:  # fmt: skip
        self._settings = settings
        self._patcher = patcher
        self._title = title
        self._waiting: dict[str, Waiting] = {}
        self._said: dict[str, Said] = {}
        self._heard: list[tuple[str, Given]] = []
        """Key and case, since the last tick."""
        self._changed: set[str] = set()

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        waits = {key.partition("|")[2]: body for key, body in state.items() if key.startswith("case|")}
        self._waiting = {name: Waiting(*body["waits"]) for name, body in waits.items()}
        self._said = {key: Said.of(body) for key, body in state.items() if not key.startswith("case|")}
        self._heard, self._changed = [], set()

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        keys, self._changed = self._changed, set()
        return {key: self._body(key) for key in sorted(keys)}

    def _body(self, key: str) -> dict[str, Any] | None:
        kind, _, name = key.partition("|")
        if kind == "case":
            found = self._waiting.get(name)
            return None if found is None else {"waits": list(found)}
        said = self._said.get(key)
        return None if said is None else said.body()

    def observe(self, fact: Fact) -> None:
        if isinstance(fact, TriageRequested):
            word = (fact.category or "").strip()
            read = fact.candidates[0] if fact.candidates and fact.model else ""
            waits = Waiting(text_of(fact.at), word if len(word) <= LONGEST_WORD else "", fact.model or "", read)
            if waits.word or waits.read:
                self._waiting[fact.case_id] = waits
                self._changed.add(f"case|{fact.case_id}")
        elif isinstance(fact, TriageAnswered):
            found = self._waiting.pop(fact.case_id, None)
            if found is None:
                return
            self._changed.add(f"case|{fact.case_id}")
            if not fact.completed:
                case = Given(fact.category, text_of(fact.at), fact.case_id)
                self._heard += [(f"{WORD}|{found.word}", case)] if found.word else []
                self._heard += [(f"{READ}|{found.model}|{found.read}", case)] if found.read else []
        elif isinstance(fact, RulesCommandRefused) and fact.until is not None:
            self._must_wait(fact.proposal_id, text_of(fact.until))

    def _must_wait(self, proposal: str, until: str) -> None:
        """Nobody spoke against it: what people said stands, and it is proposed anew when it may be."""
        for key, said in self._said.items():
            if said.proposal == proposal:
                said.wait(until)
                self._changed.add(key)

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        heard, self._heard = self._heard, []
        touched = {key for key, said in self._said.items() if said.may_be_made_anew(now)}
        for key in touched:
            self._under_rule_in_force(key, now)
        for key, case in heard:
            self._under_rule_in_force(key, now).add(case)
            touched.add(key)
        found: list[LoopOutput] = []
        for key in sorted(touched):
            self._changed.add(key)
            found += self._look_at(key, now)
        self._forget(now)
        return found

    def _under_rule_in_force(self, key: str, now: datetime) -> Said:
        """What was said; nothing, where another rule has come into force since."""
        kind, _, name = key.partition("|")
        expected = self._patcher.category(name, now) if kind == WORD else name.partition("|")[2]
        said = self._said.setdefault(key, Said(expected))
        if said.expected != expected:
            said.expected, said.cases = expected, []
        return said

    def _look_at(self, key: str, now: datetime) -> list[LoopOutput]:
        settings, said = self._settings(now), self._said[key]
        said.forget(now, settings.keep_days)
        kind, _, name = key.partition("|")
        if said.is_quiet(now, settings.pause_days):
            return []
        said.again_at = None
        winner = self._winner(said, settings.min_cases if kind == WORD else settings.min_confused, settings)
        if winner is None:
            return []
        target = winner.category
        if kind == READ:
            model, _, read = name.partition("|")
            said.tell(now)
            return [wording.confused(model, read, said, winner, self._title, now)]
        patch = self._patcher.patch(name, target)
        if patch is None:
            return []
        made = wording.proposal(name, said, winner, patch, self._title, now)
        said.tell(now, made.proposal_id)
        return [wording.proposed(name, made, now), made]

    def _winner(self, said: Said, fewest: int, settings: Settings) -> Winner | None:
        """Over all cases; else over the newest of them, as many as show it best, since the word may mean another thing
        now than it did."""
        found = [winner for winner in said.winners(fewest) if winner.wins >= fewest]
        if found and len(found[-1].cases) == len(said.cases) and found[-1].chance >= settings.win_probability:
            return found[-1]
        best = max(found, key=lambda winner: winner.chance, default=None)
        return best if best is not None and best.chance >= settings.change_probability else None

    def _forget(self, now: datetime) -> None:
        """Messages that nobody answered, and words that nobody has used for long."""
        oldest = text_of(now - timedelta(days=WAITS_DAYS))
        for case_id in [name for name, waits in self._waiting.items() if waits.at < oldest]:
            del self._waiting[case_id]
            self._changed.add(f"case|{case_id}")
        if not self._said:
            return
        unused = text_of(now - timedelta(days=self._settings(now).keep_days))
        for key in [key for key, said in self._said.items() if not said.cases or said.cases[-1].at < unused]:
            del self._said[key]
            self._changed.add(key)
