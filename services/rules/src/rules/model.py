"""What rules keep, what a decision may know, and what it gives back. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import date, datetime
from typing import Protocol

from common.contracts.events.archive import ForecastScored, ProposalBacktested
from common.contracts.events.base import Event
from common.contracts.events.deliberation import (
    DeliberationClosed,
    DeliberationOpened,
    StandingConsentRevoked,
    StandingConsentUsed,
)
from common.contracts.events.rules import (
    DecideProposal,
    ProposalState,
    ProposeChange,
    ReviewChange,
    TrialOrder,
    WithdrawProposal,
)
from common.contracts.frozen import value
from common.contracts.patch import Patch
from common.contracts.rights import HasPeople
from common.rulebook import Release
from common.rulebook.references import HasNames

from rules.chain import Head

RulesCommand = ProposeChange | DecideProposal | WithdrawProposal | TrialOrder | ReviewChange
Fact = (
    ProposalBacktested
    | DeliberationOpened
    | DeliberationClosed
    | StandingConsentUsed
    | StandingConsentRevoked
    | ForecastScored
)
"""What other services say about proposals."""

CLOSED: frozenset[ProposalState] = frozenset(
    {
        "kept", "reversed", "rejected", "refused", "returned", "withdrawn", "lapsed", "rolled_back", "inconclusive",
    }
)  # fmt: skip
"""Nothing follows any more."""
UNDECIDED: frozenset[ProposalState] = frozenset({"checked", "in_deliberation", "to_be_decided"})
OPEN: frozenset[ProposalState] = UNDECIDED | {"accepted", "on_trial"}
"""May still change its rows."""

NO_FORECAST = "no_forecast"
"""Stands for the verdict on a change that promised nothing."""


@value
class Tick:
    """The last interval (since, until] that is over."""

    since: datetime
    until: datetime


@value
class Proposal:
    """A change of rules, and what became of it. Of older ones only the first four are known."""

    id: str
    state: ProposalState
    author: str
    patch: Patch
    role: str = ""
    scope: str = ""
    title: str = ""
    values: tuple[str, ...] = ()
    author_citizen: str | None = None
    reversal: Patch | None = None
    """The way back from the release that it was last applied to."""
    needs_person: bool = False
    asked: bool = False
    """Whether table `deliberation` had a row for it when it was checked."""
    forecast_until: datetime | None = None
    """When its forecast says that it can be scored; None without a forecast."""
    horizon_days: int | None = None
    reverses: str | None = None
    checked: int = 0
    """The chain's number at its check: the order in which proposals stand."""
    made_at: datetime | None = None
    adopted_at: datetime | None = None
    moved_at: datetime | None = None
    """When it came to its state; None of older ones."""
    gives: Mapping[str, str] = field(default_factory=dict)
    """What its layer would answer after it, see answers.py."""
    left: Mapping[str, str] = field(default_factory=dict)
    """What its layer answered before its adoption, where that was otherwise."""
    promised: float = 0
    """Cases a day that it does good to, by its forecast; 0 where that counts none."""
    accepted: int = 0
    """The chain's number at its acceptance."""
    accepted_at: datetime | None = None
    """None of older ones."""
    cases_a_day: float | None = None
    """How many it would decide otherwise, by its backtest; None: not known."""
    behind: tuple[str, ...] = ()
    """Whose trials must end before its own."""
    taken_up_by: str | None = None
    """A wider change that was tried in place of it."""
    took_up: tuple[str, ...] = ()
    """Narrower ones that are tried in it."""
    holdout_percent: float = 0
    holdout_days: float = 0
    resumes_at: float | None = None
    """The share that followed the change before a pause."""
    review_at: datetime | None = None
    verdict: str | None = None
    """Of its score."""
    reversal_id: str | None = None
    """The last proposal that was made to take it back."""
    reversals: int = 0


@value
class RulesState:
    """The chain's last link, the last tick, each layer's newest release, and proposals: those spoken of or not over."""

    head: Head
    tick: Tick | None
    heads: Mapping[str, Release]
    proposals: Mapping[str, Proposal]
    recent: Mapping[str, tuple[Release, ...]] = field(default_factory=dict)
    """Of each layer the release in force and all after it, in order of their numbers."""
    revoked: frozenset[tuple[str, str]] = frozenset()
    """Standing consents that hold no more: the layer that revoked them and their row."""
    day: date | None = None
    """The last day on which the chain's head was published."""

    def knowing(self, proposals: Mapping[str, Proposal]) -> RulesState:
        """With these proposals, where they were not known."""
        return replace(self, proposals={**proposals, **self.proposals}) if proposals else self

    def from_now_on(self, layer: str, now: datetime) -> tuple[Release, ...]:
        """The release of a layer that is in force, and those after it that will be, in order."""
        known = self.recent.get(layer, ()) or (self.heads[layer],)
        in_force = max((r.number for r in known if r.effective_at <= now), default=0)
        return tuple(r for r in known if r.number >= in_force)


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
