"""What our `guarded_consumer` relies on inside aiokafka and FastStream: a new version that changes it fails here."""

from __future__ import annotations

import inspect

from aiokafka import AIOKafkaConsumer
from aiokafka.consumer import fetcher
from common.messaging.consume.guarded_consumer import GuardedFetcher


def test_the_fetcher_makes_records_under_the_names_that_are_replaced() -> None:
    names = fetcher.Fetcher._proc_fetch_request.__code__.co_names
    assert {"MemoryRecords", "PartitionRecords", "FetchResult"} <= set(names)
    assert "Fetcher" in AIOKafkaConsumer.start.__code__.co_names
    assert "_proc_fetch_request" in fetcher.Fetcher._fetch_requests_routine.__code__.co_names
    assert issubclass(GuardedFetcher, fetcher.Fetcher)


def test_partition_records_are_made_and_drained_as_ours_expect() -> None:
    given = list(inspect.signature(fetcher.PartitionRecords.__init__).parameters)
    assert given == [
        "self", "tp", "records", "aborted_transactions", "fetch_offset", "key_deserializer", "value_deserializer",
        "check_crcs", "isolation_level",
    ]  # fmt: skip
    drained = inspect.getsource(fetcher.FetchResult.getall)
    assert "for msg in self._partition_records" in drained
    assert "self._update_position()" in drained
    assert "consumed_to(self._partition_records.next_fetch_offset)" in inspect.getsource(
        fetcher.FetchResult._update_position
    )
    for used in ("_consume_aborted_up_to", "_contains_abort_marker"):
        assert hasattr(fetcher.PartitionRecords, used)
