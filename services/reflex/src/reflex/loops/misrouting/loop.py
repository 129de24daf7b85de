"""Where a category in an area keeps ending at another authority than the rule names, the rule should name that one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from reflex.facts import SETBACKS, CaseJoined, CaseOpened, CaseTransferred, Fact, ProposalAdopted, ProposalReturned
from reflex.loop import LoopOutput, LoopSettings
from reflex.loops.misrouting import wording
from reflex.loops.misrouting.counting import Counting
from reflex.loops.misrouting.deciding import decide
from reflex.loops.misrouting.fate import Fate
from reflex.loops.misrouting.memory import Memory
from reflex.loops.misrouting.proposing import propose
from reflex.loops.misrouting.rollup import Candidate, DraftContext, Patches, draft
from reflex.loops.misrouting.settings import CountsAt, Rules, Settings
from reflex.sortable_times import text_of


class MisroutingLoop:
    """Shiryaev-Roberts a cell, a winner test on the cases since the change, one open proposal a row."""

    name: ClassVar[str] = wording.LOOP
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
        self._patches = patches
        self._region_of = region_of
        self._everywhere = everywhere
        self._memory = Memory()
        self._counting = Counting(self._memory, rules, counts_at)
        fate = Fate(self._memory, rules)
        self._moves: dict[type[Fact], Callable[[Any], None]] = {
            CaseOpened: self._counting.opened,
            CaseTransferred: self._counting.transferred,
            CaseJoined: self._counting.joined,
            ProposalAdopted: fate.adopted,
            ProposalReturned: fate.returned,
            **dict.fromkeys(SETBACKS, fate.set_back),
        }

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        self._memory.load(state)
        self._counting.forget_touched()

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        return self._memory.take_changes()

    def observe(self, fact: Fact) -> None:
        self._moves[type(fact)](fact)

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        """Count the cases whose time has come, and say what follows."""
        rules, memory = self._rules(now), self._memory
        since = text_of(now - timedelta(days=rules.settings.rollup_days))
        memory.forget_proposals(since)
        said: list[LoopOutput] = []
        candidates: list[Candidate] = []
        for key, hint in self._counting.count(rules, text_of(now)).items():
            cell = memory.cells[key]
            if cell.hint() != hint and any(end != cell.current for end in (*hint, *cell.hint())):
                said.append(wording.observed(cell, now))
            found = decide(cell, memory, rules, now) if cell.proposal is None else None
            if isinstance(found, Candidate):
                candidates.append(found)
            elif found is not None:
                said.append(found)
        ground = DraftContext(
            memory.cells, self._region_of, memory.recent(since), self._patches, self._everywhere,
            rules.settings.rollup_cells, now,
        )  # fmt: skip
        for one in draft(candidates, ground):
            said += propose(one, memory, rules, now)
        return said
