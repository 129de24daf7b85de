"""What is kept of a conversation and of a message: contact, name and original text are sealed by the vault."""

from __future__ import annotations

import json

from common.contracts.events.channel import Contact
from common.contracts.frozen import value

from intake.citizen_keys import CitizenKeys
from intake.conversation import Conversation, MessageDecision
from intake.domain import Incoming, message_id_of, to_reader
from intake.parts import RegisteredPart
from intake.store import KeptConversation, Message
from intake.voice_store import Addressee, GivenVoice, VoiceConversation
from intake.voices import VoiceDecision

ANSWER = "answer"
"""The state of a message that said which case another one is about."""
PART = "part"
"""The state of a part that a person divided off a message."""
VOICE = "voice"
"""The state of a message that was a voice on a proposal."""


@value
class KeptVoice:
    """What is kept of a voice: the words, and where it came from."""

    message: Message
    given: GivenVoice


class SealedRecords:
    """Seals what came in under its citizen's key, and opens it where a notice has to reach somebody. The keys must be
    held."""

    def __init__(self, keys: CitizenKeys) -> None:
        self._keys = keys

    def keep_conversation(self, begun: Conversation, incoming: Incoming, thread: bytes) -> KeptConversation:
        event, case_id, key_id = incoming.event, begun.case_id, self._keys.of(begun.citizen)
        return KeptConversation(
            channel=begun.channel, case_id=case_id, reference=begun.reference, citizen=begun.citizen,
            language=begun.language, correlation_id=begun.correlation_id, begun_at=begun.begun_at,
            by_edge=begun.by_edge, thread=thread, key_id=key_id,
            conversation=self._keys.seal(event.conversation, _name_of(case_id), key_id),
            contact=self._keys.seal(incoming.contact.model_dump_json(exclude_none=True), case_id, key_id),
        )  # fmt: skip

    def keep_part(self, part: RegisteredPart, whole: KeptConversation) -> tuple[KeptConversation, Message]:
        """The citizen's thread about a part of a message, and the part's words as they were divided off."""
        about, said, key_id = part.conversation, part.event, self._keys.of(whole.citizen)
        own = {name: getattr(about, name) for name in Conversation.__dataclass_fields__}
        kept = KeptConversation(
            **own, thread=whole.thread, key_id=key_id,
            conversation=self._keys.seal(self.conversation(whole), _name_of(about.case_id), key_id),
            contact=self._keys.seal(self.contact(whole).model_dump_json(), about.case_id, key_id),
        )  # fmt: skip
        body = json.dumps({"text": said.text, "part_of": whole.reference}, ensure_ascii=False)
        message = Message(
            id=said.message_id, case_id=about.case_id, channel=about.channel, state=PART, reason=None,
            original=self._keys.seal(body, said.message_id, key_id), key_id=key_id, received_at=said.received_at,
            citizen=whole.citizen,
        )  # fmt: skip
        return kept, message

    def keep_message(self, decision: MessageDecision, incoming: Incoming, raw: bytes) -> Message:
        """`raw` is its body as it came."""
        key_id = self._keys.of(incoming.citizen)
        return Message(
            id=decision.message_id,
            case_id=decision.conversation.case_id if decision.conversation else None,
            channel=incoming.channel,
            state="refused" if decision.refusal else "registered",
            reason=decision.refusal.reason if decision.refusal else None,
            original=self._keys.seal(raw.decode(), decision.message_id, key_id),
            key_id=key_id,
            received_at=decision.at,
            citizen=incoming.citizen,
        )

    def keep_answer(self, incoming: Incoming, case_id: str, raw: bytes) -> Message:
        """A word that says which case another message is about, as it came."""
        message_id, key_id = message_id_of(incoming.cause), self._keys.of(incoming.citizen)
        return Message(
            id=message_id, case_id=case_id, channel=incoming.channel, state=ANSWER, reason=None,
            original=self._keys.seal(raw.decode(), message_id, key_id), key_id=key_id,
            received_at=incoming.event.sent_at, citizen=incoming.citizen,
        )  # fmt: skip

    def keep_voice_conversation(
        self, decision: VoiceDecision, incoming: Incoming, thread: bytes
    ) -> VoiceConversation:  # fmt: skip
        event, opening, key_id = incoming.event, decision.voice_id, self._keys.of(incoming.citizen)
        return VoiceConversation(
            thread=thread, channel=incoming.channel, opening=opening, citizen=incoming.citizen,
            conversation=self._keys.seal(event.conversation, _name_of(opening), key_id),
            contact=self._keys.seal(incoming.contact.model_dump_json(exclude_none=True), opening, key_id),
            language=decision.language, key_id=key_id, by_edge=incoming.by_edge, spoken_at=decision.at,
        )  # fmt: skip

    def keep_voice(self, decision: VoiceDecision, incoming: Incoming, thread: bytes, raw: bytes) -> KeptVoice:
        """`raw` is its body as it came."""
        voice_id, named, key_id = decision.voice_id, incoming.cause.outside_id, self._keys.of(incoming.citizen)
        outside_id = None if named is None else self._keys.seal(named, _outside_id_of(voice_id), key_id)
        message = Message(
            id=voice_id, case_id=None, channel=incoming.channel, state=VOICE, reason=None,
            original=self._keys.seal(raw.decode(), voice_id, key_id), key_id=key_id, received_at=decision.at,
            citizen=incoming.citizen,
        )  # fmt: skip
        return KeptVoice(message, GivenVoice(voice_id, thread, outside_id, incoming.by_edge, key_id))

    def outside_id(self, voice: GivenVoice) -> str | None:
        """What its sender called a voice."""
        if voice.outside_id is None:
            return None
        about = _outside_id_of(voice.voice_id)
        if voice.key_id is None:
            return self._keys.open_older(voice.outside_id, about)
        return self._keys.open(voice.outside_id, about, voice.key_id)

    def contact(self, kept: KeptConversation | Addressee) -> Contact:
        return Contact.model_validate_json(self._keys.open(kept.contact, _opening(kept), kept.key_id))

    def reader(self, kept: KeptConversation | Addressee) -> Contact:
        """The contact of whoever is told something there, in their language."""
        return to_reader(self.contact(kept), kept.language)

    def conversation(self, kept: KeptConversation | Addressee) -> str:
        """Its name on its channel."""
        return self._keys.open(kept.conversation, _name_of(_opening(kept)), kept.key_id)


def _opening(kept: KeptConversation | Addressee) -> str:
    """About what a conversation's contact is sealed."""
    return kept.case_id if isinstance(kept, KeptConversation) else kept.opening


def _name_of(opening: str) -> str:
    """About what a conversation's own name is sealed."""
    return f"conversation of {opening}"


def _outside_id_of(voice_id: str) -> str:
    """About what the sender's own id of a voice is sealed."""
    return f"outside id of {voice_id}"
