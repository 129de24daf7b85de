"""Watches the outcomes of both arms of every running trial and orders its next share, adoption, roll back or end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from common.contracts.trial import TrialStop

from reflex.facts import (
    CaseAnswered,
    CaseConfirmed,
    CaseDeclined,
    CaseFact,
    CaseJoined,
    CaseOpened,
    CaseOverdue,
    CaseOverdueWithdrawn,
    CaseRated,
    CaseReopened,
    CaseTransferred,
    CaseWithdrawn,
    Fact,
    ProposalAdopted,
    ProposalChecked,
    ProposalFact,
    ProposalLapsed,
    ProposalRefused,
    ProposalRejected,
    ProposalReturned,
    ProposalWithdrawn,
    RulesCommandRefused,
    TrialEnded,
    TrialPaused,
    TrialResumed,
    TrialRolledBack,
    TrialStarted,
    TrialStepped,
)
from reflex.loop import LoopOutput, LoopSettings
from reflex.loops.trial import wording
from reflex.loops.trial.answers import has_no_answer, is_longer
from reflex.loops.trial.arm_tally import EVERYWHERE
from reflex.loops.trial.case_ages import Ages, watched
from reflex.loops.trial.case_life import CaseLife
from reflex.loops.trial.guarding import Places, guards_of_trial
from reflex.loops.trial.judgement import judge
from reflex.loops.trial.measures import ROUTES, aim_of, guards_of
from reflex.loops.trial.observation import in_short, notable, observed
from reflex.loops.trial.proposed import Proposed
from reflex.loops.trial.settings import Settings, SettingsAt
from reflex.loops.trial.trial import SLOWER, Trial
from reflex.loops.trial.watched_case import CaseArm, WatchedCase, WatchedCases, share_of
from reflex.sortable_times import text_of

LONGEST_DETAIL = 500
"""Characters of why a trial must end at once."""
SETTLED = (ProposalRejected, ProposalRefused, ProposalReturned, ProposalWithdrawn, ProposalLapsed)


Broken = Callable[[str, datetime], Mapping[str, str]]
"""(layer, time) to why a trial cannot be carried out, by proposal."""


class TrialLoop:
    """Bets on the arms of cases, given their outcomes; see README.md."""

    name: ClassVar[str] = wording.LOOP
    facts: ClassVar[frozenset[type[Fact]]] = frozenset(
        {
            CaseOpened, CaseTransferred, CaseJoined, CaseAnswered, CaseDeclined, CaseWithdrawn, CaseConfirmed,
            CaseReopened, CaseRated, CaseOverdue, CaseOverdueWithdrawn, ProposalChecked, TrialStarted, TrialStepped,
            TrialPaused, TrialResumed, TrialRolledBack, TrialEnded, ProposalAdopted, RulesCommandRefused, *SETTLED,
        }
    )  # fmt: skip
    settings: ClassVar[type[LoopSettings]] = Settings

    def __init__(self, settings: SettingsAt, ages: Ages, places: Places, broken: Broken) -> None:
        self._settings = settings
        self._ages = ages
        self._places = places
        self._broken = broken
        self._trials: dict[str, Trial] = {}
        self._cases = WatchedCases()
        self._proposed: dict[str, Proposed] = {}
        """By the id of a proposal, until its trial begins."""
        self._changed: set[str] = set()
        self._life = CaseLife(settings, self._cases)
        self._trial_moves: dict[type[Fact], Callable[[Trial, Any], None]] = {
            TrialStepped: lambda trial, fact: trial.begin_share(fact.share, fact.effective_at),
            TrialResumed: lambda trial, fact: trial.begin_share(fact.share, fact.effective_at),
            TrialPaused: self._paused,
            TrialRolledBack: self._ended,
            TrialEnded: self._ended,
            ProposalAdopted: self._adopted,
            RulesCommandRefused: self._refused,
        }

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        self._trials = {key.removeprefix("trial|"): Trial.of(b) for key, b in state.items() if key.startswith("trial|")}
        self._proposed = {
            key.removeprefix("serves|"): Proposed.of(b) for key, b in state.items() if key.startswith("serves|")
        }
        self._cases.load({key.removeprefix("case|"): b for key, b in state.items() if key.startswith("case|")})
        self._changed = set()

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        keys, self._changed = self._changed, set()
        return {key: self._body(key) for key in sorted(keys)}

    def _body(self, key: str) -> dict[str, Any] | None:
        kind, _, name = key.partition("|")
        if kind == "trial":
            trial = self._trials.get(name)
            return None if trial is None else trial.body()
        if kind == "serves":
            return self._proposed[name].body() if name in self._proposed else None
        case = self._cases.get(name)
        return None if case is None else case.body()

    def observe(self, fact: Fact) -> None:
        if isinstance(fact, CaseFact):
            self._of_case(fact)
        elif isinstance(fact, ProposalFact):
            self._of_proposal(fact)

    def _of_case(self, fact: CaseFact) -> None:
        if isinstance(fact, CaseOpened):
            if self._trials or fact.arms:
                self._opened(fact)
            return
        case = self._cases.get(fact.case_id)
        if case is None:
            return
        # What is due before it is counted as the case was then.
        self._count(text_of(fact.at))
        self._changed.add(f"case|{case.case_id}")
        if isinstance(fact, CaseJoined):
            self._cases.drop(case.case_id)
            return
        if isinstance(fact, CaseTransferred):
            self._handed_on(case, fact)
        self._life.take(case, fact)

    def _of_proposal(self, fact: ProposalFact) -> None:
        proposal = fact.proposal_id
        if isinstance(fact, ProposalChecked):
            self._proposed[proposal] = Proposed.of_fact(fact)
            self._changed.add(f"serves|{proposal}")
            return
        if isinstance(fact, TrialStarted):
            self._started(fact)
        elif (trial := self._trials.get(proposal)) is not None and type(fact) in self._trial_moves:
            self._count(text_of(fact.at))
            self._trial_moves[type(fact)](trial, fact)
            self._changed.add(f"trial|{proposal}")
        no_more = isinstance(fact, (TrialStarted, ProposalAdopted, *SETTLED))
        if no_more and self._proposed.pop(proposal, None) is not None:
            self._changed.add(f"serves|{proposal}")

    def _started(self, fact: TrialStarted) -> None:
        if fact.proposal_id in self._trials:
            return
        plan = fact.plan
        proposed = self._proposed.get(fact.proposal_id, Proposed())
        aim = aim_of(plan.patch.table, proposed.values)
        self._trials[fact.proposal_id] = Trial.planned(
            plan,
            fact.layer,
            fact.effective_at,
            aim,
            guards_of(plan.guards),
            proposed.promise,
            self._settings(fact.at).least_need,
        )
        self._changed.add(f"trial|{fact.proposal_id}")

    def _paused(self, trial: Trial, fact: TrialPaused) -> None:
        trial.phase, trial.ordered = "paused", ""

    def _ended(self, trial: Trial, fact: Fact) -> None:
        trial.phase = "over"

    def _adopted(self, trial: Trial, fact: ProposalAdopted) -> None:
        if fact.holdout_until is None:
            trial.phase = "over"
        else:
            trial.begin_holdout(fact.effective_at, fact.holdout_until)

    def _refused(self, trial: Trial, fact: RulesCommandRefused) -> None:
        if fact.command == trial.ordered:
            pause = timedelta(days=self._settings(fact.at).retry_days)
            trial.ordered, trial.refused, trial.quiet_until = "", fact.command, text_of(fact.at + pause)

    def _opened(self, fact: CaseOpened) -> None:
        if fact.handed_over_from:
            # It was drawn, and is counted, where it was before.
            return
        opened, arms = text_of(fact.at), []
        for drawn in fact.arms:
            arm = CaseArm(
                drawn.proposal_id, drawn.unit_id, drawn.arm == "candidate", share_of(drawn),
                str((drawn.current or {}).get("authority", "")),
            )  # fmt: skip
            trial = self._trials.get(arm.proposal)
            if trial is not None and has_no_answer(drawn):
                self._stop(trial, "cannot_decide", f"it has no answer for case {fact.case_id}")
            if 0 < arm.share < 1:
                arms.append(arm)
            if trial is not None and (longer := is_longer(drawn)) is not None:
                trial.learn_length(longer=longer)
        case = watched(fact, opened, arms, self._settings(fact.at), self._ages) if arms else None
        new = case is not None and self._cases.add(case)
        if new:
            self._changed.add(f"case|{fact.case_id}")
        own = {arm.proposal: arm for arm in arms} if new else {}
        about = {drawn.proposal_id for drawn in fact.arms}
        for trial in self._trials.values():
            mine = own.get(trial.proposal)
            if mine is not None and trial.concerns(mine, opened):
                trial.draw(mine)
            elif trial.proposal not in about and trial.table == ROUTES and trial.phase != "over":
                trial.volume.pass_by(fact.authority)
            else:
                continue
            self._changed.add(f"trial|{trial.proposal}")

    def _stop(self, trial: Trial, why: TrialStop, detail: str) -> None:
        if trial.stop is None and trial.phase in ("running", "holdout"):
            trial.stop, trial.stop_detail = why, detail[:LONGEST_DETAIL]
            self._changed.add(f"trial|{trial.proposal}")

    def _handed_on(self, case: WatchedCase, fact: CaseTransferred) -> None:
        """An urgent case that the candidate took from the right authority ends its trial at once. One that neither rule
        would have given to the right one says nothing about the change."""
        if "transferred" not in case.due or case.priority < self._settings(fact.at).safety_priority:
            return
        for arm in case.arms:
            trial = self._trials.get(arm.proposal)
            if trial is None or not trial.concerns(arm, case.opened):
                continue
            if arm.candidate and trial.table == ROUTES and arm.instead == fact.authority:
                self._stop(trial, "safety", case.case_id)

    def _count(self, before: str) -> None:
        """Count what is due before a time, in order of (time, case, measure)."""
        for case, measure in self._cases.due(before):
            self._changed.add(f"case|{case.case_id}")
            places = (EVERYWHERE, f"region:{case.region}", f"area:{case.area}", f"channel:{case.channel}")
            for arm in case.arms:
                trial = self._trials.get(arm.proposal)
                if trial is None or not trial.concerns(arm, case.opened):
                    continue
                bad = case.outcome(measure)
                if bad is None or (measure == SLOWER and SLOWER not in trial.guards):
                    continue
                trial.count(measure, arm, bad, places)
                if measure == "overdue" and not arm.candidate:
                    trial.need.count(only_longer=case.kept_only_longer())
                self._changed.add(f"trial|{trial.proposal}")
                if measure == "transferred" and trial.table == ROUTES and trial.by_case:
                    trial.volume.end(case.holder, candidate=arm.candidate)

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        """Count what is due, order what follows, and show every trial that has changed notably."""
        self._count(text_of(now))
        said: list[LoopOutput] = []
        settings = self._settings(now)
        for trial in sorted(self._trials.values(), key=lambda t: t.proposal):
            if text_of(now) < trial.started:
                continue
            self._look(trial, settings, now)
            guards = list(guards_of_trial(trial, settings, self._places(trial.layer)))
            order = judge(trial, settings, guards, now)
            if order is not None:
                trial.ordered = order.type
                said.append(order)
                self._changed.add(f"trial|{trial.proposal}")
            short = in_short(trial, guards, now)
            if notable(trial.said, short, now):
                trial.said = short
                said.append(observed(trial, settings, guards, now))
                self._changed.add(f"trial|{trial.proposal}")
            if trial.phase == "over" or (trial.phase == "holdout" and text_of(now) >= trial.holdout_until):
                self._changed.add(f"trial|{trial.proposal}")
                del self._trials[trial.proposal]
        return said

    def _look(self, trial: Trial, settings: Settings, now: datetime) -> None:
        """What is not told case by case: whether its rule can be read, an office has too many, how units compare."""
        broken = self._broken(trial.layer, now).get(trial.proposal)
        if broken is not None:
            self._stop(trial, "cannot_decide", broken)
        if trial.table == ROUTES:
            office = trial.volume.too_many(settings.volume_least, settings.volume_times)
            if office is not None:
                self._stop(trial, "office_volume", office)
        looked_at = not trial.by_case and trial.phase in ("running", "holdout")
        if looked_at and trial.units.look(trial.elapsed(now), trial.share, trial.aim, trial.guards, settings.min_units):
            self._changed.add(f"trial|{trial.proposal}")
