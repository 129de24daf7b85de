"""Load what a batch's voices and notices about proposals are about, decide each, save, and hand them to the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope
from common.contracts.events.channel import MessageReceived, VoiceReceived
from common.contracts.events.deliberation import CitizenToBeTold, CitizenToBeToldOfIdea, DeliberationOpened
from common.contracts.events.intake import VoiceNoted
from common.messaging.consume.time_bounds import Timeliness

from intake import key_store, store, voice_store
from intake.citizen_keys import CitizenKeys
from intake.conversation import MessageDecision
from intake.domain import TOPIC, Incoming, IntakeRules
from intake.phrasing import Phrasing
from intake.proposal_kinds import PROPOSAL_KINDS
from intake.proposal_notices import ProposalNews, ProposalNotices, news_of
from intake.sealed_records import KeptVoice, SealedRecords
from intake.store import KeptConversation
from intake.vault import Vault
from intake.voice_store import GivenVoice, OpenedProposal, ToldProposal, VoiceConversation
from intake.voices import Asked, VoiceDecision, as_voice, decide_voice, reference_in, takes_idea_back, voice_on

VOICES = "intake.voices"


@dataclass
class Voices:
    """What is known of one batch, and what is to be saved of it."""

    conversations: dict[bytes, VoiceConversation]
    asked: dict[bytes, Asked]
    opened: dict[str, OpenedProposal]
    """By reference: those that words of this batch name."""
    begun: list[VoiceConversation] = field(default_factory=list)
    kept: list[KeptVoice] = field(default_factory=list)


class VoiceHandler:
    """Everything about voices and about notices of proposals."""

    def __init__(
        self, vault: Vault, keys: CitizenKeys, sealed: SealedRecords, rules: IntakeRules, phrasing: Phrasing
    ) -> None:
        self._keys = keys
        self._sealed = sealed
        self._rules = rules
        self._notices = ProposalNotices(vault, sealed, phrasing)

    async def load(
        self, batch: Sequence[Delivery], threads: Iterable[bytes], db: asyncpg.Connection,
        since: datetime | None = None,
    ) -> Voices:  # fmt: skip
        """What is known of these conversations, once the deliberations that the batch opens are kept; those that ended
        until `since` are forgotten."""
        opened = [
            OpenedProposal(e.proposal_id, e.reference, e.latest)
            for d in batch
            if isinstance(e := d.event, DeliberationOpened)
        ]
        if opened:
            await voice_store.keep_opened(db, opened)
        wanted = set(threads)
        if not wanted:
            return Voices({}, {}, {})
        texts = (d.event.text for d in batch if isinstance(d.event, MessageReceived))
        named = {reference for text in texts if (reference := reference_in(text)) is not None}
        return Voices(
            conversations=await voice_store.voice_conversations(db, wanted),
            asked=await voice_store.asked(db, wanted),
            opened=await voice_store.opened_among(db, named, since) if named else {},
        )

    def voice_of(
        self, incoming: Incoming, thread: bytes, conversation: KeptConversation | None, work: Voices
    ) -> Incoming | None:  # fmt: skip
        """What came in as a voice; None for a message about a case. `conversation` is the one that it names, where that
        is about a case."""
        if isinstance(incoming.event, VoiceReceived):
            return incoming
        if not isinstance(incoming.event, MessageReceived):
            return None
        asked = work.asked.get(thread)
        about = voice_on(incoming.event, about_a_case=conversation is not None, asked=asked, opened=work.opened)
        if about is None and not takes_idea_back(incoming.event.text):
            return None
        return replace(incoming, event=as_voice(incoming.event, about))

    def receive(
        self, incoming: Incoming, raw: bytes, thread: bytes, conversation: KeptConversation | None, work: Voices,
        clock: Timeliness,
    ) -> MessageDecision | VoiceDecision:  # fmt: skip
        """Decide a voice; what is taken of it goes into `work`. It opens no case."""
        begun = conversation or work.conversations.get(thread)
        decision = decide_voice(begun, work.asked.get(thread), incoming, self._rules, clock)
        if isinstance(decision, VoiceDecision):
            if begun is None:
                work.conversations[thread] = kept = self._sealed.keep_voice_conversation(decision, incoming, thread)
                work.begun.append(kept)
            work.kept.append(self._sealed.keep_voice(decision, incoming, thread, raw))
        return decision

    def given(self, decision: VoiceDecision, incoming: Incoming) -> list[Emit]:
        """What others hear of a voice that is taken."""
        event, cause, at = decision.event, incoming.cause, decision.at
        emits = [Emit(VOICES, incoming.citizen, event, cause, at)]
        if incoming.by_edge:
            noted = VoiceNoted(
                message_id=decision.voice_id, channel=incoming.channel, state="given", proposal=event.proposal
            )
            emits.append(Emit(TOPIC, decision.voice_id, noted, cause, at))
        return emits

    async def save(self, work: Voices, db: asyncpg.Connection) -> None:
        if work.begun:
            await voice_store.add_voice_conversations(db, work.begun)
        if work.kept:
            await store.add_messages(db, [one.message for one in work.kept])
            await voice_store.add_voices(db, [one.given for one in work.kept])

    async def tell(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        """Notices about proposals: where the voice came from that each answers, else where its citizen spoke last.

        Whoever never spoke here is told nothing.
        """
        wanted = [(d, news_of(d.event)) for d in batch if isinstance(d.event, CitizenToBeTold | CitizenToBeToldOfIdea)]
        asked = [(delivery, news) for delivery, news in wanted if news.kind in PROPOSAL_KINDS]
        if not asked:
            return []
        answered = {news.answers for _, news in asked if news.answers is not None}
        voices = await voice_store.given_voices(db, answered) if answered else {}
        by_thread = await voice_store.addressed(db, {v.thread for v in voices.values()}) if voices else {}
        elsewhere = {news.citizen for _, news in asked if news.answers not in voices}
        by_citizen = await voice_store.last_addressed(db, elsewhere) if elsewhere else {}
        used = [one.key_id for one in (*by_thread.values(), *by_citizen.values())]
        await key_store.hold(db, self._keys, used + [v.key_id for v in voices.values() if v.key_id is not None])
        emits: list[Emit] = []
        told: dict[bytes, ToldProposal] = {}
        for delivery, news in asked:
            voice = voices.get(news.answers) if news.answers is not None else None
            to = by_thread.get(voice.thread) if voice is not None else by_citizen.get(news.citizen)
            if to is None or to.citizen != news.citizen or not self._keys.opens(to.key_id):
                continue
            emits.append(self._notices.notice(news, to, voice, delivery.envelope))
            if voice is not None and voice.by_edge:
                emits.append(_noted(voice, news, to.channel, delivery.envelope))
            now = self._notices.told(news, to)
            if now.proposal_id is not None or to.thread not in told:
                told[to.thread] = now
        await voice_store.told(db, list(told.values()))
        return emits


def _noted(voice: GivenVoice, news: ProposalNews, channel: str, cause: Envelope) -> Emit:
    noted = VoiceNoted(
        message_id=voice.voice_id, channel=channel, state=news.kind, proposal=news.reference or None
    )  # fmt: skip
    return Emit(TOPIC, voice.voice_id, noted, cause, cause.time)
