"""The loop `trial` with one trial, and cases that come to it one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from common.contracts.events.reflex.observations import TrialObserved
from common.contracts.events.rules import Forecast, TrialOrder
from common.contracts.patch import Patch
from common.contracts.trial import Answer, ArmDrawn, TrialPlan
from reflex.facts import (
    CaseAnswered,
    CaseOpened,
    CaseOverdue,
    CaseTransferred,
    Fact,
    ProposalAdopted,
    ProposalChecked,
    RulesCommandRefused,
    TrialEnded,
    TrialPaused,
    TrialResumed,
    TrialRolledBack,
    TrialStarted,
    TrialStepped,
)
from reflex.loop import LoopOutput
from reflex.loops.trial.loop import TrialLoop
from reflex.loops.trial.settings import Settings

START = datetime(2030, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
OLD, NEW = "yard", "signals"


class PlainAges:
    """Every day is a working day; it is known after three whether a case was handed on."""

    def handed_on(self, region: str, opened: datetime) -> datetime:
        return opened + 3 * DAY

    def deadline(self, region: str, received: datetime, minutes: int) -> datetime:
        return received + timedelta(minutes=minutes)


@dataclass
class Scene:
    table: str = "jurisdiction"
    unit: Any = "case"
    steps: tuple[float, ...] = (0.5, 1.0)
    least_outcomes: int = 30
    longest_days: int = 60
    settings: Settings = field(default_factory=Settings)
    places: Mapping[str, int] = field(default_factory=lambda: {"region": 2, "area": 4, "channel": 2})
    broken: dict[str, str] = field(default_factory=dict)
    promise: Forecast | None = None
    numbers: int = 0
    said: list[LoopOutput] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.loop = self.fresh()
        checked = ProposalChecked(id="checked", at=START - DAY, proposal_id="p", forecast=self.promise)
        if self.promise is not None:
            self.loop.observe(checked)
        self.loop.observe(self.started())

    def fresh(self) -> TrialLoop:
        """Another loop, as after a restart."""
        return TrialLoop(
            lambda now: self.settings, PlainAges(), lambda layer: self.places, lambda layer, now: self.broken
        )

    def restart(self) -> None:
        """What the loop keeps goes to the database and comes back."""
        kept = orjson.loads(orjson.dumps(self.state()))
        self.loop = self.fresh()
        self.loop.load(kept)

    def state(self) -> dict[str, Any]:
        """All that is kept, as if every key had changed."""
        self._kept = {**getattr(self, "_kept", {}), **self.loop.changed()}
        self._kept = {key: body for key, body in self._kept.items() if body is not None}
        return dict(self._kept)

    def started(self) -> TrialStarted:
        patch = Patch(layer="national", base_number=1, table=self.table, changes=())
        plan = TrialPlan(
            proposal_id="p", patch=patch, reversal=patch, unit=self.unit, share=self.steps[0], steps=self.steps,
            salt="s", least_outcomes=self.least_outcomes, longest_days=self.longest_days, started_at=START,
        )  # fmt: skip
        return TrialStarted(id="start", at=START, proposal_id="p", layer="national", effective_at=START, plan=plan)

    def open(
        self, at: datetime, *, candidate: bool, share: float | None = None, area: str = "01", unit: str | None = None,
        priority: int = 2, due_days: float = 10, answers: tuple[Answer | None, Answer | None] | None = None,
        concerned: bool = True, handed_over_from: str | None = None,
    ) -> str:  # fmt: skip
        """A case that the trial concerns, with its arm."""
        self.numbers += 1
        case = f"case-{self.numbers:05}"
        known = self.steps[0] if share is None else share
        current, other = answers if answers is not None else ({"authority": OLD}, {"authority": NEW})
        arm = ArmDrawn(
            proposal_id="p", table=self.table, unit=self.unit, unit_id=unit or case,
            arm="candidate" if candidate else "current", probability=known if candidate else 1 - known, salt="s",
            current=current, candidate=other,
        )  # fmt: skip
        self.loop.observe(
            CaseOpened(
                id=f"{case}-o", at=at, case_id=case, region="north" if area < "03" else "south",
                authority=NEW if candidate else OLD, category="c", area=area, channel="web", priority=priority,
                received_at=at, due_at=at + due_days * DAY, arms=(arm,) if concerned else (),
                handed_over_from=handed_over_from,
            )
        )  # fmt: skip
        return case

    def transfer(self, case: str, at: datetime, to: str = "other") -> None:
        self._tell(CaseTransferred, at, case, authority=to, from_authority="")

    def answer(self, case: str, at: datetime) -> None:
        self._tell(CaseAnswered, at, case)

    def overdue(self, case: str, at: datetime) -> None:
        self._tell(CaseOverdue, at, case, due_at=at)

    def _tell(self, kind: Any, at: datetime, case: str, **more: Any) -> None:
        self.loop.observe(
            kind(id=f"{case}-{kind.__name__}", at=at, case_id=case, region="north", **{"authority": "a", **more})
        )

    def tick(self, now: datetime) -> list[TrialOrder]:
        """What is ordered at a tick."""
        said = list(self.loop.on_tick(now))
        self.said += said
        return [one for one in said if isinstance(one, TrialOrder)]

    @property
    def seen(self) -> list[TrialObserved]:
        """The trial as it was shown so far."""
        return [one for one in self.said if isinstance(one, TrialObserved)]

    def stepped(self, share: float, at: datetime) -> None:
        self.tell(TrialStepped(id=f"step-{share}", at=at, proposal_id="p", effective_at=at, share=share))

    def paused(self, at: datetime) -> None:
        self.tell(TrialPaused(id="pause", at=at, proposal_id="p"))

    def resumed(self, share: float, at: datetime) -> None:
        self.tell(TrialResumed(id="resume", at=at, proposal_id="p", effective_at=at, share=share))

    def ended(self, at: datetime) -> None:
        self.tell(TrialEnded(id="end", at=at, proposal_id="p"))

    def rolled_back(self, at: datetime) -> None:
        self.tell(TrialRolledBack(id="back", at=at, proposal_id="p"))

    def adopted(self, at: datetime, holdout: timedelta | None = None) -> None:
        until = None if holdout is None else at + holdout
        self.tell(ProposalAdopted(id="adopt", at=at, proposal_id="p", effective_at=at, holdout_until=until))

    def refused(self, command: str, at: datetime) -> None:
        self.tell(RulesCommandRefused(id=f"no-{at}", at=at, proposal_id="p", command=command))

    def tell(self, fact: Fact) -> None:
        self.loop.observe(fact)

    def many(
        self, number: int, at: datetime, *, candidate: bool, transferred: int, share: float | None = None,
        area: str = "01", unit: str | None = None, to: str = "other",
    ) -> None:  # fmt: skip
        """Cases that open together, of which the first `transferred` are handed on an hour later."""
        for count in range(number):
            case = self.open(at, candidate=candidate, share=share, area=area, unit=unit)
            if count < transferred:
                self.transfer(case, at + timedelta(hours=1), to)

    def both(
        self, at: datetime, current: tuple[int, int], candidate: tuple[int, int], share: float | None = None
    ) -> None:
        """Cases of both arms and how many of them are handed on, evenly mixed as chance would on average."""
        order = []
        for has_change, (cases, moved) in ((False, current), (True, candidate)):
            for number in range(cases):
                handed_on = (number + 1) * moved // cases > number * moved // cases
                order.append(((number + 0.5) / cases, has_change, handed_on))
        for _, has_change, handed_on in sorted(order):
            self.many(1, at, candidate=has_change, transferred=int(handed_on), share=share)
