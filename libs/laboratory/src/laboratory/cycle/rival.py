"""A loop of somebody else that wants the opposite of what misrouting has brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from common.contracts.envelope import derived_id
from common.contracts.events.base import Actor
from common.contracts.events.rules import ProposeChange
from common.contracts.patch import Patch
from common.rulebook.book import ReleaseBook
from reflex.facts import Fact, ProposalAdopted, ProposalChecked, RulesCommandRefused
from reflex.loop import LoopOutput, LoopSettings

WATCHED = "misrouting"


class RivalLoop:
    """It proposes the way back of each adopted change of the loop, and again when rules say from when on it may."""

    name: ClassVar[str] = "rival"
    facts: ClassVar[frozenset[type[Fact]]] = frozenset({ProposalChecked, ProposalAdopted, RulesCommandRefused})
    settings: ClassVar[type[LoopSettings]] = LoopSettings

    def __init__(self, book: ReleaseBook) -> None:
        self._book = book
        self._ways_back: dict[str, Patch] = {}
        self._due: list[tuple[datetime, str]] = []
        """From when on which change is to be taken back."""
        self._asked: dict[str, str] = {}
        """Which change each of its proposals takes back."""

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        """It keeps nothing between processes."""

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        return {}

    def observe(self, fact: Fact) -> None:
        if isinstance(fact, ProposalChecked) and fact.loop == WATCHED and fact.reversal is not None:
            self._ways_back[fact.proposal_id] = fact.reversal
        elif isinstance(fact, ProposalAdopted) and fact.proposal_id in self._ways_back:
            self._due.append((fact.at, fact.proposal_id))
        elif isinstance(fact, RulesCommandRefused) and fact.proposal_id in self._asked and fact.until is not None:
            self._due.append((fact.until, self._asked[fact.proposal_id]))

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        said: list[LoopOutput] = []
        ready = [name for at, name in self._due if at <= now]
        self._due = [(at, name) for at, name in self._due if at > now]
        for name in ready:
            back = self._ways_back[name]
            head = self._book.head(back.layer)
            if head is None:
                continue
            proposal_id = derived_id("rival", name, now.isoformat())
            self._asked[proposal_id] = name
            said.append(
                ProposeChange(
                    actor=Actor(id=self.name, role="loop"), proposal_id=proposal_id, title="Back to what it was",
                    words="It was better before.", patch=back.model_copy(update={"base_number": head.number}),
                    values=("effort",), loop=self.name,
                )
            )  # fmt: skip
        return said
