"""A decision in the making: every step is an event and a link of the chain."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from common.contracts.events.base import Event
from common.contracts.events.rules import ChainHeadPublished, ProposalState, ReleasePublished
from common.rulebook import Release
from common.rulebook.references import KnownNames

from rules.chain import Head, digest, link
from rules.model import Proposal, RulesDecision, RulesEvent, RulesState

LONG = {"slices", "flows"}
"""Fields of other services' facts that the chain holds by their hash alone."""


class Steps:
    """`now` is the time of all that is said; `names` are what tables may name."""

    def __init__(self, state: RulesState, now: datetime, names: KnownNames | None = None) -> None:
        self.state = state
        self.now = now
        self.names = names if names is not None else KnownNames()
        self._events: list[RulesEvent] = []
        self._released: list[Release] = []

    def say(self, event: Event, proposal_id: str) -> None:
        """An event about a proposal."""
        self._events.append(RulesEvent("rules.proposals", proposal_id, event))
        self._record(_step(event), proposal_id, _plain(event))

    def note(self, event: Event, event_id: str, proposal_id: str | None) -> None:
        """What another service said: the chain holds it, and the hash of what is too long for it."""
        whole = _plain(event)
        body = {"event_id": event_id, **{name: value for name, value in whole.items() if name not in LONG}}
        if whole.keys() & LONG:
            body["sha256"] = digest(whole)
        self._record(_step(event), proposal_id, body)

    def publish(self, release: Release, proposal_id: str | None) -> None:
        """A layer's new head."""
        event = ReleasePublished(**release.model_dump(), proposal_id=proposal_id)
        self._events.append(RulesEvent("rules.releases", f"{release.layer}:{release.number}", event))
        # The tables stand in the release; the chain needs only its hash, which covers them.
        body = {k: v for k, v in _plain(event).items() if k != "tables"}
        self._record("rules.release.published", proposal_id, body)
        before = self.state
        known = before.recent.get(release.layer, ()) or tuple(
            head for head in [before.heads.get(release.layer)] if head is not None
        )
        self.state = replace(
            before,
            heads={**before.heads, release.layer: release},
            recent={**before.recent, release.layer: (*known, release)},
        )
        self._released.append(release)

    def keep(self, proposal: Proposal) -> Proposal:
        """A proposal as it stands from now on."""
        self.state = replace(self.state, proposals={**self.state.proposals, proposal.id: proposal})
        return proposal

    def close(self, proposal: Proposal, state: ProposalState, event: Event) -> Proposal:
        """A proposal comes to a state."""
        kept = self.keep(replace(proposal, state=state, moved_at=self.now))
        self.say(event, proposal.id)
        return kept

    def publish_head(self, day: date) -> None:
        """The chain's last link, to be kept elsewhere."""
        head = self.state.head
        event = ChainHeadPublished(number=head.number, hash=head.hash, day=day.isoformat(), at=self.now)
        self._events.append(RulesEvent("rules.heads", "chain", event))
        self.state = replace(self.state, day=day)

    def decision(self) -> RulesDecision:
        return RulesDecision(self.state, tuple(self._events), tuple(self._released))

    def _record(self, step: str, proposal_id: str | None, body: dict[str, Any]) -> None:
        recorded = link(self.state.head, step, proposal_id, self.now, body)
        self.state = replace(self.state, head=Head(recorded.number, recorded.hash))
        self._events.append(RulesEvent("rules.lifecycle", "chain", recorded))


def _step(event: Event) -> str:
    return event.type.split(".v")[0]


def _plain(event: Event) -> dict[str, Any]:
    """The event as JSON without absent fields: what a step of the chain holds."""
    return event.model_dump(mode="json", exclude_none=True)
