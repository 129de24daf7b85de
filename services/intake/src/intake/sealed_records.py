"""What is kept of a conversation and of a message: contact, name and original text are sealed by the vault."""

from __future__ import annotations

from common.contracts.events.channel import Contact

from intake.conversation import Conversation, MessageDecision
from intake.domain import Incoming
from intake.store import KeptConversation, Message
from intake.vault import Vault


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
        )

    def contact(self, kept: KeptConversation) -> Contact:
        return Contact.model_validate_json(self._vault.open(kept.contact, kept.case_id, kept.key_id))

    def conversation(self, kept: KeptConversation) -> str:
        """Its name on its channel."""
        return self._vault.open(kept.conversation, _name_of(kept.case_id), kept.key_id)


def _name_of(case_id: str) -> str:
    """About what a conversation's own name is sealed."""
    return f"conversation of {case_id}"
