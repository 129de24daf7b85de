"""Who speaks, in which conversation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from common.contracts.catalogue import channel_of
from common.contracts.delivery import Delivery
from common.contracts.events.channel import MessageReceived, Said

from intake.border import EDGE, Border
from intake.conversation import Begun
from intake.domain import Incoming
from intake.link_store import Links
from intake.vault import Vault


class Recognising:
    """By address, by conversation, and by the links between channels."""

    def __init__(self, vault: Vault, border: Border) -> None:
        self._vault = vault
        self._border = border

    def senders(self, batch: Sequence[Delivery]) -> Iterable[str]:
        """Pseudonyms of those who said something."""
        for delivery in batch:
            if isinstance(event := delivery.event, Said):
                yield self._vault.pseudonym(channel_of(delivery.topic), event.contact.address)

    def thread(self, delivery: Delivery) -> bytes | None:
        event = delivery.event
        return self._vault.thread(channel_of(delivery.topic), event.conversation) if isinstance(event, Said) else None

    def earlier(self, delivery: Delivery) -> tuple[str, ...]:
        """As what the message may be known that this one is said instead of."""
        event = delivery.event
        if not isinstance(event, MessageReceived) or event.replaces is None:
            return ()
        return self._border.earlier(delivery, channel_of(delivery.topic), event.replaces)

    def recognised(self, incoming: Incoming, begun: Begun | None, thread: bytes, links: Links) -> Incoming:
        """In a conversation its sender is known as whoever began it: under the pseudonym of the address, under that of
        its spelling where it was begun when each had its own, or as whom the conversation was linked to."""
        if begun is None:
            return incoming
        before = self._vault.pseudonym_before(incoming.channel, incoming.event.contact.address)
        own = begun.citizen in (incoming.sender, before)
        if own or links.conversations.get(thread) == (incoming.sender, begun.citizen):
            return replace(incoming, citizen=begun.citizen)
        return incoming

    def incoming(self, event: Said, delivery: Delivery, links: Links) -> Incoming:
        channel = channel_of(delivery.topic)
        cause = self._border.cause(delivery, channel)
        sender = self._vault.pseudonym(channel, event.contact.address)
        return Incoming(
            event=event,
            cause=cause,
            channel=channel,
            citizen=links.citizens.get(sender, sender),
            sender=sender,
            by_edge=cause.source == EDGE,
            appended_at=delivery.appended_at or delivery.envelope.time,
            claimed_at=delivery.envelope.time,
            attachments=self._border.attachments(event, channel) if isinstance(event, MessageReceived) else (),
            earlier=self.earlier(delivery),
        )
