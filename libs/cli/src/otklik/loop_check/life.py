"""What a loop has proposed, and what became of it, from the records on rules.commands and rules.proposals. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from common.contracts.events import rules

SENT = "not answered yet"
STATES: dict[str, str] = {
    rules.ProposalChecked.type: "checked",
    rules.ProposalRefused.type: "refused",
    rules.ProposalAccepted.type: "accepted",
    rules.ProposalRejected.type: "rejected",
    rules.ProposalWithdrawn.type: "withdrawn",
    rules.ProposalReturned.type: "returned",
    rules.ProposalLapsed.type: "lapsed",
    rules.TrialWaits.type: "waits for another's trial",
    rules.TrialStarted.type: "on trial",
    rules.TrialRolledBack.type: "rolled back",
    rules.TrialEnded.type: "tried without a result",
    rules.ProposalAdopted.type: "adopted",
    rules.ReviewFell.type: "review due",
    rules.ChangeReversed.type: "taken back",
}


@dataclass(slots=True)
class Proposed:
    """One proposal as it stands. `until`: from when on it may be made anew, where it must only wait."""

    id: str
    at: datetime
    title: str = ""
    state: str = SENT
    why: str = ""
    code: str = ""
    """Of a refusal."""
    until: str = ""

    @property
    def waits(self) -> bool:
        return self.state == "refused" and bool(self.until)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that became of a proposal of the loop."""

    at: datetime
    proposal: Proposed


@dataclass(slots=True)
class LoopLife:
    """Proposals of one loop, in the order in which they were seen first."""

    loop: str
    proposals: dict[str, Proposed] = field(default_factory=dict)
    unreadable: int = 0
    """Records under its name that are no JSON object: nobody answers them."""

    def take(self, kind: str, body: Mapping[str, Any], at: datetime) -> Step | None:
        """One record; None where it says nothing of the loop. What was sent and answered before may come in any
        order, since two topics are read."""
        name = str(body.get("proposal_id", ""))
        if kind == rules.ProposeChange.type:
            if _actor(body) != self.loop or name in self.proposals:
                return None
            self.proposals[name] = Proposed(name, at, str(body.get("title", "")))
            return Step(at, self.proposals[name])
        if kind == rules.RulesCommandRefused.type:
            if body.get("actor") != self.loop or body.get("command") != rules.ProposeChange.type:
                return None
        elif body.get("loop") != self.loop and name not in self.proposals:
            return None
        state = "refused" if kind == rules.RulesCommandRefused.type else STATES.get(kind)
        if kind == rules.ChangeReviewed.type and body.get("outcome") == "kept":
            state = "kept"
        if state is None:
            return None
        found = self.proposals.setdefault(name, Proposed(name, at))
        if kind == rules.RulesCommandRefused.type and found.state not in (SENT, "refused"):
            # A repeat of what stands already.
            return None
        found.title = found.title or str(body.get("title", ""))
        found.state, found.at, found.why = state, at, str(body.get("reason") or "")
        found.code = str(body.get("code") or "") if state == "refused" else ""
        details = body.get("details")
        found.until = str(details.get("until", "")) if state == "refused" and isinstance(details, Mapping) else ""
        return Step(at, found)


def _actor(body: Mapping[str, Any]) -> str:
    actor = body.get("actor")
    return str(actor.get("id", "")) if isinstance(actor, Mapping) else ""
