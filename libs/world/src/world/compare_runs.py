"""Are two replays equal? Everything that two installations said, in one canonical order and without what may differ.

Left out: traces and signatures (each run and each installation makes its own), what is said of dead letters
(it names positions) and the pseudonyms themselves, which each installation's key makes: who is the same person as whom
is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from common.contracts.catalogue import TOPICS, Installation
from common.contracts.envelope import header_map
from common.messaging.kafka import Record, read_to_end
from common.runtime.settings import Settings

NOT_COMPARED = frozenset(
    {"{service}.operations", "{service}.deadletters", "operations.commands", "channel.{channel}.rejections"}
)
OWN_TO_A_RUN = frozenset({"traceparent", "tracestate", "ce_signature", "ce_mandate"})
CITIZEN = "citizen"


@dataclass(frozen=True, slots=True, order=True)
class RecordSeen:
    """One record, as it is compared: `topic` is the logical name, `sequence` -1 where none is promised."""

    topic: str
    key: str
    sequence: int
    time: str
    id: str
    headers: tuple[tuple[str, str], ...]
    body: str


async def everything_said(settings: Settings, installation: Installation) -> list[RecordSeen]:
    """All events and commands of an installation in order of (topic, key, sequence).

    `settings` must be those of a principal that may read every topic. Records without a sequence go by time and id.
    """
    found = []
    for topic in TOPICS:
        if topic.template in NOT_COMPARED:
            continue
        for name, _ in installation.names(topic):
            found += [_said(name, r) for r in await read_to_end(settings, installation.physical(name))]
    return canonical(found)


def canonical(said: Iterable[RecordSeen]) -> list[RecordSeen]:
    """In one order, pseudonyms numbered as they come up in it."""
    ordered = sorted(said)
    numbers: dict[str, str] = {}
    for one in ordered:
        for pseudonym in _values_of(json.loads(one.body), CITIZEN):
            numbers.setdefault(pseudonym, f"citizen {len(numbers) + 1}")
    return [
        RecordSeen(s.topic, s.key, s.sequence, s.time, s.id, s.headers, _text(_renamed(json.loads(s.body), numbers)))
        for s in ordered
    ]


def differences(one: Sequence[RecordSeen], other: Sequence[RecordSeen], most: int = 10) -> list[str]:
    """The first records in which two canonical runs differ, in words; empty when they are equal."""
    found = []
    for number, (a, b) in enumerate(zip_longest(one, other)):
        if a != b:
            found.append(f"record {number}:\n  one:   {_words(a)}\n  other: {_words(b)}")
            if len(found) == most:
                break
    return found


def _said(topic: str, record: Record) -> RecordSeen:
    headers = header_map(record.headers)
    kept = tuple(sorted((k, v) for k, v in headers.items() if k not in OWN_TO_A_RUN))
    body = _text(json.loads(record.value)) if record.value else "null"
    sequence = int(headers.get("ce_sequence", -1))
    key = (record.key or b"").decode()
    return RecordSeen(topic, key, sequence, headers.get("ce_time", ""), headers.get("ce_id", ""), kept, body)


def _text(body: Any) -> str:
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _values_of(body: Any, name: str) -> Iterator[str]:
    if isinstance(body, dict):
        for field, value in body.items():
            if field == name and isinstance(value, str):
                yield value
            else:
                yield from _values_of(value, name)
    elif isinstance(body, list):
        for value in body:
            yield from _values_of(value, name)


def _renamed(body: Any, names: dict[str, str]) -> Any:
    """The citizen is also the actor of what the citizen does, so every text that is a pseudonym is renamed."""
    if isinstance(body, dict):
        return {field: _renamed(value, names) for field, value in body.items()}
    if isinstance(body, list):
        return [_renamed(value, names) for value in body]
    return names.get(body, body) if isinstance(body, str) else body


def _words(said: RecordSeen | None) -> str:
    if said is None:
        return "nothing more"
    headers = " ".join(f"{k}={v}" for k, v in said.headers)
    return f"{said.topic} key {said.key} sequence {said.sequence} {headers} {said.body[:400]}"
