"""What the public and its officials do about a proposed change: pure, from a seeded model, all marked synthetic.

Residents who were told of a proposal answer where they were told; some more speak by the web; in the last quarter of
the term all of them judge what others said. Heads of the regions and
the centre say their word, answer what is asked of them, decide by what was said, and look at a change again on its
date.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from common.contracts.envelope import derived_id
from common.contracts.events.archive import ForecastScored
from common.contracts.events.base import Actor, Command
from common.contracts.events.channel import Contact, ProposalNoticeIssued, VoiceReceived
from common.contracts.events.deliberation import (
    AnswerObjection,
    DeliberationClosed,
    DeliberationOpened,
    GiveVoice,
    VoiceCounted,
)
from common.contracts.events.rules import DecideProposal, ProposalChecked, ReviewChange, ReviewFell
from common.federation.country import Federation
from common.rulebook.release import NATIONAL

from world.citizens import WEB, CitizenRecord
from world.desks import DeskOrder, DeskStep, Word
from world.judging import Judging, Resident
from world.log_requests import Chance

RULES = "rules.commands"
DELIBERATION = "deliberation.commands"
UNASKED = timedelta(days=3)
"""How long an official thinks where the rulebook asks nobody."""
DECIDED_AFTER = timedelta(hours=8)
"""After a deliberation, and after a score that fell short."""
ANSWERED_AFTER = timedelta(hours=5)
REPLY_SHARE = 0.4
"""Of the residents who are told of a proposal: how many answer."""
SUPPORT_SHARE = 0.8
JUDGED_AT = 0.75
"""Of the term: when residents judge what others said."""
MORE_VOICES = 3
"""Residents who speak by the web, beyond the quorum."""
OFFICIALS = {"region": "regional_head", "federal": "federal", "expert": "expert", "organisation": "organisation"}
"""Whose people speak for a role of the deliberation."""
FOR = ("I am for it.", "For: it takes weeks until the right office has it.", "I support this.")
AGAINST = ("Against, because I fear that our street is forgotten.", "Against, because the new office is far away.")


class Public:
    """Each step comes with a name of its own: who does what about which proposal, once."""

    def __init__(self, federation: Federation, seed: int, draw: Chance) -> None:
        self._federation = federation
        self._seed = seed
        self._draw = draw
        self._people = [Actor(id=p.id, role=p.role, scope=p.scope) for p in federation.people]
        self._asked = any("deliberation" in release.tables for release in federation.base_releases())
        self._layer: dict[str, str] = {}
        self._judging: dict[str, Judging] = {}
        """By the proposal's id."""
        self._actual: dict[str, float] = {}

    def checked(self, event: ProposalChecked, at: datetime) -> Iterator[tuple[str, DeskStep]]:
        """Where the rulebook asks nobody, an official accepts after some days."""
        self._layer[event.proposal_id] = event.patch.layer
        if not self._asked:
            yield from self._decide(event.proposal_id, at + UNASKED, accept=True, reason="Nobody need be asked.")

    def opened(self, event: DeliberationOpened, at: datetime) -> Iterator[tuple[str, DeskStep]]:
        """Residents and officials speak in the first half of the term."""
        self._layer[event.proposal_id] = event.layer
        half = (event.until - at) / 2
        when = event.opened_at + JUDGED_AT * (event.until - event.opened_at)
        self._judging.setdefault(event.proposal_id, Judging(event.reference, when))
        if "citizen" in event.terms.speakers:
            for number in range(event.terms.quorum.get("citizen", 0) + MORE_VOICES):
                yield self._resident(event, at, half, number)
        for role, needed in sorted(event.terms.quorum.items()):
            for number, actor in enumerate(self._speaking(role, event.layer)[:needed], 1):
                said = GiveVoice(
                    actor=actor, proposal_id=event.proposal_id, stance="support", synthetic=True,
                    words="The cases that were passed on say so.",
                )  # fmt: skip
                yield self._order(event.proposal_id, at + half * (number / (needed + 1)), DELIBERATION, said, actor.id)

    def told(self, notice: ProposalNoticeIssued, channel: str, at: datetime) -> Iterator[tuple[str, DeskStep]]:
        """A resident who is told of a proposal answers in the same conversation, in plain words, or does not."""
        chance = self._draw(notice.reference, notice.conversation)
        if notice.kind != "opened" or chance.random() >= REPLY_SHARE:
            return
        supports = chance.random() < SUPPORT_SHARE
        words = chance.choice(FOR if supports else AGAINST)
        resident = Resident(notice.conversation, notice.contact, channel, supports)
        self._spoke(notice.proposal_id or "", resident)
        when = at + timedelta(minutes=chance.randint(20, 1200))
        said = VoiceReceived(
            conversation=notice.conversation, contact=notice.contact, proposal=notice.reference, text=words,
            sent_at=when, synthetic=True,
        )  # fmt: skip
        yield self._word(notice.reference, when, channel, said)

    def counted(self, event: VoiceCounted, at: datetime) -> Iterator[tuple[str, DeskStep]]:
        """Whoever may decide answers what is objected or asked, and residents think about what was said."""
        yield from self._judge(event, at)
        actor = self._decider(self._layer.get(event.proposal_id, NATIONAL))
        if actor is None or event.stance not in ("object", "question"):
            return
        said = AnswerObjection(
            actor=actor, proposal_id=event.proposal_id, voice_id=event.voice_id, synthetic=True,
            words="The trial will show it: if cases are passed on more often, the change is taken back by itself.",
        )  # fmt: skip
        yield self._order(event.proposal_id, at + ANSWERED_AFTER, DELIBERATION, said, event.voice_id)

    def closed(self, event: DeliberationClosed, at: datetime) -> Iterator[tuple[str, DeskStep]]:
        """The decision follows the greater number of voices. Where many came in a burst, that of the others, if they
        come to a decision without them."""
        if event.outcome != "may_be_decided":
            return
        others = event.without_bursts
        sides: Counter[str] = Counter()
        for role in event.counts if others is None else others.counts:
            sides.update(support=role.support, object=role.object)
        accept = sides["support"] >= sides["object"] and (others is None or others.reason == "supported")
        how = "the objections were answered" if others is None else "without voices that came in a burst"
        reason = f"{sides['support']} for it, {sides['object']} against; {how}."
        yield from self._decide(event.proposal_id, at + DECIDED_AFTER, accept=accept, reason=reason)

    def scored(self, event: ForecastScored) -> None:
        """What came of a change, for the review."""
        if event.actual is not None:
            self._actual[event.proposal_id] = event.actual

    def review_fell(self, event: ReviewFell, at: datetime) -> Iterator[tuple[str, DeskStep]]:
        """A change that did some good is kept, though it promised more; one that did none is taken back."""
        actor = self._decider(self._layer.get(event.proposal_id, NATIONAL))
        if actor is None:
            return
        actual = self._actual.get(event.proposal_id)
        keep = actual is None or actual > 0
        reason = "It promised more than came, but it did good." if keep else "It did not do what it promised."
        said = ReviewChange(actor=actor, proposal_id=event.proposal_id, keep=keep, reason=reason, synthetic=True)
        yield self._order(event.proposal_id, at + DECIDED_AFTER, RULES, said, "review")

    def _decide(self, proposal_id: str, at: datetime, *, accept: bool, reason: str) -> Iterator[tuple[str, DeskStep]]:
        actor = self._decider(self._layer[proposal_id])
        if actor is not None:
            said = DecideProposal(actor=actor, proposal_id=proposal_id, accept=accept, reason=reason, synthetic=True)
            yield self._order(proposal_id, at, RULES, said, "decide")

    def _decider(self, layer: str) -> Actor | None:
        """The region's head, or the federal centre."""
        heads = [p for p in self._people if p.role == "regional_head" and p.scope == layer]
        return next(iter([*heads, *(p for p in self._people if p.role == "federal")]), None)

    def _speaking(self, role: str, layer: str) -> list[Actor]:
        """A region's own head speaks on its overlay, all of them on the nation's layer."""
        found = [p for p in self._people if p.role == OFFICIALS.get(role)]
        return [p for p in found if layer == NATIONAL or p.scope in (layer, "*")]

    def _resident(
        self, event: DeliberationOpened, at: datetime, half: timedelta, number: int
    ) -> tuple[str, DeskStep]:  # fmt: skip
        chance = self._draw(event.proposal_id, "resident", number)
        stance = "support" if chance.random() < SUPPORT_SHARE else "object"
        when = at + half * chance.random()
        said = VoiceReceived(
            conversation=f"voice-{event.reference}-{number}-{self._seed}",
            contact=Contact(address=f"resident-{chance.randrange(10_000_000)}@example.org"),
            proposal=event.reference, stance=stance, sent_at=when, synthetic=True,
            text=chance.choice(FOR if stance == "support" else AGAINST),
        )  # fmt: skip
        channels = [c.id for c in self._federation.channels]
        channel = WEB if WEB in channels else channels[0]
        self._spoke(event.proposal_id, Resident(said.conversation, said.contact, channel, stance == "support"))
        return self._word(event.reference, when, channel, said)

    def _spoke(self, proposal_id: str, resident: Resident) -> None:
        if proposal_id in self._judging:
            self._judging[proposal_id].residents.setdefault(resident.conversation, resident)

    def _judge(self, event: VoiceCounted, at: datetime) -> Iterator[tuple[str, DeskStep]]:
        """Once each, of all that is published until then: a later step takes the place of one of the same name."""
        about = self._judging.get(event.proposal_id)
        if about is None or at > about.at or not about.heard(event):
            return
        for resident in about.residents.values():
            said = about.verdicts(resident, self._draw, in_words=resident.channel != WEB)
            yield self._word(about.reference, about.at, resident.channel, said, "judgement")

    def _word(
        self, reference: str, at: datetime, channel: str, said: VoiceReceived, what: str = "voice"
    ) -> tuple[str, DeskStep]:
        name = f"{what}:{reference}:{said.conversation}"
        event_id = derived_id("world", str(self._seed), name)
        record = CitizenRecord(event_id, at, channel, said.conversation, said, False, name)
        return name, Word(at, name, 0, record)

    def _order(
        self, proposal_id: str, at: datetime, topic: str, command: Command, about: str
    ) -> tuple[str, DeskStep]:  # fmt: skip
        name = f"{command.type}:{proposal_id}:{about}"
        return name, DeskOrder(at, proposal_id, 0, topic, command, about)
