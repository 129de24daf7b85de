"""Where a category in an area keeps ending at another authority than the rule names, the rule should name that one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from common.envelope import derived_id
from common.events.base import Actor
from common.events.reflex import FindingMade
from common.events.region import CaseJoined, CaseOpened, CaseTransferred
from common.events.rules import (
    Forecast,
    ProposalAdopted,
    ProposalRefused,
    ProposalRejected,
    ProposalReturned,
    ProposalWithdrawn,
    ProposeChange,
)
from common.rulebook.patch import Patch

from reflex.loops.detector import Detector, beats, since_change

NAME = "misrouting"
PENDING, PROPOSALS = "pending", "proposals"
KEPT_OUTCOMES = 40
HORIZON_DAYS = 60
CLARIFY_EVERY = timedelta(days=30)
NOT_ADOPTED = {ProposalRejected.type, ProposalRefused.type, ProposalReturned.type, ProposalWithdrawn.type}

Said = FindingMade | ProposeChange


@dataclass(frozen=True, slots=True)
class Settings:
    """The loop's own rules, from table loop_settings."""

    sr_threshold: float = 10_000
    win_probability: float = 0.95
    min_cases: int = 5
    cooldown_days: int = 14
    background_rate: float = 0.08


@dataclass(slots=True)
class Cell:
    """One category in one area, as long as the rule names `current` for it."""

    category: str
    area: str
    region: str
    current: str
    mixture: list[float] = field(default_factory=lambda: Detector.fresh(0.1).mixture)
    outcomes: list[tuple[str, str, str]] = field(default_factory=list)
    """(end, case id, time of outcome), newest last."""
    open_proposal: str | None = None
    quiet_until: str | None = None
    setbacks: int = 0

    @property
    def key(self) -> str:
        return f"cell|{self.category}|{self.area}"

    def restart(self, current: str) -> None:
        """A release touched its row: what was seen under the old one says nothing about the new."""
        self.current, self.outcomes, self.open_proposal = current, [], None
        self.mixture = Detector.fresh(0.1).mixture


@dataclass(frozen=True, slots=True)
class Winner:
    """What the cases since the change say."""

    target: str
    wins: int
    losses: int
    probability: float
    cases: tuple[str, ...]
    first: str
    last: str


Patcher = Callable[[str, str, str, str, datetime], Patch | None]
"""(region, category, area, target, now) to a patch of jurisdiction; None when the rule says so already."""


