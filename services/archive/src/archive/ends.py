"""How far topics go now, so that a conclusion waits until all that was said before it is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from common.contracts.catalogue import Installation
from common.messaging.consume.topic_ids import topic_ids
from common.messaging.failures import TransientError
from common.messaging.kafka import client_options, partitions_of
from common.messaging.settings import MessagingSettings

CASES = ("region.{region}.cases", "routing.triage")
"""Topics of which the past is made."""


class End(NamedTuple):
    """The offset after the last record, in the topic of an id; None where the broker knows no ids."""

    offset: int
    topic_id: str | None = None


Ends = Mapping[str, End]
"""By `topic/partition`, topics by the broker's names."""
AskEnds = Callable[[], Awaitable[Ends]]


def topics_of(installation: Installation) -> list[str]:
    names = [name.format(region=region) for name in CASES for region in installation.regions]
    return sorted({installation.physical(name) for name in names})


async def ends_of(settings: MessagingSettings, installation: Installation) -> Ends:
    """Where the topics of cases end; raises TransientError when Kafka does not say."""
    consumer = AIOKafkaConsumer(**client_options(settings), enable_auto_commit=False)
    topics = topics_of(installation)
    try:
        await consumer.start()
        ids = await _ids(consumer._client, topics)
        places = [place for topic in topics for place in await partitions_of(consumer, topic)]
        found = await consumer.end_offsets(places)
    except KafkaError as error:
        raise TransientError(f"Kafka does not say how far the topics of cases go: {error}") from error
    finally:
        await consumer.stop()
    return {f"{place.topic}/{place.partition}": End(end, ids.get(place.topic)) for place, end in found.items()}


async def _ids(client: AIOKafkaClient, topics: Iterable[str]) -> dict[str, str]:
    try:
        return {topic: str(found) for topic, found in (await topic_ids(client, topics)).items()}
    except NotImplementedError:
        return {}


def reached(positions: Ends, ends: Ends) -> bool:
    """Whether everything up to these ends is read."""
    return all(
        end.offset == 0 or (_same(stands := positions.get(place, End(0)), end) and stands.offset >= end.offset)
        for place, end in ends.items()
    )


def still_there(ends: Ends, now: Ends) -> Ends:
    """Ends that can still be reached: what a topic lost, or lay on one that was made anew, nobody will read. Of a
    topic made anew that is all that it holds now."""
    return {
        place: there if not _same(end, there) else End(min(end.offset, there.offset), end.topic_id)
        for place, end in ends.items()
        if (there := now.get(place)) is not None
    }


def to_json(ends: Ends) -> str:
    return orjson.dumps({place: list(end) for place, end in ends.items()}).decode()


def from_json(text: str) -> Ends:
    """An end that was noted without its topic's id is a number."""
    found: dict[str, Any] = orjson.loads(text)
    return {place: End(*end) if isinstance(end, list) else End(end) for place, end in found.items()}


def _same(one: End, other: End) -> bool:
    return None in (one.topic_id, other.topic_id) or one.topic_id == other.topic_id
