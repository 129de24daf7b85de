"""Which records of channels are our own edges': those that the principal `channels` signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope, derived_id
from common.contracts.events.channel import Contact, MessageReceived
from common.contracts.signing import Signer, Verifier, generate_key
from intake.border import EDGE, Border
from intake.vault import Vault

NOW = datetime(2011, 7, 1, tzinfo=UTC)
EVENT = MessageReceived(conversation="a", contact=Contact(address="x"), text="A hole", sent_at=NOW)
ENVELOPE = Envelope(derived_id("m1"), EDGE, EVENT.type, NOW, "a", derived_id("m1"))


def delivered(envelope: Envelope, key: str = "a", body: bytes = EVENT.wire()) -> Delivery:
    return Delivery(envelope, EVENT, "channel.web.inbound", 0, 0, key, body)


def test_only_what_the_edges_signed_keeps_its_id(tmp_path: Path) -> None:
    for principal in (EDGE, "world"):
        generate_key(tmp_path, principal)
    signer = Signer.load(tmp_path, EDGE)
    assert signer is not None
    border = Border(Vault(bytes(32), bytes(32)), Verifier.load(tmp_path), frozenset({"web"}))
    signed = signer.sign("channel.web.inbound", "a", ENVELOPE, EVENT.wire())
    own = border.cause(delivered(signed), "web")
    assert (own.source, own.id) == (EDGE, ENVELOPE.id)

    stranger = Signer.load(tmp_path, "world")
    assert stranger is not None
    by_world = stranger.sign("channel.web.inbound", "a", replace(ENVELOPE, source="world"), EVENT.wire())
    forged = [
        delivered(ENVELOPE),
        delivered(replace(ENVELOPE, signature=f"{EDGE}:AAAA")),
        delivered(replace(signed, id=derived_id("m2"))),
        delivered(signed, key="b"),
        delivered(signed, body=EVENT.model_copy(update={"text": "Another"}).wire()),
        delivered(replace(ENVELOPE, signature=by_world.signature)),
        delivered(replace(by_world, source=EDGE)),
    ]
    for one in forged:
        assert border.cause(one, "web").source == "channel/web"
    assert border.cause(delivered(signed), "pigeon-post").source == "channel/pigeon-post"
