"""What an outsider's record is called on our side: nothing that an outsider chose goes past the vault."""

from __future__ import annotations

import re
from dataclasses import replace

from common.envelope import Envelope

from intake.vault import Vault

OWN_SOURCES = ("intake", "world")
"""Principals of ours that write to channels' topics: the HTTP edge, and in demos and replays the outside world."""
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Border:
    """Gives records of channels ids of ours. `own_channels` are the federation's."""

    def __init__(self, vault: Vault, own_channels: frozenset[str]) -> None:
        self._vault = vault
        self._own_channels = own_channels

    def cause(self, envelope: Envelope, channel: str) -> Envelope:
        """The envelope as others may see it.

        Ids that our own principals derived are kept. Any other id is replaced by one that stands for channel, source
        and id together, and correlation begins anew with it; a channel that was plugged in speaks for itself alone,
        whatever source it names.
        """
        if envelope.source in OWN_SOURCES and channel in self._own_channels and UUID.fullmatch(envelope.id):
            return replace(envelope, subject=envelope.id, correlation_id=envelope.id, causation_id=None)
        hidden = self._vault.hidden_id(channel, envelope.source, envelope.id)
        return replace(
            envelope, id=hidden, source=f"channel/{channel}", subject=hidden, correlation_id=hidden, causation_id=None
        )
