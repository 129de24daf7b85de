"""What the loop says, in words that people can judge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from common.contracts.envelope import derived_id
from common.contracts.events.base import Actor
from common.contracts.events.reflex.observations import FindingMade
from common.contracts.events.rules import ProposeChange
from common.contracts.patch import Patch

from reflex.loops.classification.said import Said, Winner
from reflex.sortable_times import text_of

LOOP = "classification"
Title = Callable[[str], str]


def proposal(given: str, said: Said, winner: Winner, patch: Patch, title: Title, now: datetime) -> ProposeChange:
    """The word as a row of the category map. Without a forecast: what is spared is people's time in triage, which
    nothing measures yet."""
    found, target = evidence(said, winner), winner.category
    name = derived_id("proposal", LOOP, given, target, text_of(now))
    before = "no rule knows it" if said.expected is None else f"the rules take it for {title(said.expected)}"
    words = (
        f"Channels say {given!r}; {before}. Of {found['cases_known']} such cases that people looked at, {found['wins']}"
        f" were {title(target)}."
    )
    return ProposeChange(
        actor=Actor(id=LOOP, role="loop"), proposal_id=name, title=f"{given!r} means {title(target)}"[:300],
        words=words, patch=patch, values=("effort", "timeliness"), scope={"category": target},
        evidence={"given": given, **found}, loop=LOOP,
    )  # fmt: skip


def proposed(given: str, made: ProposeChange, now: datetime) -> FindingMade:
    """The finding that a proposal was made."""
    return FindingMade(
        loop=LOOP, key=f"classification|{given}", kind="proposed", words=made.words, numbers=made.evidence,
        proposal_id=made.proposal_id, found_at=now,
    )  # fmt: skip


def confused(model: str, read: str, said: Said, winner: Winner, title: Title, now: datetime) -> FindingMade:
    """The finding that a model takes one category for another."""
    found, target = {"model": model, "read": read, **evidence(said, winner)}, winner.category
    words = (
        f"The classifier {model[:12]} reads {title(read)} first where people say {title(target)}:"
        f" {found['wins']} of {found['cases_known']} cases that it left to people. Teach another version with them, or"
        " let it ask."
    )
    return FindingMade(
        loop=LOOP, key=f"confused|{model}|{read}", kind="confused", words=words, numbers=found, found_at=now
    )


def evidence(said: Said, winner: Winner) -> dict[str, Any]:
    """How many cases there are, how many were given the category, and the cases."""
    return {
        "expected": said.expected, "target": winner.category, "cases_known": len(winner.cases), "wins": winner.wins,
        "cases": [case.case_id for case in winner.cases],
    }  # fmt: skip
