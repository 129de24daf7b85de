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
class Row:
    """A row as it shall be, its cells as text by column, as the rulebook's page shows them.

    The layer's row whose cells are as `match` says gets `cells`; where there is none, one is put before all others.
    """

    match: Mapping[str, str]
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Proposal:
    """A change of rows of one table of one layer."""

    id: str
    """The same for the same thing, so that it is not said twice."""
    title: str
    words: str
    layer: str
    table: str
    rows: tuple[Row, ...]
    values: tuple[str, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    forecast: Mapping[str, Any] | None = None


def derived_id(*parts: str) -> str:
    """The same for the same parts."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "|".join(parts)))


@dataclass(frozen=True)
class Release:
    """The newest version of a layer: its number, and its tables as JSON Decision Model documents."""

    number: int
    tables: Mapping[str, Any]


def command(proposal: Proposal, loop: str, release: Release) -> bytes:
    """The body of the record that proposes a change of this release."""
    said = asdict(proposal)
    changes = [_change(row, n, proposal, release) for n, row in enumerate(proposal.rows)]
    patch = {name: said.pop(name) for name in ("layer", "table")} | {"base_number": release.number, "changes": changes}
    del said["rows"]
    about = {"proposal_id": said.pop("id"), "loop": loop, "actor": {"id": loop, "role": "loop"}}
    return json.dumps({**said, **about, "patch": patch}).encode()


def _change(row: Row, number: int, proposal: Proposal, release: Release) -> dict[str, Any]:
    for row_id, cells in rows_of(release.tables.get(proposal.table)):
        if all(cells.get(name) == text for name, text in row.match.items()):
            return {"op": "set", "row_id": row_id, "before": cells, "after": {**cells, **row.cells}}
    return {"op": "add", "row_id": f"{proposal.id}-{number}", "after": {**row.match, **row.cells}, "at": 0}


def rows_of(document: Mapping[str, Any] | None) -> list[tuple[str, dict[str, str]]]:
    """Names and cells of a table's rows, in their order; none where the layer has no such table."""
    contents = [node["content"] for node in (document or {}).get("nodes", ()) if node["type"] == "decisionTableNode"]
    return [
        (rule["_id"], {c["name"]: str(rule.get(c["id"], "")) for c in (*content["inputs"], *content["outputs"])})
        for content in contents
        for rule in content["rules"]
    ]


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