class MisroutingLoop:
    """Shiryaev-Roberts a cell, a winner test on the cases since the change, one proposal a cell at a time."""

    def __init__(self, settings: Callable[[datetime], Settings], patcher: Patcher) -> None:
        self._settings = settings
        self._patcher = patcher
        self._cells: dict[str, Cell] = {}
        self._pending: dict[str, dict[str, Any]] = {}
        self._proposals: dict[str, str] = {}
        self._changed: set[str] = set()

    def load(self, state: Mapping[str, dict[str, Any]]) -> None:
        """Take up saved state, all of it."""
        self._pending = dict(state.get(PENDING, {}))
        self._proposals = dict(state.get(PROPOSALS, {}))
        self._cells = {}
        for key, body in state.items():
            if key.startswith("cell|"):
                outcomes = [(str(o[0]), str(o[1]), str(o[2])) for o in body["outcomes"]]
                self._cells[key] = Cell(**{**body, "outcomes": outcomes})
        self._changed = set()

    def changed(self) -> Mapping[str, dict[str, Any]]:
        keys, self._changed = self._changed, set()
        found = {key: asdict(self._cells[key]) for key in keys if key in self._cells}
        if PENDING in keys:
            found[PENDING] = dict(self._pending)
        if PROPOSALS in keys:
            found[PROPOSALS] = dict(self._proposals)
        return found

    def observe(self, fact: Mapping[str, Any]) -> None:
        kind, case_id = fact["type"], str(fact.get("case_id", ""))
        if kind == CaseOpened.type:
            if not fact.get("by_hand") and not fact.get("handed_over_from"):
                self._open(fact, case_id)
        elif kind == CaseTransferred.type and case_id in self._pending:
            self._pending[case_id]["holder"] = fact["authority"]
            self._changed.add(PENDING)
        elif kind == CaseJoined.type and self._pending.pop(case_id, None) is not None:
            self._changed.add(PENDING)
        elif kind in NOT_ADOPTED or kind == ProposalAdopted.type:
            self._settle(fact, adopted=kind == ProposalAdopted.type)

    def _open(self, fact: Mapping[str, Any], case_id: str) -> None:
        key = f"cell|{fact['category']}|{fact['area']}"
        cell = self._cells.get(key)
        authority = str(fact["authority"])
        if cell is None:
            cell = self._cells[key] = Cell(str(fact["category"]), str(fact["area"]), str(fact["region"]), authority)
            self._changed.add(key)
        elif cell.current != authority:
            cell.restart(authority)
            self._changed.add(key)
        self._pending[case_id] = {"cell": key, "routed": authority, "holder": authority, "due": fact["outcome_at"]}
        self._changed.add(PENDING)

    def _settle(self, fact: Mapping[str, Any], *, adopted: bool) -> None:
        key = self._proposals.pop(str(fact["proposal_id"]), None)
        cell = self._cells.get(key or "")
        if key is None or cell is None:
            return
        cell.open_proposal = None
        if not adopted:
            now = datetime.fromisoformat(str(fact["at"]))
            pause = self._settings(now).cooldown_days * 2**cell.setbacks
            cell.setbacks += 1
            cell.restart(cell.current)
            cell.quiet_until = (now + timedelta(days=pause)).isoformat()
        self._changed |= {key, PROPOSALS}

    def on_tick(self, now: datetime) -> Sequence[Said]:
        settings = self._settings(now)
        due = sorted((p["due"], c) for c, p in self._pending.items() if datetime.fromisoformat(p["due"]) <= now)
        said: list[Said] = []
        for _, case_id in due:
            case = self._pending.pop(case_id)
            cell = self._cells[case["cell"]]
            if case["routed"] == cell.current:
                said += self._count(cell, case_id, case, settings, now)
            self._changed |= {PENDING, cell.key}
        return said

    def _count(self, cell: Cell, case_id: str, case: dict[str, Any], settings: Settings, now: datetime) -> list[Said]:
        detector = Detector(max(0.03, settings.background_rate), cell.mixture)
        value = detector.observe(case["holder"] != cell.current)
        cell.outcomes = [*cell.outcomes[-KEPT_OUTCOMES + 1 :], (case["holder"], case_id, case["due"])]
        quiet = cell.quiet_until is not None and now < datetime.fromisoformat(cell.quiet_until)
        if value < settings.sr_threshold or cell.open_proposal is not None or quiet:
            return []
        winner = winner_of(cell)
        if winner is None or winner.wins < settings.min_cases or winner.probability <= settings.win_probability:
            if len(cell.outcomes) < 2 * settings.min_cases:
                return []
            cell.quiet_until = (now + CLARIFY_EVERY).isoformat()
            return [self._clarify(cell, value, now)]
        patch = self._patcher(cell.region, cell.category, cell.area, winner.target, now)
        return [] if patch is None else self._propose(cell, winner, patch, value, now)

    def _clarify(self, cell: Cell, value: float, now: datetime) -> FindingMade:
        ends = Counter(end for end, _, _ in cell.outcomes)
        return FindingMade(
            loop=NAME, key=cell.key, kind="clarify",
            words=f"{cell.category} in {cell.area} often leaves {cell.current}, but no one authority takes it:"
            " clarify the category or ask one more question",
            numbers={"statistic": round(value), "ends": dict(ends)}, found_at=now,
        )  # fmt: skip

    def _propose(self, cell: Cell, winner: Winner, patch: Patch, value: float, now: datetime) -> list[Said]:
        proposal = derived_id("proposal", cell.key, now.isoformat())
        cell.open_proposal = proposal
        self._proposals[proposal] = cell.key
        self._changed |= {cell.key, PROPOSALS}
        asked = winner.wins + winner.losses
        words = (
            f"{cell.category} in {cell.area} is given to {cell.current}; of the last {asked} cases that ended at one of"
            f" the two, {winner.wins} ended at {winner.target}. Give it to {winner.target}."
        )
        evidence = {
            "statistic": round(min(value, 1e12)), "probability": round(winner.probability, 4), "wins": winner.wins,
            "losses": winner.losses, "cases": list(winner.cases), "first": winner.first, "last": winner.last,
        }  # fmt: skip
        command = ProposeChange(
            actor=Actor(id=NAME, role="loop"), proposal_id=proposal,
            title=f"{cell.category} in {cell.area}: {cell.current} -> {winner.target}", words=words, patch=patch,
            values=("effort", "timeliness"), scope={"category": cell.category, "area": cell.area},
            evidence=evidence, forecast=forecast_of(winner, now), loop=NAME,
        )  # fmt: skip
        numbers = {**evidence, "cases": len(winner.cases)}
        finding = FindingMade(loop=NAME, key=cell.key, kind="proposed", words=words, numbers=numbers,
                              proposal_id=proposal, found_at=now)  # fmt: skip
        return [finding, command]


def winner_of(cell: Cell) -> Winner | None:
    """The authority that most cases since the change ended at; None when all ended where the rule says."""
    recent = cell.outcomes[-since_change([end for end, _, _ in cell.outcomes], cell.current) :]
    ends = Counter(end for end, _, _ in recent)
    losses = ends.pop(cell.current, 0)
    if not ends:
        return None
    target, wins = min(ends.items(), key=lambda item: (-item[1], item[0]))
    cases = tuple(case for end, case, _ in recent if end == target)
    return Winner(target, wins, losses, beats(wins, losses), cases, recent[0][2], recent[-1][2])


def forecast_of(winner: Winner, now: datetime) -> Forecast:
    """Misroutes avoided in the horizon: the pace since the change goes on; 90 % by a Poisson count's spread."""
    span = datetime.fromisoformat(winner.last) - datetime.fromisoformat(winner.first)
    expected = (winner.wins - winner.losses) / max(span / timedelta(days=1), 1.0) * HORIZON_DAYS
    spread = 1.645 * math.sqrt(max(expected, 0.0)) + 1.645 * max(expected, 0.0) / math.sqrt(max(winner.wins, 1))
    return Forecast(
        measure="misrouted cases avoided", expected=round(expected, 1), low=round(max(0.0, expected - spread), 1),
        high=round(expected + spread, 1), horizon_days=HORIZON_DAYS, review_at=now + timedelta(days=HORIZON_DAYS),
        cannot_know="how fast or how well the other authority will answer: it has not had these cases first",
    )  # fmt: skip
