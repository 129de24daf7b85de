"""A decision in the making: every step is an event and a link of the chain."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from common.contracts.events.base import Event
from common.contracts.events.rules import ReleasePublished
from common.rulebook import Release

from rules.chain import Head, link
from rules.model import Proposal, ProposalState, RulesDecision, RulesEvent, RulesState


class Steps:
    """`now` is the time of all that is said."""

    def __init__(self, state: RulesState, now: datetime) -> None:
        self.state = state
        self.now = now
        self._events: list[RulesEvent] = []
        self._released: list[Release] = []

    def say(self, event: Event, proposal_id: str) -> None:
        """An event about a proposal."""
        self._events.append(RulesEvent("rules.proposals", proposal_id, event))
        self._record(event.type.split(".v")[0], proposal_id, _plain(event))

    def publish(self, release: Release, proposal_id: str | None) -> None:
        """A layer's new head."""
        event = ReleasePublished(**release.model_dump(), proposal_id=proposal_id)
        self._events.append(RulesEvent("rules.releases", f"{release.layer}:{release.number}", event))
        # The tables stand in the release; the chain needs only its hash, which covers them.
        body = {k: v for k, v in _plain(event).items() if k != "tables"}
        self._record("rules.release.published", proposal_id, body)
        self.state = replace(self.state, heads={**self.state.heads, release.layer: release})
        self._released.append(release)

    def close(self, proposal: Proposal, state: ProposalState, event: Event) -> None:
        """A proposal comes to a state."""
        known = {**self.state.proposals, proposal.id: replace(proposal, state=state)}
        self.state = replace(self.state, proposals=known)
        self.say(event, proposal.id)

    def decision(self) -> RulesDecision:
        return RulesDecision(self.state, tuple(self._events), tuple(self._released))

    def _record(self, step: str, proposal_id: str | None, body: dict[str, Any]) -> None:
        recorded = link(self.state.head, step, proposal_id, self.now, body)
        self.state = replace(self.state, head=Head(recorded.number, recorded.hash))
        self._events.append(RulesEvent("rules.lifecycle", "chain", recorded))


def _plain(event: Event) -> dict[str, Any]:
    """The event as JSON without absent fields: what a step of the chain holds."""
    return event.model_dump(mode="json", exclude_none=True)
