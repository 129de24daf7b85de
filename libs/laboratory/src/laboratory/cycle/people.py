"""What simulated people do about proposals: residents and officials judge by what they can know, not by what is true.

They look at the figures that a proposal shows and at its backtest. Some judge otherwise than these say, whatever they
say. Officials answer objections, decide by the voices, and look at a change again when its review falls due.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from common.contracts.events.archive import ProposalBacktested
from common.contracts.events.base import Actor, Command
from common.contracts.events.deliberation import (
    AnswerObjection,
    DeliberationClosed,
    DeliberationOpened,
    Stance,
    VoiceCounted,
    VoiceRole,
)
from common.contracts.events.rules import DecideProposal, ProposalChecked, ReviewChange
from common.federation.country import Federation
from common.rulebook.release import NATIONAL
from deliberation.model import PEOPLE
from deliberation.voices import Said
from world.log_requests import Chance
from world.public import ANSWERED_AFTER, DECIDED_AFTER, SUPPORT_SHARE

from laboratory.cycle.hearing import Hearing

Leaning = Literal["for", "against", "open"]
RESIDENTS = 6
"""Who speak beyond the quorum."""
BRIGADE = 300
"""False voices, all within so many minutes of one hour and from one channel."""
BRIGADE_MINUTES = 5
BRIGADE_CHANNEL = "web"
SUPPORT = {"for": SUPPORT_SHARE, "against": 1 - SUPPORT_SHARE, "open": 0.5}


class Voice(NamedTuple):
    """A word that will be said about a proposal."""

    at: datetime
    proposal_id: str
    said: Said


class Order(NamedTuple):
    """A command that an official will give, through the portal."""

    at: datetime
    proposal_id: str
    command: Command


Deed = Voice | Order


def leaning(checked: ProposalChecked, backtest: ProposalBacktested) -> Leaning:
    """What the figures say to somebody who reads them: more cases of the evidence ended where it sends them, or more
    of the past were passed on to there than not; fewer late ones by another deadline. A longer limit is as honest to
    some as it is bad to others."""
    evidence, total = checked.evidence, backtest.total
    if "proposed" in evidence and "limit" in evidence:
        return "open" if evidence["proposed"] > evidence["limit"] else "for"
    if "wins" in evidence and "losses" in evidence:
        return "for" if evidence["wins"] > evidence["losses"] else "against"
    if backtest.verdict != "known":
        return "open"
    if total.moved:
        return "for" if 2 * total.saved > backtest.known else "against"
    return "against" if total.late_with > total.late_without else "open"


class People:
    """Everybody who may speak about a proposal; the same for the same seed."""

    def __init__(self, federation: Federation, draw: Chance, *, popular: str | None, brigaded: bool) -> None:
        """`popular`: a proposal that nearly all agree with, whatever it does."""
        self._draw, self._popular, self._brigaded = draw, popular, brigaded
        self._actors = [Actor(id=p.id, role=p.role, scope=p.scope) for p in federation.people]

    def speak(
        self, opened: DeliberationOpened, checked: ProposalChecked, backtest: ProposalBacktested
    ) -> Iterator[Voice]:
        """Residents and officials, in the first half of the term; false voices at one hour of it."""
        found: Leaning = "for" if checked.proposal_id == self._popular else leaning(checked, backtest)
        half = (opened.until - opened.opened_at) / 2
        for role, needed in sorted(opened.terms.quorum.items()):
            if role == "citizen":
                people = [f"resident-{number}" for number in range(needed + RESIDENTS)]
            else:
                people = [a.id for a in self._speaking(role, opened.layer)]
            for person in people:
                chance = self._draw(opened.proposal_id, person)
                share = SUPPORT[found]
                if role != "citizen" and found != "open":
                    share = 1.0 if found == "for" else 0.0
                stance: Stance = "support" if chance.random() < share else "object"
                at = opened.opened_at + half * chance.random()
                channel = chance.choice(("web", "app", "hotline")) if role == "citizen" else None
                yield _voice(at, opened.proposal_id, person, role, stance, channel)
        if self._brigaded:
            yield from self._brigade(opened)

    def _brigade(self, opened: DeliberationOpened) -> Iterator[Voice]:
        side: Stance = "support" if opened.proposal_id == self._popular else "object"
        chance = self._draw(opened.proposal_id, "brigade")
        begin = opened.opened_at + (opened.until - opened.opened_at) * (0.5 + 0.3 * chance.random())
        for number in range(BRIGADE):
            at = begin + timedelta(minutes=BRIGADE_MINUTES) * (number / BRIGADE)
            yield _voice(at, opened.proposal_id, f"false-{number}", "citizen", side, BRIGADE_CHANNEL)

    def answer(self, counted: VoiceCounted, layer: str) -> Iterator[Order]:
        """Who may decide answers what is objected."""
        actor = self._decider(layer)
        if counted.stance == "object" and actor is not None:
            said = AnswerObjection(
                actor=actor, proposal_id=counted.proposal_id, voice_id=counted.voice_id, synthetic=True,
                words="The trial will show it: if it does harm, it is taken back.",
            )  # fmt: skip
            yield Order(counted.given_at + ANSWERED_AFTER, counted.proposal_id, said)

    def decide(self, closed: DeliberationClosed, hearing: Hearing) -> Iterator[Order]:
        """By the greater number of voices, without those of bursts."""
        actor = self._decider(hearing.about.layer)
        if closed.outcome != "may_be_decided" or actor is None:
            return
        sides = hearing.sides(without=closed)
        said = DecideProposal(
            actor=actor, proposal_id=closed.proposal_id, accept=sides["support"] >= sides["object"], synthetic=True,
            reason=f"{sides['support']} for it, {sides['object']} against, without voices that came in a burst.",
        )  # fmt: skip
        yield Order(closed.closed_at + DECIDED_AFTER, closed.proposal_id, said)

    def unasked(self, proposal_id: str, layer: str, at: datetime) -> Iterator[Order]:
        """Where the rules ask nobody, an official accepts."""
        actor = self._decider(layer)
        if actor is not None:
            said = DecideProposal(
                actor=actor, proposal_id=proposal_id, accept=True, reason="Nobody need be asked.", synthetic=True
            )
            yield Order(at + DECIDED_AFTER, proposal_id, said)

    def review(self, proposal_id: str, layer: str, actual: float | None, at: datetime) -> Iterator[Order]:
        """A change that did some good, or of which nothing is known, is kept; one that did none is taken back."""
        actor = self._decider(layer)
        if actor is not None:
            keep = actual is None or actual > 0
            reason = "It did good." if keep else "It did not do what it promised."
            said = ReviewChange(actor=actor, proposal_id=proposal_id, keep=keep, reason=reason, synthetic=True)
            yield Order(at + DECIDED_AFTER, proposal_id, said)

    def _decider(self, layer: str) -> Actor | None:
        heads = [a for a in self._actors if a.role == "regional_head" and a.scope == layer]
        return next(iter([*heads, *(a for a in self._actors if a.role == "federal")]), None)

    def _speaking(self, role: str, layer: str) -> list[Actor]:
        """A region's own people speak about its overlay, those of all regions about the nation's rules."""
        found = [a for a in self._actors if PEOPLE.get(a.role) == role]
        return [a for a in found if layer == NATIONAL or a.scope in (layer, "*")]


def _voice(
    at: datetime, proposal_id: str, person: str, role: str, stance: Stance, channel: str | None
) -> Voice:  # fmt: skip
    voice_role: VoiceRole = next(r for r in ("citizen", *PEOPLE.values()) if r == role)
    said = Said(f"{proposal_id}:{person}", person, voice_role, channel, stance, "As the figures say.", at)
    return Voice(at, proposal_id, said)
