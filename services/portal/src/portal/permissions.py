"""What the person at the page may order: the same rights that executors check, asked before a button is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from common.contracts.disputes import Arbiter
from common.contracts.events import region as cases
from common.contracts.events.base import Actor, Command
from common.contracts.events.deliberation import (
    AnswerObjection,
    DeclineIdea,
    GiveVoice,
    RevokeStandingConsent,
    SettleAppeal,
)
from common.contracts.events.operations import ReplayDeadLetter
from common.contracts.events.reflex.prevention import AnswerPrevention
from common.contracts.events.routing import AnswerTriage, RefuseDuplicate
from common.contracts.events.rules import DecideProposal, ProposeChange, ReviewChange, RollBackTrial
from common.contracts.rights import denial
from common.federation.country import Federation
from common.rulebook.release import NATIONAL

from portal.case_actions import CaseAction, History, dispute_of, possible
from portal.case_fold import CaseView
from portal.passing_on import passed_on


class Entitled:
    """One person's rights; a visitor has none. `machine`: whoever runs the servers asks, who sees everything and orders
    nothing here."""

    def __init__(self, federation: Federation, actor: Actor | None, *, machine: bool = False) -> None:
        self._federation, self._actor, self.machine = federation, actor, machine

    def _may(self, command: type[Command], region: str | None = None, authority: str | None = None) -> bool:
        if self._actor is None:
            return False
        return denial(self._federation, self._actor, command, region=region, authority=authority) is None

    def decide(self, layer: str) -> bool:
        """Whether a proposal about this layer is theirs to decide; the nation's is the federal centre's alone."""
        if layer == NATIONAL and (self._actor is None or self._actor.role != "federal"):
            return False
        return self._may(DecideProposal, region=layer)

    def propose(self, layer: str) -> bool:
        """Whether they may propose a change of this layer; of the nation's only the federal centre."""
        if layer == NATIONAL and (self._actor is None or self._actor.role != "federal"):
            return False
        return self._may(ProposeChange, region=layer)

    def decline_idea(self) -> bool:
        """Whether a citizen's idea is theirs to decline."""
        return self._actor is not None and self._may(DeclineIdea, region=self._actor.scope)

    def speak(self, layer: str) -> bool:
        """Whether they may give their voice on a proposal about this layer."""
        return self._on(GiveVoice, layer)

    def answer(self, layer: str) -> bool:
        """Whether objections to a proposal about this layer are theirs to answer, and words theirs to hide."""
        return self._on(AnswerObjection, layer)

    def settle_appeal(self, layer: str) -> bool:
        return self._on(SettleAppeal, layer)

    def steer(self, layer: str) -> bool:
        """Whether a trial on this layer is theirs to order about; the nation's is the federal centre's alone."""
        return self._on(RollBackTrial, layer) and (layer != NATIONAL or self.decide(layer))

    def review(self, layer: str) -> bool:
        return self._on(ReviewChange, layer) and (layer != NATIONAL or self.decide(layer))

    def revoke(self, layer: str) -> bool:
        """Whether a standing consent of this layer is theirs to revoke."""
        return self._on(RevokeStandingConsent, layer) and (layer != NATIONAL or self.decide(layer))

    def _on(self, command: type[Command], layer: str) -> bool:
        if layer == NATIONAL and self._actor is not None:
            # Everybody who may at all may about the nation's rules.
            return self._may(command, region=self._actor.scope)
        return self._may(command, region=layer)

    def triage(self) -> bool:
        """Whether triage is theirs at all; a region's operator may place only into the own region."""
        actor = self._actor
        return actor is not None and self._may(AnswerTriage, region=actor.scope)

    def places(self) -> Sequence[str]:
        """The regions into which they may place a message."""
        return [r.id for r in self._federation.regions if self._may(AnswerTriage, region=r.id)]

    def see_words(self, case: CaseView) -> bool:
        """Whether what was said in a case, its places and where its events lie are theirs to see: whoever may answer
        it, or place it, and the federal centre, which supervises."""
        federal = self._actor is not None and self._actor.role == "federal"
        return self.machine or federal or self.see_files(case)

    def see_triage(self) -> bool:
        """Whether the words of what waits for a person are theirs to see."""
        return self.machine or self.triage()

    def see_operations(self) -> bool:
        """Whether records that could not be handled, failed deliveries and refused orders are theirs to see."""
        officials = ("operator", "regional_head", "federal")
        return self.machine or (self._actor is not None and self._actor.role in officials)

    def see_files(self, case: CaseView) -> bool:
        """Whether files that its citizens sent are theirs to see: whoever may answer the case, or place it."""
        if case.region is None:
            return self.triage()
        return self._may(cases.AnswerCase, region=case.region, authority=case.authority)

    def refuse_duplicate(self, region: str | None) -> bool:
        """Whether it is theirs to say that a case of the region is no duplicate."""
        return region is not None and self._may(RefuseDuplicate, region=region)

    def take_calls(self) -> bool:
        """Whether they may write down what callers say to the hotline."""
        return self._actor is not None and self._actor.role == "operator"

    def settle(self) -> bool:
        return self._actor is not None and self._may(ReplayDeadLetter, region=self._actor.scope)

    def directive(self, region: str) -> bool:
        return self._may(cases.AnswerDirective, region=region)

    def answer_prevention(self, region: str, authority: str) -> bool:
        """Whether prevention orders of an authority in a region are theirs to answer."""
        return self._may(AnswerPrevention, region=region, authority=authority)

    def _arbiter(self, history: History) -> bool:
        """Whether the dispute is theirs to decide: between regions the centre's, else the region's."""
        found, federal = dispute_of(history), self._actor is not None and self._actor.role == "federal"
        return found is not None and federal == (found["arbiter"] == "federal")

    def actions(self, case: CaseView, history: History, now: datetime) -> list[CaseAction]:
        """What they may order about a case as it stands: what its region would take from them."""
        return [
            action
            for action, command in possible(case, history, now)
            if self._may(command, region=case.region, authority=case.authority)
            and (action.name != "settle" or self._arbiter(history))
            and (action.name != "transfer" or self.passes_to(case, history))
            and (action.name != "dispute" or self.disputes_with(case, history))
        ]

    def passes_to(self, case: CaseView, history: History) -> frozenset[Arbiter]:
        """To whose authorities they may pass a case on: of its own region (`region`), of others (`federal`)."""
        passed = passed_on(history)
        return frozenset(one for one in self._takers(case) if passed.may_go_on(one, self._role))

    def disputes_with(self, case: CaseView, history: History) -> frozenset[Arbiter]:
        """The arbiters whom they may ask whose it is, if it may be an authority's that they decide about."""
        passed = passed_on(history)
        return frozenset(one for one in self._takers(case) if passed.may_be_disputed(one, self._role))

    @property
    def _role(self) -> str:
        return self._actor.role if self._actor is not None else ""

    def _takers(self, case: CaseView) -> frozenset[Arbiter]:
        """Who decides between the holder and any other authority."""
        others = [a for a in self._federation.authorities if a.id != case.authority]
        return frozenset("region" if a.serves(case.region or "") else "federal" for a in others)
