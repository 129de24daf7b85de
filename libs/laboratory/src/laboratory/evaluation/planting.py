"""Authors of changes, and what a change of theirs does to the cases of its cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from laboratory.study import Scenario

NO_FAULT = Scenario("no_fault", "every change is right", plants=False)
SHUFFLED = Scenario("shuffled", "changes do nothing: what comes of a case is chance", plants=False)
HARMFUL = Scenario("harmful_changes", "of three loops one is right in nine of ten changes, one in six, one in two")

GOOD, MIDDLING, BAD = "good", "middling", "bad"
RIGHT: Mapping[str, Mapping[str, float]] = {
    NO_FAULT.name: {GOOD: 1.0, MIDDLING: 1.0, BAD: 1.0},
    SHUFFLED.name: {GOOD: 1.0, MIDDLING: 1.0, BAD: 1.0},
    HARMFUL.name: {GOOD: 0.9, MIDDLING: 0.6, BAD: 0.2},
}
"""How often each author's changes are right."""
SHOWN = 0.9
"""Of a cell's cases, those by which a change shows what it does; of the others nothing comes."""
FOUND_IN_TRIAL = 0.5
"""Of harmful changes, those that their trial takes back."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does, in transfers avoided a case."""

    right: bool
    idle: bool = False

    def of_a_case(self, random: Random) -> int:
        if self.idle:
            return random.choice((-1, 0, 1))
        return (1 if self.right else -1) * (random.random() < SHOWN)


def effect(scenario: str, author: str, random: Random) -> Effect:
    """Of an author's next change."""
    return Effect(random.random() < RIGHT[scenario][author], idle=scenario == SHUFFLED.name)
