"""A decision about a case in the making, within the row of the case's life that allows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from common.contracts.case_life import AUTOMATIC, CaseRule
from common.contracts.events import region

from regional.case import Case, CaseEvent, RegionContext


@dataclass(slots=True)
class Transition:
    """`say` adds an event, `to` changes the case, `follow` moves it to a state that its row names."""

    case: Case
    context: RegionContext
    now: datetime
    other: Case | None
    said: list[CaseEvent]
    rule: CaseRule

    def to(self, **changes: Any) -> Case:
        """Replace fields of the case, but not its state."""
        self.case = replace(self.case, **changes)
        return self.case

    def follow(self, state: region.State | None = None, **changes: Any) -> Case:
        """The state that follows by the row, or which of several; with other fields. ValueError for any other."""
        state = state or self.rule.next_state
        if state not in self.rule.after:
            raise ValueError(f"{self.rule.incoming.type} does not lead to {state!r}")
        return self.to(state=state, **changes)

    def say(self, kind: type[region.CaseEvent], actor: str, **fields: Any) -> None:
        """An event about the case as it is now."""
        case = self.case
        common = {
            "case_id": case.case_id,
            "region": self.context.region,
            "authority": case.authority,
            "actor": actor,
            "state": case.state,
            "synthetic": case.synthetic,
        }
        self.said.append(CaseEvent(kind(**(common | fields)), self.now))

    def fulfil_directives(self, actor: str, text: str) -> None:
        """The case came to an end that a directive could want: all its directives are fulfilled."""
        for directive_id in self.case.directives:
            self.say(region.DirectiveAnswered, actor, directive_id=directive_id, text=text, fulfilled=True)
        self.to(directives=())


def accept_if_automatic(step: Transition) -> None:
    """An authority with automatic acceptance takes what it is given in the same decision."""
    authority = step.context.authorities.get(step.case.authority)
    if authority is not None and authority.automatic:
        step.to(state=AUTOMATIC.next_state)
        step.say(region.CaseAccepted, authority.id, reason="accepted automatically")
