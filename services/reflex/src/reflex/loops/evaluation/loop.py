"""What became of adopted changes and of every author's proposals, loops and people alike, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol

from common.contracts.envelope import derived_id
from common.contracts.events.reflex.observations import TrackRecordPublished
from common.contracts.events.rules import ProposeChange
from common.contracts.patch import Patch

from reflex.facts import (
    ChangeReviewed,
    Fact,
    ForecastScored,
    ProposalChecked,
    ProposalFact,
    ProposalLapsed,
    ProposalRefused,
    ProposalReturned,
    RulesCommandRefused,
)
from reflex.loop import LoopOutput, LoopSettings
from reflex.loops.evaluation import wording
from reflex.loops.evaluation.followed import OPEN, STATES, Followed
from reflex.loops.evaluation.record import did_harm, interval, judged_of, record_of
from reflex.loops.evaluation.settings import Settings
from reflex.sortable_times import text_of

CONFIDENCE_PERCENT = 90.0
"""Of the intervals of forecasts."""


class Patches(Protocol):
    """Patches against the newest releases."""

    def patch(self, loop: str, times: float) -> Patch | None:
        """A loop's threshold made so many times as great; None where there is none."""

    def number(self, layer: str) -> int | None:
        """Of the newest release of a layer."""


class EvaluationLoop:
    """Counts, intervals of shares, and a word only where these are plain."""

    name: ClassVar[str] = wording.LOOP
    facts: ClassVar[frozenset[type[Fact]]] = frozenset({*STATES, ChangeReviewed, ForecastScored, RulesCommandRefused})
    settings: ClassVar[type[LoopSettings]] = Settings

    def __init__(self, settings: Callable[[datetime], Settings], patches: Patches) -> None:
        self._settings = settings
        self._patches = patches
        self._followed: dict[str, Followed] = {}
        self._held_back: dict[str, int] = {}
        """Proposals of each loop that had to wait."""
        self._said: dict[str, dict[str, Any]] = {}
        """The last record of each author as it was published, without its time."""
        self._asked: dict[str, str] = {}
        """When each loop's settings or intervals were last spoken of."""
        self._touched: set[str] = set()
        """Authors whose record may have changed."""
        self._changed: set[str] = set()

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        def held(kind: str) -> dict[str, Mapping[str, Any]]:
            return {key.removeprefix(kind): body for key, body in state.items() if key.startswith(kind)}

        self._followed = {name: Followed.of(body) for name, body in held("proposal|").items()}
        self._held_back = {name: int(body["times"]) for name, body in held("held_back|").items()}
        self._said = {name: dict(body) for name, body in held("record|").items()}
        self._asked = {name: str(body["at"]) for name, body in held("asked|").items()}
        self._touched, self._changed = set(), set()

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        keys, self._changed = self._changed, set()
        return {key: self._body(key) for key in sorted(keys)}

    def _body(self, key: str) -> dict[str, Any] | None:
        kind, _bar, name = key.partition("|")
        if kind == "proposal":
            followed = self._followed.get(name)
            return None if followed is None else followed.body()
        if kind == "held_back":
            return {"times": self._held_back[name]}
        if kind == "asked":
            return {"at": self._asked[name]}
        return self._said.get(name)

    def observe(self, fact: Fact) -> None:
        if isinstance(fact, (RulesCommandRefused, ProposalRefused, ProposalReturned, ProposalLapsed)):
            self._failed(fact)
        if isinstance(fact, RulesCommandRefused):
            self._refused(fact)
        elif isinstance(fact, ProposalChecked):
            loop = fact.loop is not None
            self._begin(
                Followed(
                    fact.proposal_id,
                    fact.loop or fact.actor,
                    loop,
                    text_of(fact.at),
                    text_of(fact.at),
                    "checked",
                    fact.title,
                    "" if fact.reversal is None else fact.reversal.layer,
                    None if fact.reversal is None else fact.reversal.model_dump(),
                )
            )
        elif isinstance(fact, ProposalRefused):
            author, at = fact.loop or fact.actor, text_of(fact.at)
            self._begin(Followed(fact.proposal_id, author, fact.loop is not None, at, at, "refused"))
        elif isinstance(fact, ProposalFact):
            followed = self._followed.get(fact.proposal_id)
            if followed is not None:
                followed.move(fact)
                self._touch(followed)

    def _begin(self, followed: Followed) -> None:
        if followed.id not in self._followed:
            self._followed[followed.id] = followed
            self._touch(followed)

    def _touch(self, followed: Followed) -> None:
        self._touched.add(followed.author)
        self._changed.add(f"proposal|{followed.id}")

    def _refused(self, fact: RulesCommandRefused) -> None:
        """A loop's proposal must wait."""
        if fact.until is None:
            return
        self._held_back[fact.actor] = self._held_back.get(fact.actor, 0) + 1
        self._changed.add(f"held_back|{fact.actor}")
        self._touched.add(fact.actor)

    def _failed(self, fact: ProposalFact) -> None:
        """What was to take a change back is made anew where it only must wait, or where the rules moved on meanwhile;
        else people are told. Of refused commands those of others about it say nothing."""
        if isinstance(fact, RulesCommandRefused) and (fact.command, fact.actor) != (ProposeChange.type, self.name):
            return
        for followed in self._followed.values():
            if followed.asked != fact.proposal_id:
                continue
            until = fact.until if isinstance(fact, RulesCommandRefused) else None
            if until is not None or isinstance(fact, ProposalReturned):
                followed.asked, followed.ask_from = None, text_of(until or fact.at)
            else:
                followed.not_taken_back = True
            self._changed.add(f"proposal|{followed.id}")

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        settings = self._settings(now)
        self._forget(text_of(now - timedelta(days=settings.remembered_days)))
        said: list[LoopOutput] = []
        for followed in sorted((f for f in self._followed.values() if f.waits_for_review), key=lambda f: f.id):
            said += self._review(followed, now)
        for author in sorted(self._touched):
            mine = [f for f in self._followed.values() if f.author == author]
            loop = author in self._held_back or any(f.loop for f in mine)
            record = record_of(
                author, mine, self._held_back.get(author, 0), settings.remembered_days, now, loop=loop
            )  # fmt: skip
            if self._news(record):
                said.append(record)
            if loop and author != self.name:
                said += self._judge(author, mine, settings, now)
        self._touched = set()
        return said

    def _forget(self, since: str) -> None:
        for followed in [f for f in self._followed.values() if f.state not in OPEN and f.moved < since]:
            del self._followed[followed.id]
            self._touch(followed)

    def _review(self, followed: Followed, now: datetime) -> list[LoopOutput]:
        """A change whose review is due is taken back where it did harm by its own measure; else people are told."""
        score = followed.score
        if score is None or followed.ask_from > text_of(now):
            return []
        self._changed.add(f"proposal|{followed.id}")
        if followed.not_taken_back:
            followed.not_taken_back, followed.asked = False, ""
            return [wording.not_taken_back(followed, score, now)]
        number = self._patches.number(followed.layer)
        if not did_harm(score) or followed.reversal is None or number is None:
            followed.asked = ""
            return [wording.review(followed, score, now)]
        followed.asked = derived_id("proposal", self.name, followed.id, text_of(now))
        patch = Patch.model_validate({**followed.reversal, "base_number": number})
        return [wording.take_back(followed, score, patch, followed.asked)]

    def _news(self, record: TrackRecordPublished) -> bool:
        """Whether the record says anything new."""
        body = record.model_dump(mode="json", exclude={"published_at"})
        if self._said.get(record.author) == body:
            return False
        self._said[record.author] = body
        self._changed.add(f"record|{record.author}")
        return True

    def _judge(self, loop: str, mine: Sequence[Followed], settings: Settings, now: datetime) -> list[LoopOutput]:
        """A loop that is plainly too bold, or whose intervals plainly do not fit, by proposals since that was last
        said."""
        last = self._asked.get(loop, "")
        if last and now - datetime.fromisoformat(last) < timedelta(days=settings.ask_every_days):
            return []
        since = [f for f in mine if f.made >= last]
        said: list[LoopOutput] = []
        right, judged = judged_of(since)
        high = 100 * interval(right, judged)[1]
        if judged >= settings.least_judged and high < settings.poor_percent:
            said.append(self._too_bold(loop, right, judged, high, settings, now))
        for found in record_of(loop, since, 0, settings.remembered_days, now, loop=True).forecasts:
            off = found.held_high < CONFIDENCE_PERCENT or found.held_low > CONFIDENCE_PERCENT
            if found.scored >= settings.least_scored and off:
                said.append(wording.intervals(loop, found, CONFIDENCE_PERCENT, now))
        if said:
            self._asked[loop] = text_of(now)
            self._changed.add(f"asked|{loop}")
        return said

    def _too_bold(
        self, loop: str, right: int, judged: int, high: float, settings: Settings, now: datetime
    ) -> LoopOutput:
        patch = self._patches.patch(loop, settings.step_times)
        if patch is None:
            return wording.too_bold(loop, right, judged, high, now)
        proposal_id = derived_id("proposal", self.name, loop, text_of(now))
        found: ProposeChange = wording.stricter(loop, right, judged, high, patch, proposal_id)
        return found
