"""What becomes of the loop's own proposals, and what that does to the cells that they named."""

from __future__ import annotations

from datetime import timedelta

from common.contracts.events.rules import ProposeChange

from reflex.facts import (
    ProposalAdopted,
    ProposalFact,
    RulesCommandRefused,
    is_to_be_made_anew,
)
from reflex.loops.misrouting.cell import Cell
from reflex.loops.misrouting.memory import Made, Memory
from reflex.loops.misrouting.settings import Rules
from reflex.sortable_times import text_of


class Fate:
    """Each proposal is settled by the first fact that settles it."""

    def __init__(self, memory: Memory, rules: Rules) -> None:
        self._memory, self._rules = memory, rules

    def _about(self, fact: ProposalFact) -> tuple[Made | None, list[Cell]]:
        """The open proposal that a fact is about, which is then open no more, and its cells."""
        key = f"made|{fact.proposal_id}"
        made = self._memory.made.get(key)
        if made is None or not made.open:
            return None, []
        made.open = False
        cells = [self._memory.cells[k] for k in made.cells]
        self._memory.changed |= {key, *made.cells}
        return made, cells

    def adopted(self, fact: ProposalAdopted) -> None:
        """The cells begin anew under the new rule; a rule that was changed before is left alone longer each time."""
        made, cells = self._about(fact)
        begins = fact.effective_at
        for cell in cells:
            if made is not None:
                pause = self._rules(begins).settings.cooldown_days * 2**cell.changes
                cell.restart(made.target, begins)
                cell.quiet_until = text_of(begins + timedelta(days=pause))
                cell.changes += 1

    def returned(self, fact: ProposalFact) -> None:
        """Its base moved, or a wider change was tried in its place: nobody spoke against it, so the evidence stands and
        it is made anew."""
        made, cells = self._about(fact)
        for cell in cells:
            cell.proposal = None
        if made is not None:
            del self._memory.made[f"made|{made.id}"]

    def set_back(self, fact: ProposalFact) -> None:
        """Silence, twice as long each time, and evidence from zero."""
        if isinstance(fact, RulesCommandRefused) and fact.command != ProposeChange.type:
            return
        if is_to_be_made_anew(fact):
            self.returned(fact)
            return
        made, cells = self._about(fact)
        if made is None:
            return
        del self._memory.made[f"made|{made.id}"]
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
