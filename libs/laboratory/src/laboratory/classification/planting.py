"""What words of channels mean in truth, and what people answer who are asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from laboratory.logged_case import LoggedCase
from laboratory.study import Scenario

PLANTED = 5
BUSIEST = 30
"""Words by how many cases they have, among which the planted ones are drawn."""
ERRS = 0.05
"""Of people's answers, those that name another category by mistake."""

NO_FAULT = Scenario("no_fault", "each word means what the rules say", plants=False)
SHUFFLED = Scenario("shuffled", "people's answers have nothing to do with the word", plants=False)
CHANGED = Scenario("changed_word", "five words mean another category from a third of the run on")
RENAMED = Scenario("new_word", "five words are written otherwise from then on, and no rule knows them")


@dataclass(frozen=True, slots=True)
class Truth:
    """Of one run. `meant` has the planted words, as channels write them from `since` on, and what they mean then."""

    scenario: str
    since: datetime
    categories: Sequence[str]
    """Of the log's cases, each as often as it comes."""
    meant: Mapping[str, str] = field(default_factory=dict)

    def word(self, case: LoggedCase) -> str:
        """As its channel writes it."""
        renamed = _renamed(case.type)
        return renamed if case.opened_at >= self.since and renamed in self.meant else case.type

    def meaning(self, case: LoggedCase) -> str:
        """The category that the case is of."""
        assert case.cell is not None
        planted = self.meant.get(self.word(case)) if case.opened_at >= self.since else None
        return planted or case.cell[0]

    def answer(self, case: LoggedCase, random: Random) -> str:
        """What a person says."""
        if self.scenario == SHUFFLED.name or random.random() < ERRS:
            return random.choice(self.categories)
        return self.meaning(case)


def plant(scenario: str, cases: Sequence[LoggedCase], random: Random) -> Truth:
    """Cases in order of opening, all placed by the rules. Fewer words where the log has fewer, and none where all are
    of one category and a meaning would change."""
    since = cases[len(cases) // 3].opened_at
    categories = [case.cell[0] for case in cases if case.cell is not None]
    if scenario not in (CHANGED.name, RENAMED.name):
        return Truth(scenario, since, categories)
    now = {case.type: case.cell[0] for case in cases if case.cell is not None}
    busiest = sorted(Counter(case.type for case in cases).items(), key=lambda one: (-one[1], one[0]))[:BUSIEST]
    words = random.sample([word for word, _ in busiest], min(PLANTED, len(busiest)))
    if scenario == RENAMED.name:
        return Truth(scenario, since, categories, {_renamed(word): now[word] for word in words})
    others = sorted({now[word] for word, _ in busiest})
    if len(others) < 2:
        return Truth(scenario, since, categories)
    meant = {word: random.choice([category for category in others if category != now[word]]) for word in words}
    return Truth(scenario, since, categories, meant)


def _renamed(word: str) -> str:
    return f"{word[:50]} (new)"
