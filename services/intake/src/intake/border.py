"""What an outsider's record is called on our side: nothing that an outsider chose goes past the vault."""

from __future__ import annotations

import re

from common.contracts.attachments import Attachment, attachment_of
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events.channel import MessageReceived
from common.contracts.ids import message_id_of
from common.contracts.signing import SignatureRefused, Verifier

from intake.vault import Vault

EDGE = "channels"
"""The principal of our own edges; it signs what it brings."""
WORLD = "world"
"""The principal of the outside world in demos and replays; installations for real have none."""
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Border:
    """Gives records of channels ids of ours. `own_channels` are the federation's."""

    def __init__(self, vault: Vault, verifier: Verifier, own_channels: frozenset[str]) -> None:
        self._vault = vault
        self._verifier = verifier
        self._own_channels = own_channels

    def cause(self, delivery: Delivery, channel: str) -> Envelope:
        """The envelope as others may see it.

        Ids that our own principals derived are kept. Any other id is replaced by one that stands for channel, source
        and id together, and correlation begins anew with it; a channel that was plugged in speaks for itself alone,
        whatever source it names.
        """
        envelope = delivery.envelope
        if self._ours(delivery, channel):
            return _named(envelope, envelope.id, envelope.source)
        hidden = self._vault.hidden_id(channel, envelope.source, envelope.id)
        return _named(envelope, hidden, f"channel/{channel}")

    def earlier(self, delivery: Delivery, channel: str, named: str) -> tuple[str, ...]:
        """What a message that its sender calls so may be known as: by the sender's own id of it, and over HTTP also by
        the id that the edge gave."""
        source = delivery.envelope.source
        if self._ours(delivery, channel):
            return message_id_of(source, named), named
        return (message_id_of(f"channel/{channel}", self._vault.hidden_id(channel, source, named)),)

    def attachments(self, event: MessageReceived, channel: str) -> tuple[Attachment, ...]:
        """Of the files that a message names, each once, those that our edges keep for this channel."""
        found = (attachment_of(name, channel, self._verifier) for name in dict.fromkeys(event.attachments))
        return tuple(one for one in found if one is not None)

    def _ours(self, delivery: Delivery, channel: str) -> bool:
        """Whether a record is one of our own: an edge proves it, whoever else names it as the source."""
        envelope = delivery.envelope
        if channel not in self._own_channels or not UUID.fullmatch(envelope.id):
            return False
        if envelope.source == EDGE:
            return self._proven(delivery)
        return envelope.source == WORLD

    def _proven(self, delivery: Delivery) -> bool:
        try:
            return self._verifier.prove(delivery) == EDGE
        except SignatureRefused:
            return False


def _named(envelope: Envelope, name: str, source: str) -> Envelope:
    """A new envelope: what it does not take from the outsider's is left behind."""
    return Envelope(
        id=name, source=source, type=envelope.type, time=envelope.time, subject=name, correlation_id=name,
        traceparent=envelope.traceparent, outside_id=envelope.outside_id,
    )  # fmt: skip
