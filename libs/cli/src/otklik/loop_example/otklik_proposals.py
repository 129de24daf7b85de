"""What a loop proposes, as a signed record."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

PROPOSE = "rules.proposal.propose.v1"
COMMANDS = "rules.commands"


@dataclass(frozen=True)
class Proposal:
    """A change of rows of one table of one layer. Rows are cells as text, as the rulebook's page shows them."""

    id: str
    """The same for the same thing, so that it is not said twice."""
    title: str
    words: str
    layer: str
    table: str
    changes: tuple[Mapping[str, Any], ...]
    values: tuple[str, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    forecast: Mapping[str, Any] | None = None


def derived_id(*parts: str) -> str:
    """The same for the same parts."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "|".join(parts)))


def command(proposal: Proposal, loop: str, base_number: int) -> bytes:
    """The body of the record that proposes."""
    said = asdict(proposal)
    patch = {name: said.pop(name) for name in ("layer", "table", "changes")} | {"base_number": base_number}
    about = {"proposal_id": said.pop("id"), "loop": loop, "actor": {"id": loop, "role": "loop"}}
    return json.dumps({**said, **about, "patch": patch}).encode()


def netstrings(parts: Iterable[bytes]) -> bytes:
    return b"".join(b"%d:%b," % (len(part), part) for part in parts)


def signed(key: Ed25519PrivateKey, principal: str, proposal_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """The headers of a record on rules.commands, whose key is the proposal's id."""
    record_id, moment = derived_id("record", principal, proposal_id), now.astimezone(UTC)
    texts = (
        "otklik command", principal, COMMANDS, record_id, PROPOSE, proposal_id, moment.isoformat(), proposal_id,
    )  # fmt: skip
    signature = key.sign(netstrings([*(text.encode() for text in texts), body]))
    return {
        "ce_specversion": "1.0", "ce_id": record_id, "ce_source": principal, "ce_type": PROPOSE,
        "ce_time": moment.isoformat(), "ce_subject": proposal_id, "content-type": "application/json",
        "ce_signature": f"{principal}:{base64.b64encode(signature).decode()}",
    }  # fmt: skip


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The loop's private key. Raises ValueError."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} is not an Ed25519 key")
    return key
