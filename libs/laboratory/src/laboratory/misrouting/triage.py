"""What a person in triage says who is shown whom the rules name for a case."""

from __future__ import annotations

from random import Random

NAMES_THE_RIGHT_ONE = 0.3
"""Share of cases with a wrong rule in which the person sees it; the others are confirmed as they are shown."""


def given_by_a_person(random: Random, by_rules: str, really: str | None) -> str:
    """The authority that the person gives the case to."""
    if really is None or really == by_rules:
        return by_rules
    return really if random.random() < NAMES_THE_RIGHT_ONE else by_rules
