"""Where a category in an area keeps ending at another authority than the rule names, the rule should name that one.

A case counts once, at a fixed time after its assignment that is the same whatever became of it. Not at all count cases
that joined another, or that left the region: who should have had them is not known; and cases that the trial of another
rule concerns: the loop `trial` counts those. One that a person placed in triage counts by whom the rules name for it,
where that is known and the rules place no cases of its cell themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from common.contracts.envelope import derived_id
from common.contracts.events.base import Actor
from common.contracts.events.reflex.observations import FindingMade
from common.contracts.events.rules import ProposeChange

from reflex.facts import (
    CaseJoined,
    CaseOpened,
    CaseTransferred,
    Fact,
    ProposalAdopted,
    ProposalFact,
    ProposalLapsed,
    ProposalRefused,
    ProposalRejected,
    ProposalReturned,
    ProposalWithdrawn,
    RulesCommandRefused,
    TrialEnded,
    TrialRolledBack,
)
from reflex.loop import LoopOutput, LoopSettings
from reflex.loops.misrouting import wording
from reflex.loops.misrouting.cell import Cell, cell_key
from reflex.loops.misrouting.evidence import evidence_of, placed_by_people
from reflex.loops.misrouting.forecast import forecast_of
from reflex.loops.misrouting.lateness import Lateness
from reflex.loops.misrouting.outcome import CellOutcome
from reflex.loops.misrouting.rollup import Candidate, Draft, DraftContext, Patches, Recent, draft
from reflex.loops.misrouting.settings import CountsAt, InForce, Rules, Settings
from reflex.loops.misrouting.waiting import Waiting, WaitingRoom
from reflex.sortable_times import text_of

CLARIFY_EVERY = timedelta(days=30)
SELECTED_WITHIN = timedelta(days=30)
"""Where the rules have placed a case of a cell so lately, what triage has of it is a selection: the unclear ones."""
FEWEST_TO_CLARIFY = 10
"""Counted cases of a cell, for it to be said that nobody wins there."""
SETBACKS = (
    ProposalRejected, ProposalRefused, ProposalWithdrawn, ProposalLapsed, TrialRolledBack, TrialEnded,
    RulesCommandRefused,
)  # fmt: skip


@dataclass(slots=True)
class Made:
    """A proposal of this loop, kept while it is open, and as long as others may join it."""

    id: str
    at: str
    target: str
    cells: dict[str, str]
    """Cell key -> the authority that the rule named."""
    open: bool = True


class MisroutingLoop:
    """Shiryaev-Roberts a cell, a winner test on the cases since the change, one open proposal a row."""

    name: ClassVar[str] = "misrouting"
    facts: ClassVar[frozenset[type[Fact]]] = frozenset(
        {CaseOpened, CaseTransferred, CaseJoined, ProposalAdopted, ProposalReturned, *SETBACKS}
    )
    settings: ClassVar[type[LoopSettings]] = Settings

    def __init__(
        self,
        rules: Rules,
        counts_at: CountsAt,
        patches: Patches,
        region_of: Mapping[str, str],
        everywhere: Callable[[str], bool],
    ) -> None:
        """`region_of`: area -> region; `everywhere` says whether an authority serves every region."""
        self._rules = rules
        self._counts_at = counts_at
        self._patches = patches
        self._region_of = region_of
        self._everywhere = everywhere
        self._cells: dict[str, Cell] = {}
        self._waiting = WaitingRoom()
        self._made: dict[str, Made] = {}
        self._touched: dict[str, tuple[str, ...]] = {}
        """Cells that have changed since the last tick, and their hints then."""
        self._lateness = Lateness()
        self._changed: set[str] = set()
        self._moves: dict[type[Fact], Callable[[Any], None]] = {
            CaseOpened: self._opened,
            CaseTransferred: self._transferred,
            CaseJoined: self._joined,
            ProposalAdopted: self._adopted,
            ProposalReturned: self._returned,
            **dict.fromkeys(SETBACKS, self._set_back),
        }

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        self._cells = {key: Cell.of(body) for key, body in state.items() if key.startswith("cell|")}
        self._made = {key: Made(**body) for key, body in state.items() if key.startswith("made|")}
        waiting = {key.removeprefix("case|"): body for key, body in state.items() if key.startswith("case|")}
        self._waiting.load(waiting)
        self._lateness = Lateness(**state.get("lateness", {}))
        self._touched = {}
        self._changed = set()

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        keys, self._changed = self._changed, set()
        return {key: self._body(key) for key in sorted(keys)}

    def _body(self, key: str) -> dict[str, Any] | None:
        if key.startswith("cell|"):
            return self._cells[key].body()
        if key == "lateness":
            return asdict(self._lateness)
        if key.startswith("made|"):
            made = self._made.get(key)
            return None if made is None else asdict(made)
        case = self._waiting.get(key.removeprefix("case|"))
        return None if case is None else case.body()

    def observe(self, fact: Fact) -> None:
        self._moves[type(fact)](fact)

    def _opened(self, fact: CaseOpened) -> None:
        authority = fact.authority_by_rules if fact.by_hand else fact.authority
        if authority is None or fact.handed_over_from or any(arm.table == "jurisdiction" for arm in fact.arms):
            return
        category, area, at = fact.category, fact.area, text_of(fact.at)
        key = cell_key(category, area)
        if fact.by_hand and self._is_selection(key, fact.at):
            return
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = Cell(category, area, fact.region, authority, began=at)
            self._changed.add(key)
        elif at < cell.since:
            return
        elif cell.current != authority:
            cell.restart(authority, fact.at)
            self._changed.add(key)
        due, until = (text_of(moment) for moment in self._counts_at(fact.region, fact.at))
        if fact.authority != authority:
            self._touched.setdefault(key, self._cells[key].hint())
        self._waiting.add(Waiting(fact.case_id, key, authority, fact.authority, at, due, until, by_hand=fact.by_hand))
        self._changed.add(f"case|{fact.case_id}")

    def _is_selection(self, key: str, at: datetime) -> bool:
        """Whether the rules place cases of a cell themselves, so that triage has only some of them.

        Asked when a case is opened: whether it counts may not depend on what comes after it.
        """
        since, cell = text_of(at - SELECTED_WITHIN), self._cells.get(key)
        known = (*(cell.outcomes if cell is not None else ()), *self._waiting.uncounted(key))
        return any(not one.by_hand and one.opened >= since for one in known)

    def _transferred(self, fact: CaseTransferred) -> None:
        case = self._waiting.get(fact.case_id)
        if case is None or text_of(fact.at) > case.until:
            return
        if fact.to_region:
            self._waiting.drop(case.case_id)
        else:
            case.holder = fact.authority
            if case.counted:
                self._correct(case, fact)
            else:
                self._touched.setdefault(case.cell, self._cells[case.cell].hint())
        self._changed.add(f"case|{case.case_id}")

    def _correct(self, case: Waiting, fact: CaseTransferred) -> None:
        """A case that was counted where it lay has been handed on late."""
        cell = self._cells[case.cell]
        hint = cell.hint()
        if not case.by_hand:
            self._lateness.late += 1
            self._changed.add("lateness")
        if cell.correct(case.case_id, case.holder, self._rules(fact.at).background(cell.category)):
            self._touched.setdefault(case.cell, hint)

    def _joined(self, fact: CaseJoined) -> None:
        case = self._waiting.get(fact.case_id)
        if case is not None and text_of(fact.at) <= case.due:
            self._waiting.drop(case.case_id)
            self._changed.add(f"case|{case.case_id}")

    def _about(self, fact: ProposalFact) -> tuple[Made | None, list[Cell]]:
        """The open proposal that a fact is about, which is then open no more, and its cells."""
        key = f"made|{fact.proposal_id}"
        made = self._made.get(key)
        if made is None or not made.open:
            return None, []
        made.open = False
        cells = [self._cells[k] for k in made.cells]
        self._changed |= {key, *made.cells}
        return made, cells

    def _adopted(self, fact: ProposalAdopted) -> None:
        """The cells begin anew under the new rule; a rule that was changed before is left alone longer each time."""
        made, cells = self._about(fact)
        begins = fact.effective_at
        for cell in cells:
            if made is not None:
                pause = self._rules(begins).settings.cooldown_days * 2**cell.changes
                cell.restart(made.target, begins)
                cell.quiet_until = text_of(begins + timedelta(days=pause))
                cell.changes += 1

    def _returned(self, fact: ProposalReturned) -> None:
        """Its base moved: nobody spoke against it, so the evidence stands and it is made anew."""
        made, cells = self._about(fact)
        for cell in cells:
            cell.proposal = None
        if made is not None:
            del self._made[f"made|{made.id}"]

    def _set_back(self, fact: ProposalFact) -> None:
        """Silence, twice as long each time, and evidence from zero."""
        if isinstance(fact, RulesCommandRefused) and fact.command != ProposeChange.type:
            return
        made, cells = self._about(fact)
        if made is None:
            return
        del self._made[f"made|{made.id}"]
        if isinstance(fact, RulesCommandRefused) and fact.until is not None:
            # Nobody spoke against it: the evidence stands, and it is made anew when it may be.
            for cell in cells:
                cell.proposal, cell.quiet_until = None, max(cell.quiet_until, text_of(fact.until))
            return
        pause = self._rules(fact.at).settings.cooldown_days
        for cell in cells:
            cell.restart(cell.current, fact.at)
            cell.quiet_until = text_of(fact.at + timedelta(days=pause * 2**cell.setbacks))
            cell.setbacks += 1

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        """Count the cases whose time has come, in order of (time, id), and say what follows."""
        rules, moment = self._rules(now), text_of(now)
        since = text_of(now - timedelta(days=rules.settings.rollup_days))
        self._forget(since)
        touched, self._touched = self._touched, {}
        self._changed |= {f"case|{case_id}" for case_id in self._waiting.over(moment)}
        for case in self._waiting.due(moment):
            self._changed.add(f"case|{case.case_id}")
            cell = self._cells[case.cell]
            if case.routed == cell.current and case.opened >= cell.since:
                touched.setdefault(case.cell, cell.hint())
                if case.holder != case.routed and not case.by_hand:
                    self._lateness.in_time += 1
                    self._changed.add("lateness")
                cell.count(case.outcome(), rules.background(cell.category))
        self._changed |= set(touched)
        said: list[LoopOutput] = []
        candidates: list[Candidate] = []
        for key, hint in touched.items():
            cell = self._cells[key]
            if cell.hint() != hint and any(end != cell.current for end in (*hint, *cell.hint())):
                said.append(wording.observed(cell, now))
            if cell.proposal is None:
                said += self._judge(cell, rules, moment, now, candidates)
        ground = DraftContext(
            self._cells, self._region_of, self._recent(since), self._patches, self._everywhere,
            rules.settings.rollup_cells, now,
        )  # fmt: skip
        for one in draft(candidates, ground):
            said += self._propose(one, rules, now)
        return said

    def _judge(
        self, cell: Cell, rules: InForce, moment: str, now: datetime, candidates: list[Candidate]
    ) -> list[FindingMade]:
        """An alarm with a winner becomes a candidate; one without, a question to people."""
        settings = rules.settings
        ahead = cell.ahead(self._uncounted(cell), rules.background(cell.category))
        if ahead.detector.value < settings.sr_threshold:
            return []
        winner = ahead.winner(self._lateness.ratio, self._may_move)
        back = winner is not None and cell.left_within(winner.target, settings.flip_days, now) is not None
        if winner is not None and winner.is_believed(settings, back=back):
            if moment >= cell.quiet_until:
                candidates.append(Candidate(ahead, winner))
            return []
        if cell.detector.value < settings.sr_threshold or len(cell.outcomes) < FEWEST_TO_CLARIFY:
            return []
        if moment < max(cell.clarified_until, cell.quiet_until):
            return []
        cell.clarified_until = text_of(now + CLARIFY_EVERY)
        return [wording.clarify(cell, now)]

    def _uncounted(self, cell: Cell) -> list[CellOutcome]:
        """Where the cases of a cell lie that do not count yet."""
        return [
            case.outcome()
            for case in self._waiting.uncounted(cell.key)
            if case.routed == cell.current and case.opened >= cell.since
        ]

    def _may_move(self, case_id: str) -> bool:
        """Whether a counted case may still be handed on late."""
        return self._waiting.get(case_id) is not None

    def _recent(self, since: str) -> list[Recent]:
        """The cells that proposals since then have named."""
        return [
            Recent(made.id, self._cells[key].category, self._cells[key].area, old, made.target)
            for made in self._made.values()
            if made.at >= since
            for key, old in made.cells.items()
        ]

    def _forget(self, since: str) -> None:
        """Settled proposals that are too old for others to join."""
        for key in [k for k, m in self._made.items() if not m.open and m.at < since]:
            del self._made[key]
            self._changed.add(key)

    def _watched_since(self, now: datetime) -> datetime:
        """When the first case was opened that this loop knows of."""
        began = [c.began or c.outcomes[0].opened for c in self._cells.values() if c.began or c.outcomes]
        return datetime.fromisoformat(min(began)) if began else now

    def _propose(self, one: Draft, rules: InForce, now: datetime) -> list[LoopOutput]:
        first = one.named[0].cell
        proposal = derived_id("proposal", one.patch.layer, first.key, one.target, text_of(now))
        days = rules.settings.flip_days
        flips = {n.cell.key: left for n in one.named if (left := n.cell.left_within(one.target, days, now)) is not None}
        evidence = evidence_of(one.target, one.named, one.kept, one.beside)
        if flips:
            evidence["flip"] = {"left": flips, "days": days}
        words = wording.proposal(one, flips=bool(flips))
        forecast = None
        if not placed_by_people(one.named):
            forecast = forecast_of(one.target, one.named, rules.background, self._watched_since(now), now)
        command = ProposeChange(
            actor=Actor(id=self.name, role="loop"), proposal_id=proposal, title=wording.title(one, flips=bool(flips)),
            words=words, patch=one.patch, values=("effort", "timeliness"), scope=wording.scope(one),
            evidence=evidence, forecast=forecast, needs_person=bool(flips), loop=self.name,
        )  # fmt: skip
        made = Made(proposal, text_of(now), one.target, {n.cell.key: n.cell.current for n in one.named})
        self._made[f"made|{proposal}"] = made
        for named in one.named:
            self._cells.setdefault(named.cell.key, named.cell).proposal = proposal
        self._changed |= {f"made|{proposal}", *made.cells}
        return [wording.proposed(one, first, evidence, words, proposal, now), command]
