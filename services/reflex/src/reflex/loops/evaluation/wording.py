"""What the loop says, in words that people can act on, with its numbers."""

from __future__ import annotations

from datetime import datetime

from common.contracts.events.base import Actor
from common.contracts.events.reflex.observations import FindingMade, ForecastsScored
from common.contracts.events.rules import ProposeChange
from common.contracts.patch import Patch

from reflex.loops.evaluation.followed import Followed, Score

LOOP = "evaluation"
ACTOR = Actor(id=LOOP, role="loop")
TITLE = 300


def numbers_of(score: Score) -> dict[str, float | str]:
    return {
        "measure": score.measure, "verdict": score.verdict, "expected": score.expected, "low": score.low,
        "high": score.high, "actual": score.actual,
    }  # fmt: skip


def take_back(change: Followed, score: Score, patch: Patch, proposal_id: str) -> ProposeChange:
    """The change did harm by its own measure."""
    words = (
        f"The change promised {score.expected:.0f} {score.measure} (from {score.low:.0f} to {score.high:.0f});"
        f" what came is {score.actual:.0f}, and below zero whatever is not known: it did harm by its own measure."
        " It should be taken back."
    )
    return ProposeChange(
        actor=ACTOR, proposal_id=proposal_id, title=f"Take back: {change.title}"[:TITLE], words=words, patch=patch,
        values=("effort",), evidence={"reverses": change.id, "author": change.author, **numbers_of(score)},
        needs_person=True, loop=LOOP, reverses=change.id,
    )  # fmt: skip


def review(change: Followed, score: Score, now: datetime) -> FindingMade:
    """The change kept less than it promised, and still did no proven harm: people must say what follows."""
    words = (
        f"“{change.title}” promised {score.expected:.0f} {score.measure} (from {score.low:.0f} to {score.high:.0f}) and"
        f" brought {score.actual:.0f}. It did not do what it promised; harm is not shown. People decide whether it"
        " stays."
    )
    return FindingMade(
        loop=LOOP, key=f"review|{change.id}", kind="review", words=words, numbers=numbers_of(score),
        proposal_id=change.id, found_at=now,
    )  # fmt: skip


def not_taken_back(change: Followed, score: Score, now: datetime) -> FindingMade:
    """The change did harm, and what was to take it back was refused or found no word of people."""
    words = (
        f"“{change.title}” promised {score.expected:.0f} {score.measure} (from {score.low:.0f} to {score.high:.0f}) and"
        f" brought {score.actual:.0f}: it did harm by its own measure. The proposal to take it back was refused or"
        " lapsed. It stays until people take it back."
    )
    return FindingMade(
        loop=LOOP, key=f"review|{change.id}", kind="not taken back", words=words, numbers=numbers_of(score),
        proposal_id=change.id, found_at=now,
    )  # fmt: skip


def stricter(loop: str, right: int, judged: int, high: float, patch: Patch, proposal_id: str) -> ProposeChange:
    """Too many of a loop's proposals were wrong: its threshold a step higher."""
    change = patch.changes[0]
    before, after = ((cells or {}).get("value", "") for cells in (change.before, change.after))
    words = (
        f"Of {judged} judged proposals of loop {loop}, {right} were right: at most {high:.0f} % in the long run, with"
        f" 90 % confidence. Its threshold should be {after} in place of {before}, so that it proposes less, and surer."
    )
    return ProposeChange(
        actor=ACTOR, proposal_id=proposal_id, title=f"Loop {loop}: threshold {after} in place of {before}", words=words,
        patch=patch, values=("effort",),
        evidence={"loop": loop, "right": right, "judged": judged, "precision_high": round(high, 1)}, loop=LOOP,
    )  # fmt: skip


def too_bold(loop: str, right: int, judged: int, high: float, now: datetime) -> FindingMade:
    """As `stricter`, of a loop that has no threshold in the rulebook."""
    words = (
        f"Of {judged} judged proposals of loop {loop}, {right} were right: at most {high:.0f} % in the long run, with"
        " 90 % confidence. The rulebook has no threshold of it that could be raised: look at its settings."
    )
    numbers = {"loop": loop, "right": right, "judged": judged, "precision_high": round(high, 1)}
    return FindingMade(loop=LOOP, key=f"loop|{loop}", kind="too bold", words=words, numbers=numbers, found_at=now)


def intervals(loop: str, found: ForecastsScored, confidence: float, now: datetime) -> FindingMade:
    """A loop's intervals hold plainly less or more often than they say."""
    narrow = found.held_high < confidence
    words = (
        f"Of {found.scored} forecasts of loop {loop} about {found.measure}, {found.held} held, where {confidence:.0f} %"
        f" should: {found.below} came below their intervals and {found.above} above. The intervals are too"
        f" {'narrow' if narrow else 'wide'}."
    )
    numbers = {**found.model_dump(), "loop": loop, "confidence": confidence}
    return FindingMade(
        loop=LOOP, key=f"loop|{loop}", kind="too narrow" if narrow else "too wide", words=words, numbers=numbers,
        found_at=now,
    )  # fmt: skip
