"""What a change does to the cases that follow it."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from laboratory.misrouting.shuffling import shuffled
from laboratory.study import Scenario

NO_FAULT = Scenario("no_fault", "the change does nothing (A/A)", plants=False)
SHUFFLED = Scenario(
    "shuffled", "the change does nothing; the log shuffled within its cells", plants=False, shuffling=shuffled
)
HARMFUL = Scenario("harmful_change", "a fifth of the cases that would be in time come late with the change")
SLIGHTLY = Scenario("slightly_harmful_change", "a tenth of them")
HELPFUL = Scenario("helpful_change", "half of the cases that would be late come in time with the change")
MADE_LATE = {HARMFUL.name: 0.2, SLIGHTLY.name: 0.1}
MADE_EARLY = {HELPFUL.name: 0.5}


def closed_with_change(
    scenario: str, opened: datetime, due: datetime, closed: datetime | None, random: Random
) -> datetime | None:
    """When a case that follows the change is closed, which without it is closed at `closed`."""
    in_time = closed is not None and closed <= due
    drawn = random.random()
    if in_time and drawn < MADE_LATE.get(scenario, 0):
        return due + timedelta(days=1)
    if not in_time and drawn < MADE_EARLY.get(scenario, 0):
        return opened + (due - opened) / 2
    return closed
