"""How many partitions topics have and shall have. Kafka can add partitions, and never take one away.

Keys are spread by their hash over the partitions there are, so when partitions are added most keys move: what was
published of a key before lies on another partition than what follows. Each partition is read in order, two of them at
whatever pace their readers have; only when the former is read to its end is the order of its keys kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.contracts.catalogue import Installation
from common.contracts.provisioning import channel_topics, topics
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, OffsetSpec

from provision.errors import ProvisionError
from provision.kafka import PATIENCE, Administrator, channels_of, in_words, wait_for

SHOWN = 6
"""Topics named in a message; the rest is counted."""


@dataclass(frozen=True)
class Difference:
    """A topic that has another number of partitions than the federation says."""

    topic: str
    there: int
    wanted: int


def differences(administrator: Administrator, installation: Installation) -> list[Difference]:
    """Of all topics that are there, those of channels that were plugged in too. Raises ProvisionError."""
    try:
        return _differences(administrator.client(), installation)
    except (KafkaException, TimeoutError) as error:
        raise ProvisionError(f"Kafka at {administrator.bootstrap} does not answer: {in_words(error)}") from error


def check(found: Sequence[Difference]) -> str | None:
    """Word of topics that shall grow, None when none shall; raises ProvisionError when any shall shrink."""
    shrinking = [d for d in found if d.there > d.wanted]
    if shrinking:
        raise ProvisionError(
            f"federation.yaml asks for fewer partitions than there are ({_listed(shrinking)}): Kafka takes none away."
            " Set `partitions` to what is there, or begin anew under another prefix"
        )
    if not found:
        return None
    return (
        f"federation.yaml asks for more partitions than there are ({_listed(found)}): all goes on with those that are."
        " `partitions --grow` adds the others; most keys move then, so do it while everything is at rest"
    )


def grow(administrator: Administrator, installation: Installation, *, anyway: bool = False) -> list[Difference]:
    """Add what is missing; returns what was added. Raises ProvisionError, also when records wait to be handled,
    unless it shall be done anyway."""
    try:
        admin = administrator.client()
        found = _differences(admin, installation)
        check(found)
        if not found:
            return []
        waiting = {} if anyway else _waiting(admin, installation, {d.topic for d in found})
        if waiting:
            names = ", ".join(f"{group} {number}" for group, number in sorted(waiting.items()))
            raise ProvisionError(
                f"records wait to be handled ({names}): what follows of their keys could overtake them on another"
                " partition. Wait until nothing comes in and all is handled, or add --anyway"
            )
        wait_for(admin.create_partitions([NewPartitions(d.topic, d.wanted) for d in found]).values())
        return found
    except (KafkaException, TimeoutError) as error:
        raise ProvisionError(f"Kafka at {administrator.bootstrap} did not do it: {in_words(error)}") from error


def report(administrator: Administrator, installation: Installation, *, grow_them: bool, anyway: bool) -> list[str]:
    """What a command says: what differs, or what was added. Raises ProvisionError."""
    if not grow_them:
        found = differences(administrator, installation)
        lines = [f"{d.topic}: {d.there} there, {d.wanted} wanted" for d in found]
        return [*lines, check(found) or "every topic has as many partitions as the federation says"]
    grown = grow(administrator, installation, anyway=anyway)
    if not grown:
        return ["nothing to add: every topic has as many partitions as the federation says"]
    return [
        *(f"{d.topic}: {d.there} before, {d.wanted} now" for d in grown),
        "Readers find the new partitions within seconds. Our services publish to the old ones until they are started"
        " anew; other clients to the new ones as soon as they see them.",
    ]


def _differences(admin: AdminClient, installation: Installation) -> list[Difference]:
    there = admin.list_topics(timeout=PATIENCE).topics
    plugged = [name for name in channels_of(there, installation) if name not in installation.channels]
    wanted = [*topics(installation), *(t for name in plugged for t in channel_topics(installation, name))]
    return [
        Difference(t.name, number, t.partitions)
        for t in wanted
        if t.name in there and (number := len(there[t.name].partitions)) != t.partitions
    ]


def _waiting(admin: AdminClient, installation: Installation, names: set[str]) -> dict[str, int]:
    """By group of our services, how many records of these topics it has not handled yet."""
    found: dict[str, int] = {}
    for instance in installation.instances():
        group = f"{installation.prefix}.{instance}"
        asked: Any = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])
        committed = [p for p in asked[group].result(PATIENCE).topic_partitions if p.topic in names and p.offset >= 0]
        ends = _ends(admin, committed)
        number = sum(max(0, ends[p.topic, p.partition] - p.offset) for p in committed)
        if number:
            found[group] = number
    return found


def _ends(admin: AdminClient, places: Sequence[TopicPartition]) -> Mapping[tuple[str, int], int]:
    if not places:
        return {}
    latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    asked = admin.list_offsets({TopicPartition(p.topic, p.partition): latest for p in places})
    return {(p.topic, p.partition): future.result(PATIENCE).offset for p, future in asked.items()}


def _listed(found: Sequence[Difference]) -> str:
    named = [f"{d.topic} {d.there} of {d.wanted}" for d in found[:SHOWN]]
    return ", ".join(named) + (f" and {len(found) - SHOWN} more" if len(found) > SHOWN else "")
