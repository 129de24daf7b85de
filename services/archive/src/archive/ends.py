"""How far topics go now, so that a conclusion waits until all that was said before it is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from common.contracts.catalogue import Installation
from common.messaging.failures import TransientError
from common.messaging.kafka import client_options, partitions_of
from common.messaging.settings import MessagingSettings

CASES = ("region.{region}.cases", "routing.triage")
"""Topics of which the past is made."""

Ends = Mapping[str, int]
"""Offsets by `topic/partition`, topics by the broker's names."""
AskEnds = Callable[[], Awaitable[Ends]]


def topics_of(installation: Installation) -> list[str]:
    names = [name.format(region=region) for name in CASES for region in installation.regions]
    return sorted({installation.physical(name) for name in names})


async def ends_of(settings: MessagingSettings, installation: Installation) -> Ends:
    """Where the topics of cases end; raises TransientError when Kafka does not say."""
    consumer = AIOKafkaConsumer(**client_options(settings), enable_auto_commit=False)
    try:
        await consumer.start()
        places = [place for topic in topics_of(installation) for place in await partitions_of(consumer, topic)]
        found = await consumer.end_offsets(places)
    except KafkaError as error:
        raise TransientError(f"Kafka does not say how far the topics of cases go: {error}") from error
    finally:
        await consumer.stop()
    return {f"{place.topic}/{place.partition}": end for place, end in found.items()}


def reached(positions: Mapping[str, int], ends: Ends) -> bool:
    """Whether everything up to these ends is read."""
    return all(positions.get(place, 0) >= end for place, end in ends.items())
