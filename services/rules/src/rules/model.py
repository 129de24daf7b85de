"""What rules keep, what a decision may know, and what it gives back. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal, Protocol

from common.contracts.events.base import Event
from common.contracts.events.rules import DecideProposal, ProposeChange, WithdrawProposal
from common.contracts.frozen import value
from common.contracts.patch import Patch
from common.contracts.rights import HasPeople
from common.rulebook import Release
from common.rulebook.references import HasNames

from rules.chain import Head

RulesCommand = ProposeChange | DecideProposal | WithdrawProposal
ProposalState = Literal["checked", "refused", "rejected", "returned", "withdrawn", "adopted"]


@value
class Tick:
    """The last interval (since, until] that is over."""

    since: datetime
    until: datetime


@value
class Proposal:
    """A change of rules, and what became of it."""

    id: str
    state: ProposalState
    author: str
    patch: Patch


@value
class RulesState:
    """The chain's last link, the last tick, each layer's newest release, and the proposals that are spoken of."""

    head: Head
    tick: Tick | None
    heads: Mapping[str, Release]
    proposals: Mapping[str, Proposal]

    def knowing(self, proposals: Mapping[str, Proposal]) -> RulesState:
        """With these proposals, where they were not known."""
        return replace(self, proposals={**proposals, **self.proposals}) if proposals else self


@value
class Incoming:
    """What came: its id, its time, which principal signed it, and why it may not even be considered.

    `waiting` is the actor's own proposal that a command is about, where no tick has judged it yet.
    """

    id: str
    time: datetime
    event: Event
    principal: str = ""
    refused: str | None = None
    waiting: Proposal | None = None


class Layers(HasPeople, HasNames, Protocol):
    """What rules ask of the federation."""

    def region(self, region_id: str) -> object | None: ...


@value
class RulesEvent:
    """One event of a decision; all have the time of what came."""

    topic: str
    key: str
    event: Event


@value
class RulesDecision:
    """The state afterwards, what is to be published in order, and the releases among it."""

    state: RulesState
    events: tuple[RulesEvent, ...] = ()
    released: tuple[Release, ...] = ()
