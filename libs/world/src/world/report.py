"""What became of a run: an account of every message, and what the rules and the desks did. Pure folds over events."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from common.contracts.case_life import OPEN
from common.contracts.events import archive, channel, deliberation, region, routing, rules
from common.contracts.events.base import Event
from common.contracts.events.reflex.prevention import PreventionEvent, ReflexCommandRefused
from common.contracts.parts import part_case_id

from world.planted_change import NotPlanted, PlantedCourse
from world.prevention import PreventionCourse

Cell = tuple[str, str]
"""(category, area)."""
STEPS = (
    rules.ProposalChecked, rules.ProposalRefused, rules.ProposalReturned, rules.ProposalWithdrawn,
    deliberation.DeliberationOpened, deliberation.StandingConsentUsed, deliberation.DeliberationClosed,
    rules.ProposalAccepted, rules.ProposalRejected, rules.ProposalLapsed, rules.TrialWaits, rules.TrialStarted,
    rules.TrialStepped, rules.TrialPaused, rules.TrialResumed, rules.TrialRolledBack, rules.TrialEnded,
    rules.ProposalAdopted, archive.ForecastScored, rules.ReviewFell, rules.ChangeReviewed,
)  # fmt: skip
"""What a proposal goes through."""

REFUSED = (
    region.CommandRefused, routing.RoutingCommandRefused, rules.RulesCommandRefused, ReflexCommandRefused,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Balance:
    """Every acknowledged message is in exactly one of the places; `unaccounted` names those that are in none."""

    acknowledged: int
    opened: int
    joined_before: int
    refused: int
    waiting: int
    dead: int
    unaccounted: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """acknowledged = opened + joined before opening + refused + waiting in triage + dead-lettered."""
        parts = self.opened + self.joined_before + self.refused + self.waiting + self.dead
        return self.acknowledged == parts and not self.unaccounted


def balance(
    acknowledged: Mapping[str, str],
    opened: set[str],
    joined_messages: set[str],
    refused: set[str],
    waiting: set[str],
    dead: set[str],
) -> Balance:
    """`acknowledged`: case id -> message id of what began it. The other sets hold case ids, or message ids.

    A message is counted at the first of: opened, joined, refused, waiting, dead.
    """
    counts: Counter[str] = Counter()
    lost = []
    for case_id, message_id in acknowledged.items():
        both = {case_id, message_id}
        places = (
            ("opened", opened), ("joined", joined_messages), ("refused", refused), ("waiting", waiting), ("dead", dead),
        )  # fmt: skip
        place = next((name for name, ids in places if both & ids), None)
        if place is None:
            lost.append(case_id)
        else:
            counts[place] += 1
    return Balance(
        len(acknowledged), counts["opened"], counts["joined"], counts["refused"], counts["waiting"], counts["dead"],
        tuple(sorted(lost)),
    )  # fmt: skip


@dataclass(slots=True)
class _Case:
    region: str
    cell: Cell
    first_authority: str
    opened_at: datetime
    state: str
    overdue: bool = False
    """A deadline of it was missed, the present one or an earlier one."""
    late: bool = False
    """The present deadline is missed."""
    transfers: int = 0
    misrouted: bool = False


@dataclass
class Ledger:
    """Keeps count while the run goes on."""

    planted: frozenset[Cell] = frozenset()
    planted_change: PlantedCourse | NotPlanted | None = None
    """None where the federation plans none."""
    acknowledged: dict[str, str] = field(default_factory=dict)
    verdicts: int = 0
    cases: dict[str, _Case] = field(default_factory=dict)
    joined_messages: set[str] = field(default_factory=set)
    joins: int = 0
    refused: set[str] = field(default_factory=set)
    asked: dict[str, str] = field(default_factory=dict)
    """Why a case came into triage."""
    declined: Counter[str] = field(default_factory=Counter)
    """Messages that triage declined, by why they had come there."""
    divided: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Messages that a person divided, with the cases of their parts."""
    waiting: set[str] = field(default_factory=set)
    transfers: Counter[Cell] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    verdict_counts: Counter[str] = field(default_factory=Counter)
    commands_refused: Counter[str] = field(default_factory=Counter)
    voices: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """By proposal and stance."""
    prevention: PreventionCourse = field(default_factory=PreventionCourse)
    proposals: dict[str, dict[str, Any]] = field(default_factory=dict)

    def acknowledge(self, case_id: str, message_id: str) -> None:
        """Kafka or the HTTP edge has taken a first message."""
        self.acknowledged[case_id] = message_id

    def note(self, event: Event, time: datetime, true_authority: str | None = None) -> None:
        """Count one event; `true_authority` is the log's word on whose the case is."""
        if isinstance(self.planted_change, PlantedCourse):
            self.planted_change.note(event, time, true_authority)
        if isinstance(event, region.CaseOpened):
            self._opened(event, time, true_authority)
        elif isinstance(event, region.CaseEvent):
            self._changed(event)
        elif isinstance(event, routing.TriageRequested):
            self.waiting.add(event.case_id)
            self.asked[event.case_id] = event.reason
        elif isinstance(event, routing.TriageAnswered):
            self.waiting.discard(event.case_id)
        elif isinstance(event, routing.TriageDeclined):
            self.waiting.discard(event.case_id)
            self.refused.add(event.case_id)
            self.declined[self.asked.get(event.case_id, "unknown")] += 1
        elif isinstance(event, routing.MessageSplit):
            self.waiting.discard(event.case_id)
            self.divided[event.case_id] = tuple(part_case_id(event.case_id, n + 1) for n in range(len(event.parts)))
        elif isinstance(event, routing.ThanksReceived | channel.NoticeIssued):
            self.refused.add(event.case_id)
        elif isinstance(event, deliberation.VoiceCounted):
            self.voices[event.proposal_id][event.stance] += 1
        elif isinstance(event, PreventionEvent):
            self.prevention.note(event)
        elif isinstance(event, REFUSED):
            self.commands_refused[f"{event.command}: {event.reason[:120]}"] += 1
        else:
            self._proposal(event, time)

    def _opened(self, event: region.CaseOpened, time: datetime, true_authority: str | None) -> None:
        known = self.cases.get(event.case_id)
        if known is not None:
            known.region, known.state = event.region, event.state
            return
        wrong = true_authority is not None and event.authority != true_authority
        self.cases[event.case_id] = _Case(
            event.region, (event.category, event.area), event.authority, time, event.state, misrouted=wrong
        )

    def _changed(self, event: region.CaseEvent) -> None:
        case = self.cases.get(event.case_id)
        if case is None:
            return
        case.state = event.state
        if isinstance(event, region.CaseTransferred):
            case.transfers += 1
            self.transfers[case.cell] += 1
        elif isinstance(event, region.CaseOverdue):
            case.overdue = case.late = True
        elif isinstance(event, region.CaseJoined):
            self.joins += 1
        elif isinstance(event, region.MessageJoined):
            self.joined_messages.add(event.message_id)
        elif isinstance(event, region.CaseAnswered):
            self.answered["on time" if event.on_time else "late"] += 1
        if isinstance(event, region.CaseReopened):
            case.late = False
        if isinstance(event, region.CaseConfirmed | region.CaseReopened | region.CaseWithdrawn):
            self.verdict_counts[event.state if not isinstance(event, region.CaseReopened) else "reopened"] += 1

    def _proposal(self, event: Event, time: datetime) -> None:
        if not isinstance(event, STEPS):
            return
        proposal_id = event.proposal_id
        held = self.proposals.setdefault(proposal_id, {"id": proposal_id, "title": "", "steps": []})
        step = event.type.removeprefix("rules.").removeprefix("proposal.").removesuffix(".v1").replace(".", " ")
        held["steps"].append({"step": step, "at": time.isoformat()})
        held["state"] = step
        if isinstance(event, rules.ProposalChecked):
            rows = [(c.after or c.before or {}) for c in event.patch.changes]
            held |= {
                "title": event.title, "loop": event.loop, "layer": event.patch.layer, "table": event.patch.table,
                "rows": rows, "scope": event.scope, "cells": (cells := _cells(event)),
                "planted": any((c["category"], c["area"]) in self.planted for c in cells),
            }  # fmt: skip
        elif isinstance(event, rules.TrialRolledBack | rules.TrialEnded):
            held["reason"] = event.reason
        elif isinstance(event, archive.ForecastScored):
            held["score"] = event.model_dump(mode="json", include={"verdict", "expected", "low", "high", "actual"})
        elif isinstance(event, rules.ProposalRefused | rules.ProposalReturned):
            held["reason"] = event.reason
            held["title"] = held["title"] or getattr(event, "title", "")

    def balance(self, dead: Iterable[str]) -> Balance:
        """The account of all messages."""
        opened, placed = set(self.cases), {*self.cases, *self.refused, *self.waiting}
        opened |= {case_id for case_id, parts in self.divided.items() if placed.issuperset(parts)}
        return balance(
            self.acknowledged, opened, self.joined_messages, self.refused, self.waiting, set(dead)
        )  # fmt: skip

    def report(self, dead: Mapping[str, int] | None, lost: Iterable[str]) -> dict[str, Any]:
        """The report as JSON can hold it. `dead`: dead letters by reason, None where the run may not read them;
        `lost`: case and message ids that lie in them.
        """
        found = self.balance(lost)
        mine = list(self.cases.values())
        by_month: dict[str, Counter[str]] = {}
        for case in mine:
            if case.cell in self.planted:
                month = by_month.setdefault(f"{case.opened_at:%Y-%m}", Counter())
                month["cases"] += 1
                month["misrouted"] += case.misrouted
                month["transferred"] += case.transfers > 0
        return {
            "balance": {
                "acknowledged": found.acknowledged,
                "opened": found.opened,
                "joined_before_opening": found.joined_before,
                "refused": found.refused,
                "waiting_in_triage": found.waiting,
                "dead_lettered": found.dead,
                "holds": found.holds,
                "unaccounted": list(found.unaccounted[:100]),
            },
            "declined_in_triage": dict(self.declined.most_common()),
            "joined_later": self.joins,
            "verdicts_sent": self.verdicts,
            "verdicts": dict(sorted(self.verdict_counts.items())),
            "answered": dict(sorted(self.answered.items())),
            "cases": _by_region(mine),
            "still_open": _open_by_region(mine),
            "overdue": sum(c.overdue for c in mine),
            "misrouted": sum(c.misrouted for c in mine),
            "transfers": [
                {"category": c, "area": a, "transfers": n}
                for (c, a), n in sorted(self.transfers.items(), key=lambda kv: (-kv[1], kv[0]))
            ],
            "planted_by_month": {m: dict(c) for m, c in sorted(by_month.items())},
            "planted_change": None if self.planted_change is None else self.planted_change.report(),
            "proposals": sorted(
                ({**p, "voices": dict(self.voices.get(p["id"], {}))} for p in self.proposals.values()),
                key=lambda p: (p["steps"][0]["at"], p["id"]),
            ),
            "prevention": self.prevention.report(),
            "refused_commands": self.commands_refused.total(),
            "commands_refused": dict(self.commands_refused.most_common(50)),
            "dead_letters": None if dead is None else dict(sorted(dead.items())),
        }


def _open_by_region(cases: Iterable[_Case]) -> dict[str, dict[str, int]]:
    """What a region still owes an answer at the log's end, and how much of it is late."""
    found: dict[str, Counter[str]] = {}
    for case in cases:
        if case.state in OPEN:
            counts = found.setdefault(case.region, Counter(open=0, late=0))
            counts["open"] += 1
            counts["late"] += case.late
    return {name: dict(counts) for name, counts in sorted(found.items())}


def _cells(event: rules.ProposalChecked) -> list[dict[str, str]]:
    """The cells of a loop's proposal, each with who has it and who should; none of a person's."""
    names = ("category", "area", "current", "target")
    return [{n: str(c.get(n, "")) for n in names} for c in event.evidence.get("cells", ())]


def _by_region(cases: Iterable[_Case]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for case in cases:
        found.setdefault(case.region, Counter())[case.state] += 1
    return {name: dict(sorted(counts.items())) for name, counts in sorted(found.items())}
