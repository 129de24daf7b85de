"""Compares a row's limit with the time that answers take, and says when they begin to take longer.

Cases that joined another, were declined or withdrawn, or left the region say nothing about the time to answer; nor do
those to which a trial gives another limit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar

from common.contracts.envelope import derived_id
from common.contracts.events.base import Actor
from common.contracts.events.rules import ProposeChange

from reflex.facts import (
    SETBACKS,
    CaseFact,
    CaseOpened,
    Fact,
    ProposalAdopted,
    ProposalFact,
    ProposalReturned,
    RulesCommandRefused,
    is_to_be_made_anew,
)
from reflex.loop import LoopOutput, LoopSettings
from reflex.loops.deadline import wording
from reflex.loops.deadline.case_life import KINDS, CaseLife, Clock, clocks_of
from reflex.loops.deadline.drift_watch import DriftWatch
from reflex.loops.deadline.forecast import forecast_of
from reflex.loops.deadline.judgement import Estimate, Verdict, estimate, judge
from reflex.loops.deadline.rows import DeadlineRows, Decided, limit_on_trial
from reflex.loops.deadline.settings import Settings
from reflex.loops.deadline.track import Made, Track, track_key
from reflex.loops.deadline.watched import BY_RECEIPT, WatchedCase, WatchedCases
from reflex.sortable_times import text_of

LONGEST = timedelta(days=183)
"""A case is watched no longer, however late its deadline."""
MOST_DOUBLINGS = 2
CLOCKS_KEPT = 256
"""One a region, since many rows are looked at in one tick."""


class DeadlineLoop:
    """Kaplan-Meier a row, a Shiryaev-Roberts detector on the ranks of its times, one open proposal a row."""

    name: ClassVar[str] = wording.LOOP
    facts: ClassVar[frozenset[type[Fact]]] = frozenset(
        {CaseOpened, *KINDS, ProposalAdopted, ProposalReturned, *SETBACKS}
    )
    settings: ClassVar[type[LoopSettings]] = Settings

    def __init__(
        self, settings: Callable[[datetime], Settings], rows: DeadlineRows, clock: Clock,
        due: Callable[[str, datetime, int], datetime],
    ) -> None:  # fmt: skip
        """`due`: (layer, moment, working minutes) to when they are over."""
        self._settings = settings
        self._rows = rows
        self._clock = clock
        self._due = due
        self._tracks: dict[str, Track] = {}
        self._made: dict[str, Made] = {}
        self._cases = WatchedCases()
        self._life = CaseLife(self._cases, clock, lambda at: settings(at).reopened_days)
        self._clock_at_tick = lru_cache(maxsize=CLOCKS_KEPT)(clock)
        self._drift = DriftWatch(self._cases, self._clock_at_tick)
        self._changed: set[str] = set()

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        self._tracks = {key: Track.of(body) for key, body in state.items() if key.startswith("row|")}
        self._made = {key: Made(**body) for key, body in state.items() if key.startswith("made|")}
        self._cases.load({k.removeprefix("case|"): body for k, body in state.items() if k.startswith("case|")})
        self._changed = set()

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        keys, self._changed = self._changed, set()
        return {key: self._body(key) for key in sorted(keys)}

    def _body(self, key: str) -> dict[str, Any] | None:
        if key.startswith("row|"):
            return self._tracks[key].body()
        if key.startswith("made|"):
            made = self._made.get(key)
            return None if made is None else asdict(made)
        return self._cases.body(key.removeprefix("case|"))

    def observe(self, fact: Fact) -> None:
        if isinstance(fact, CaseOpened):
            self._opened(fact)
        elif isinstance(fact, CaseFact):
            case = self._cases.get(fact.case_id)
            if case is not None and self._life.take(case, fact):
                self._changed.add(f"case|{fact.case_id}")
        elif isinstance(fact, ProposalAdopted):
            self._adopted(fact)
        elif is_to_be_made_anew(fact):
            # The evidence stands.
            self._closed(fact)
        elif isinstance(fact, ProposalFact):
            self._set_back(fact)

    def _opened(self, fact: CaseOpened) -> None:
        decided = self._rows.decide(fact.region, fact.category, fact.priority, fact.at)
        if (
            decided is None
            or fact.handed_over_from is not None
            or limit_on_trial(fact.arms) not in (None, decided.minutes)
        ):
            return
        received = text_of(fact.received_at)
        track = self._track(fact, decided)
        if received < track.since:
            return
        until = min(fact.received_at + LONGEST, max(fact.due_at, fact.received_at + self._window(fact.at)))
        self._cases.add(
            WatchedCase(
                fact.case_id, track.key, fact.region, fact.area, fact.authority, received,
                self._clock(fact.region, fact.received_at), decided.minutes, text_of(fact.due_at), text_of(until),
                counted=fact.due_at > until, of_day=self._cases.received_on(track.key, received[:10]) + 1,
            )
        )  # fmt: skip
        self._changed.add(f"case|{fact.case_id}")

    def _window(self, at: datetime) -> timedelta:
        return timedelta(days=self._settings(at).window_days)

    def _track(self, fact: CaseOpened, decided: Decided) -> Track:
        """The row's track; begun anew where somebody gave the row another limit."""
        key = track_key(decided.layer, fact.category, decided.condition)
        track = self._tracks.get(key)
        if track is None:
            fit_at = text_of(fact.at + timedelta(days=self._settings(fact.at).fit_days))
            track = self._tracks[key] = Track(
                fact.category, decided.layer, decided.condition, fact.priority, decided.minutes,
                begun=text_of(fact.received_at), fit_at=fit_at,
            )  # fmt: skip
            self._changed.add(key)
        if track.limit != decided.minutes:
            self._begin(track, decided.minutes, fact.at)
        if track.cap != decided.cap:
            track.cap = decided.cap
            self._changed.add(key)
        return track

    def _begin(self, track: Track, limit: int, since: datetime) -> None:
        """Another limit is in force; one that was changed before is left alone longer each time."""
        pause = self._settings(since).dwell_days * 2 ** min(track.changes, MOST_DOUBLINGS)
        track.restart(limit, since)
        track.quiet_until = text_of(since + timedelta(days=pause))
        track.changes += 1
        self._changed.add(track.key)

    def _closed(self, fact: ProposalFact) -> tuple[Made, Track] | None:
        """The open proposal that a fact is about, which is then open no more, and its row."""
        made = self._made.pop(f"made|{fact.proposal_id}", None)
        if made is None:
            return None
        track = self._tracks[made.track]
        track.proposal = None
        self._changed |= {f"made|{made.id}", track.key}
        return made, track

    def _adopted(self, fact: ProposalAdopted) -> None:
        closed = self._closed(fact)
        if closed is not None:
            made, track = closed
            track.found = made.limit
            self._begin(track, made.limit, fact.effective_at)

    def _set_back(self, fact: ProposalFact) -> None:
        """Silence, twice as long each time, and evidence from zero."""
        if isinstance(fact, RulesCommandRefused) and fact.command != ProposeChange.type:
            return
        closed = self._closed(fact)
        if closed is None:
            return
        track, pause = closed[1], self._settings(fact.at).cooldown_days
        if isinstance(fact, RulesCommandRefused) and fact.until is not None:
            # Nobody spoke against it: the evidence stands, and it is made anew when it may be.
            track.quiet_until = max(track.quiet_until, text_of(fact.until))
            return
        track.restart(track.limit, fact.at)
        track.quiet_until = text_of(fact.at + timedelta(days=pause * 2**track.setbacks))
        track.setbacks += 1

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        """Count the deadlines that have come, in order of (time, id); then look at the rows whose turn it is."""
        settings, moment = self._settings(now), text_of(now)
        said: list[LoopOutput] = []
        for case in self._cases.deadlines(moment):
            self._changed.add(f"case|{case.case_id}")
            track = self._tracks[case.track]
            if case.stood is None and case.received >= track.since:
                self._changed.add(case.track)
                said += self._drift.count(case, track, settings, now)
        self._changed |= {f"case|{case_id}" for case_id in self._cases.ended(moment)}
        for _, track in sorted(self._tracks.items()):
            if track.drift.watches and track.drift.look_at <= moment:
                self._changed.add(track.key)
                said += self._drift.look(track, settings, now)
            if track.fit_at <= moment:
                track.fit_at = text_of(now + timedelta(days=settings.fit_days))
                self._changed.add(track.key)
                said += self._fit(track, settings, now)
        return said

    def _fit(self, track: Track, settings: Settings, now: datetime) -> list[LoopOutput]:
        moment = text_of(now)
        few = self._cases.number(track.key) < settings.min_cases
        if few or track.proposal is not None or moment < track.quiet_until:
            return []
        least = max(track.since, text_of(now - self._window(now)))
        cases = sorted((c for c in self._cases.of(track.key) if c.received >= least), key=BY_RECEIPT)
        if len(cases) < settings.min_cases:
            return []
        found = estimate(cases, track.limit, clocks_of(cases, self._clock_at_tick, now), settings, now)
        cap = track.cap if track.cap is not None else max(settings.cap_minutes, track.limit)
        verdict, limit = judge(found, track.limit, cap, settings)
        longer = verdict is Verdict.CHANGE and limit > track.limit
        nearly = settings.quantile * (1 - settings.dead_band)
        late = longer and (track.drift.alarm is not None or track.was_kept or track.kept.but_for_some_time(nearly))
        if verdict is Verdict.CAPACITY or late:
            return self._lacks(track, found, cap, cases, settings, now, late=late)
        return self._propose(track, limit, found, cases, settings, now) if verdict is Verdict.CHANGE else []

    def _lacks(
        self, track: Track, found: Estimate, cap: int, cases: Sequence[WatchedCase], settings: Settings, now: datetime,
        *, late: bool,
    ) -> list[LoopOutput]:  # fmt: skip
        """The work is late under a limit that is right: said to the authority that has most of it."""
        if text_of(now) < track.capacity_until:
            return []
        track.capacity_until = text_of(now + timedelta(days=settings.capacity_days))
        counts = Counter(c.authority for c in cases if c.missed)
        authority = min(counts, key=lambda a: (-counts[a], a))
        return [wording.capacity(track, found, cap, authority, late=late, now=now)]

    def _propose(
        self, track: Track, limit: int, found: Estimate, cases: Sequence[WatchedCase], settings: Settings, now: datetime
    ) -> list[LoopOutput]:
        patch = self._rows.patch(track.layer, track.category, track.condition, track.priority, limit)
        if patch is None:
            return []
        proposal = derived_id("proposal", track.key, str(limit), text_of(now))
        flip = track.left_within(limit, now, days=settings.flip_days, dead_band=settings.dead_band)
        words = wording.proposal(track, limit, found, flips=flip is not None)
        received = (cases[0].received, cases[-1].received)
        evidence = wording.evidence(track, limit, found, received, [c.case_id for c in cases], flip, settings.flip_days)
        longest = self._due(track.layer, now, limit) - now
        forecast = forecast_of(found.curve.share(limit), found.cases, found.cases / max(1.0, found.days), longest, now)
        command = ProposeChange(
            actor=Actor(id=self.name, role="loop"), proposal_id=proposal, words=words, patch=patch,
            title=wording.title(track, limit, flips=flip is not None), values=("timeliness",),
            scope=wording.scope(track), evidence=evidence, forecast=forecast,
            needs_person=limit > track.limit or flip is not None, loop=self.name,
        )  # fmt: skip
        track.proposal = proposal
        self._made[f"made|{proposal}"] = Made(proposal, track.key, limit)
        self._changed.add(f"made|{proposal}")
        return [wording.proposed(track, evidence, words, proposal, now), command]
