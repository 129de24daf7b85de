"""What lies in the dead-letter topics since the run began; needs the principal `operator`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from aiokafka import TopicPartition
from common.catalogue import Installation
from common.envelope import EnvelopeError, derived_id, header_map
from common.kafka import Record, read_to_end
from common.settings import Settings


def topics(installation: Installation) -> dict[str, str]:
    """Each service's dead-letter topic, by the broker's name."""
    return {name: installation.physical(f"{name}.deadletters") for name in installation.instances()}


def lost_by(record: Record) -> str | None:
    """The case that a dead letter would have begun or belongs to; None when it says nothing of any."""
    try:
        headers = header_map(record.headers)
    except EnvelopeError:
        return None
    position = headers.get("dead_letter_position", "")
    if position.startswith("channel."):
        return derived_id("case", headers.get("ce_source", "unknown"), headers.get("ce_id", ""))
    return headers.get("ce_subject")


async def dead_letters(
    settings: Settings, installation: Installation, starts: Mapping[TopicPartition, int]
) -> tuple[dict[str, int], set[str]]:
    """How many dead letters there are by `service: reason`, and the cases they are about."""
    counts: Counter[str] = Counter()
    lost: set[str] = set()
    for service, topic in topics(installation).items():
        since = {p.partition: at for p, at in starts.items() if p.topic == topic}
        for record in await read_to_end(settings, topic, since):
            counts[f"{service}: {reason_of(record)}"] += 1
            case_id = lost_by(record)
            if case_id is not None:
                lost.add(case_id)
    return dict(counts), lost


def reason_of(record: Record) -> str:
    """Why, without what differs from record to record."""
    found = next((v for name, v in record.headers if name == "dead_letter_reason"), b"") or b""
    return found.decode("utf-8", "replace")[:160]
