"""One trial: its plan, where it stands, and what its outcomes say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from common.contracts.trial import TrialMeasure, TrialPlan, TrialStop

from reflex.loops.trial.arm_tally import NOTHING, ArmTally
from reflex.loops.trial.need import Need
from reflex.loops.trial.office_volume import OfficeVolume
from reflex.loops.trial.promise import Promise
from reflex.loops.trial.unit_tally import UnitTally
from reflex.loops.trial.watched_case import SHARE_DIGITS, CaseArm
from reflex.sortable_times import text_of

SLOWER: TrialMeasure = "slower"
Phase = Literal["running", "paused", "holdout", "over"]
"""`holdout`: adopted, and a part keeps the rule before it; `over`: to be told once more, then forgotten."""


@dataclass(slots=True)
class Trial:
    """Times are ISO text of one zone."""

    proposal: str
    layer: str
    table: str
    unit: str
    aim: TrialMeasure
    guards: tuple[TrialMeasure, ...]
    steps: tuple[float, ...]
    least_outcomes: int
    longest_days: int
    started: str
    share: float
    since: str
    """When this share began."""
    counts_from: str
    """Cases opened before count no more."""
    drawn_before: list[int] = field(default_factory=lambda: [0, 0])
    """Cases of both arms when this share began."""
    phase: Phase = "running"
    holdout_until: str = ""
    promise: Promise | None = None
    """What the proposal has forecast of answers in time."""
    need: Need = field(default_factory=Need)
    """How many cases of the rule in force a longer deadline would be kept in, and the shorter one is not."""
    lengthens: bool | None = None
    """Whether the change gives its cases longer deadlines; None before the first case."""
    stop: TrialStop | None = None
    """Why it must end at once."""
    stop_detail: str = ""
    """The case or the office."""
    ordered: str = ""
    """The wire type of the order that nobody has answered yet."""
    quiet_until: str = ""
    """`refused` is not ordered again before."""
    refused: str = ""
    """The wire type of the order that was refused last."""
    said: dict[str, Any] = field(default_factory=dict)
    """What was published last, in short; see observation.py."""
    tally: ArmTally = field(default_factory=ArmTally)
    units: UnitTally = field(default_factory=UnitTally)
    volume: OfficeVolume = field(default_factory=OfficeVolume)

    @classmethod
    def planned(
        cls,
        plan: TrialPlan,
        layer: str,
        effective_at: datetime,
        aim: TrialMeasure,
        guards: Sequence[TrialMeasure],
        promise: Promise | None,
        least_need: float,
    ) -> Trial:
        """A trial that begins."""
        at = text_of(effective_at)
        return cls(
            proposal=plan.proposal_id, layer=layer, table=plan.patch.table, unit=plan.unit, aim=aim,
            guards=tuple(guards), steps=plan.steps, least_outcomes=plan.least_outcomes,
            longest_days=plan.longest_days, started=at, share=plan.share, since=at, counts_from=at, promise=promise,
            need=Need(least_need),
        )  # fmt: skip

    @property
    def by_case(self) -> bool:
        return self.unit == "case"

    def days(self, now: datetime) -> float:
        """Since it started."""
        return _days(self.started, now)

    def days_of_share(self, now: datetime) -> float:
        """Since this share began."""
        return _days(self.since, now)

    def elapsed(self, now: datetime) -> float:
        """Of the longest time, or of a holdout's own, as a part."""
        if self.phase == "holdout":
            return _days(self.since, now) / max(_days(self.since, datetime.fromisoformat(self.holdout_until)), 1e-9)
        return self.days(now) / self.longest_days

    @property
    def kept_promise(self) -> Promise | None:
        """What it is judged by in place of a gain: the promise of a longer deadline."""
        return self.promise if self.lengthens else None

    def share_in_time(self) -> float:
        """Of the cases that follow the change."""
        _, _, cases, late = self.tally.counted.get("overdue", NOTHING)
        return 1 - late / cases if cases else 0.0

    def concerns(self, arm: CaseArm, opened: str) -> bool:
        """Whether a case counts: both arms were possible for it, and it is of this part of the trial."""
        return self.phase != "over" and 0 < arm.share < 1 and opened >= self.counts_from

    def draw(self, arm: CaseArm) -> None:
        """A case was decided by one of both rules."""
        self.tally.drawn[arm.candidate] += 1
        if self.phase == "holdout":
            self.share = arm.share
        if not self.by_case:
            self.units.drawn[arm.unit] = arm.candidate

    def learn_length(self, *, longer: bool) -> None:
        """Of a case to which both rules give deadlines that differ."""
        self.lengthens = longer and self.lengthens is not False
        if self.lengthens and SLOWER not in self.guards:
            self.guards = (*self.guards, SLOWER)

    def count(self, measure: TrialMeasure, arm: CaseArm, bad: bool, places: tuple[str, ...]) -> None:
        """One case, at its age."""
        tally, candidate = self.tally, arm.candidate
        if not self.by_case:
            if arm.share == round(self.share, SHARE_DIGITS):
                self.units.count(measure, arm.unit, bad=bad)
        else:
            if measure == self.aim:
                tally.bet_on_gain(measure, bad=bad, candidate=candidate, share=arm.share)
            if measure in self.guards:
                tally.bet_on_harm(measure, places, bad=bad, candidate=candidate, share=arm.share)
        if measure == "overdue" and candidate and self.promise is not None:
            self.promise.count(in_time=not bad)
        tally.count(measure, bad=bad, candidate=candidate, share=arm.share)

    def begin_share(self, share: float, at: datetime) -> None:
        """Another share, or the same one after a pause; what was counted stays."""
        self.share, self.since, self.phase = share, text_of(at), "running"
        self.drawn_before, self.ordered = list(self.tally.drawn), ""
        self.units.restart()

    def begin_holdout(self, at: datetime, until: datetime) -> None:
        """The change is adopted: its guards begin anew, on the cases from now on."""
        self.phase, self.since, self.counts_from = "holdout", text_of(at), text_of(at)
        self.holdout_until, self.ordered, self.drawn_before = text_of(until), "", [0, 0]
        self.tally, self.units, self.volume = ArmTally(), UnitTally(), OfficeVolume()
        if self.promise is not None:
            self.promise.log = 0.0

    def body(self) -> dict[str, Any]:
        """The state, of what orjson can write."""
        apart = ("tally", "units", "volume", "promise", "need")
        plain = {name: getattr(self, name) for name in self.__slots__ if name not in apart}
        return {
            **plain, "tally": self.tally.body(), "units": asdict(self.units), "volume": asdict(self.volume),
            "promise": None if self.promise is None else asdict(self.promise), "need": asdict(self.need),
        }  # fmt: skip

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Trial:
        """The inverse of `body`."""
        kept = dict(body)
        tally, units, volume = kept.pop("tally"), kept.pop("units"), kept.pop("volume")
        promise = kept.pop("promise", None)
        kept["need"] = Need(**kept.pop("need", {}))
        kept["promise"] = None if promise is None else Promise(**promise)
        kept["guards"], kept["steps"] = tuple(kept["guards"]), tuple(kept["steps"])
        return cls(**kept, tally=ArmTally.of(tally), units=UnitTally(**units), volume=OfficeVolume(**volume))


def _days(since: str, now: datetime) -> float:
    return (now - datetime.fromisoformat(since)) / timedelta(days=1)
