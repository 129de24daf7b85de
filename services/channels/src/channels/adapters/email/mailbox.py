"""The channel's settings read once: our addresses, keys, and what lies sealed of each thread."""

from __future__ import annotations

from common.contracts.frozen import value
from common.messaging.sealing import NotSealedHere, Sealer
from common.messaging.settings import SettingsError

from channels.adapters.email.addresses import NoAddress, OurAddresses, same
from channels.adapters.email.mail_keys import MailKeys
from channels.adapters.email.thread import Thread
from channels.edge import Edge
from channels.edge_key import fingerprint

CHANNEL = "email"


@value
class Mailbox:
    """What both directions need."""

    ours: OurAddresses
    keys: MailKeys
    sealer: Sealer

    def sealed(self, conversation: bytes, thread: Thread) -> bytes:
        return self.sealer.seal_bytes(thread.model_dump_json().encode(), conversation.hex())

    def opened(self, conversation: bytes, sealed: bytes | None) -> Thread | None:
        """None for what was sealed under a key that is gone."""
        if sealed is None:
            return None
        try:
            return Thread.model_validate_json(self.sealer.open_bytes(sealed, conversation.hex()))
        except NotSealedHere:
            return None


def mailbox_of(edge: Edge) -> Mailbox | None:
    """None where the settings name no address. Raises SettingsError."""
    try:
        ours = OurAddresses.read(edge.settings.email_addresses)
    except NoAddress:
        raise SettingsError("OTKLIK_EMAIL_ADDRESSES: one of them is no e-mail address") from None
    if not ours.each:
        return None
    sealer = edge.key.sealer("mail threads")
    return Mailbox(ours, MailKeys(edge.key.sealer("mail").hash_key, ours.domain), sealer)


def whose_address(edge: Edge, address: str) -> str:
    """By which an address is known whose owner wants no mails that they did not ask for."""
    return edge.key.event_id("email opt-out", same(address))


def whose(edge: Edge, conversation: str) -> bytes:
    """By which a conversation is known in the database."""
    return fingerprint(edge.key.secret(CHANNEL, conversation))
