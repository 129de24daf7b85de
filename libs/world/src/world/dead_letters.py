"""What lies in the dead-letter topics since the run began; needs the principal `operator`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from aiokafka import TopicPartition
from common.contracts.catalogue import Installation
from common.contracts.envelope import EnvelopeError, derived_id, header_map
from common.messaging.kafka import Record, read_to_end
from common.runtime.settings import Settings


def topics(installation: Installation) -> dict[str, str]:
    """Each service's dead-letter topic, by the broker's name."""
    return {name: installation.physical(f"{name}.deadletters") for name in installation.instances()}


def lost_by(headers: Mapping[str, str]) -> str | None:
    """The case that a dead letter belongs to; None when it says nothing of any."""
    return None if _position(headers) else headers.get("ce_subject")


def _position(headers: Mapping[str, str]) -> tuple[str, int, int] | None:
    """Topic, partition and offset of a channel's record: its dead letter lies sealed, the record itself does not."""
    topic, _, rest = headers.get("dead_letter_position", "").partition("/")
    partition, _, offset = rest.partition("/")
    return (topic, int(partition), int(offset)) if topic.startswith("channel.") else None


async def dead_letters(
    operator: Settings, watcher: Settings | None, installation: Installation, starts: Mapping[TopicPartition, int]
) -> tuple[dict[str, int], set[str]]:
    """How many dead letters there are by `service: reason`, and the cases they are about.

    `watcher` may read channels' topics; without one, what would have begun by their dead letters is not known.
    """
    counts: Counter[str] = Counter()
    lost: set[str] = set()
    places: set[tuple[str, int, int]] = set()
    for service, topic in topics(installation).items():
        since = {p.partition: at for p, at in starts.items() if p.topic == topic}
        for record in await read_to_end(operator, topic, since):
            counts[f"{service}: {reason_of(record)}"] += 1
            headers = _readable(record)
            place, case_id = _position(headers), lost_by(headers)
            places |= {place} if place is not None else set()
            lost |= {case_id} if case_id is not None else set()
    if watcher is not None:
        lost |= await _would_have_begun(watcher, installation, places)
    return dict(counts), lost


async def _would_have_begun(
    watcher: Settings, installation: Installation, places: set[tuple[str, int, int]]
) -> set[str]:
    """Cases that records of channels would have begun, had they been handled."""
    found = set()
    for topic in {topic for topic, _, _ in places}:
        firsts = {p: min(o for t, q, o in places if (t, q) == (topic, p)) for t, p, _ in places if t == topic}
        for record in await read_to_end(watcher, installation.physical(topic), firsts):
            if (topic, record.partition, record.offset) in places:
                headers = _readable(record)
                found.add(derived_id("case", headers.get("ce_source", "unknown"), headers.get("ce_id", "")))
    return found


def _readable(record: Record) -> dict[str, str]:
    try:
        return header_map(record.headers)
    except EnvelopeError:
        return {}


def reason_of(record: Record) -> str:
    """Why, without what differs from record to record."""
    found = next((v for name, v in record.headers if name == "dead_letter_reason"), b"") or b""
    return found.decode("utf-8", "replace")[:160]
