"""What is kept of a conversation and of a message: contact, name and original text are sealed by the vault."""

from __future__ import annotations

from common.contracts.events.channel import Contact
from common.contracts.frozen import value

from intake.conversation import Conversation, MessageDecision
from intake.domain import Incoming
from intake.store import KeptConversation, Message
from intake.vault import Vault
from intake.voice_store import Addressee, GivenVoice, VoiceConversation
from intake.voices import VoiceDecision

VOICE = "voice"
"""The state of a message that was a voice on a proposal."""


@value
class KeptVoice:
    """What is kept of a voice: the words, and where it came from."""

    message: Message
    given: GivenVoice


class SealedRecords:
    """Seals what came in, and opens it where a notice has to reach somebody."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def keep_conversation(self, begun: Conversation, incoming: Incoming, thread: bytes) -> KeptConversation:
        event, case_id = incoming.event, begun.case_id
        return KeptConversation(
            channel=begun.channel, case_id=case_id, reference=begun.reference, citizen=begun.citizen,
            language=begun.language, correlation_id=begun.correlation_id, begun_at=begun.begun_at,
            by_edge=begun.by_edge, thread=thread, key_id=self._vault.key_id,
            conversation=self._vault.seal(event.conversation, _name_of(case_id)),
            contact=self._vault.seal(event.contact.model_dump_json(), case_id),
        )  # fmt: skip

    def keep_message(self, decision: MessageDecision, incoming: Incoming, raw: bytes) -> Message:
        """`raw` is its body as it came."""
        return Message(
            id=decision.message_id,
            case_id=decision.conversation.case_id if decision.conversation else None,
            channel=incoming.channel,
            state="refused" if decision.refusal else "registered",
            reason=decision.refusal.reason if decision.refusal else None,
            original=self._vault.seal(raw.decode(), decision.message_id),
            key_id=self._vault.key_id,
            received_at=decision.at,
            citizen=incoming.citizen,
        )

    def keep_voice_conversation(
        self, decision: VoiceDecision, incoming: Incoming, thread: bytes
    ) -> VoiceConversation:  # fmt: skip
        event, opening = incoming.event, decision.voice_id
        return VoiceConversation(
            thread=thread, channel=incoming.channel, opening=opening, citizen=incoming.citizen,
            conversation=self._vault.seal(event.conversation, _name_of(opening)),
            contact=self._vault.seal(event.contact.model_dump_json(), opening),
            language=decision.language, key_id=self._vault.key_id, by_edge=incoming.by_edge, spoken_at=decision.at,
        )  # fmt: skip

    def keep_voice(self, decision: VoiceDecision, incoming: Incoming, thread: bytes, raw: bytes) -> KeptVoice:
        """`raw` is its body as it came."""
        voice_id, named = decision.voice_id, incoming.cause.outside_id
        outside_id = None if named is None else self._vault.seal_bytes(named.encode(), _outside_id_of(voice_id))
        message = Message(
            id=voice_id, case_id=None, channel=incoming.channel, state=VOICE, reason=None,
            original=self._vault.seal(raw.decode(), voice_id), key_id=self._vault.key_id, received_at=decision.at,
            citizen=incoming.citizen,
        )  # fmt: skip
        return KeptVoice(message, GivenVoice(voice_id, thread, outside_id, incoming.by_edge))

    def outside_id(self, voice: GivenVoice) -> str | None:
        """What its sender called a voice."""
        if voice.outside_id is None:
            return None
        return self._vault.open_bytes(voice.outside_id, _outside_id_of(voice.voice_id)).decode()

    def contact(self, kept: KeptConversation | Addressee) -> Contact:
        return Contact.model_validate_json(self._vault.open(kept.contact, _opening(kept), kept.key_id))

    def conversation(self, kept: KeptConversation | Addressee) -> str:
        """Its name on its channel."""
        return self._vault.open(kept.conversation, _name_of(_opening(kept)), kept.key_id)


def _opening(kept: KeptConversation | Addressee) -> str:
    """About what a conversation's contact is sealed."""
    return kept.case_id if isinstance(kept, KeptConversation) else kept.opening


def _name_of(opening: str) -> str:
    """About what a conversation's own name is sealed."""
    return f"conversation of {opening}"


def _outside_id_of(voice_id: str) -> str:
    """About what the sender's own id of a voice is sealed."""
    return f"outside id of {voice_id}"
