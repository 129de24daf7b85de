"""Every metric Otklik exports, declared once."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

RECORDS = Counter("otklik_records_total", "Records read, by what became of them", ["outcome"])
"""handled, skipped (a type not handled here), repeated (inbox or fence), parked, dead."""
BATCH_SECONDS = Histogram(
    "otklik_batch_seconds",
    "From a batch in hand to its outputs acknowledged",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
BATCH_RECORDS = Histogram("otklik_batch_records", "Records in a batch", buckets=(1, 5, 20, 50, 100, 200, 500, 1000))
BATCH_RETRIES = Counter("otklik_batch_retries_total", "Batches tried again, by cause", ["cause"])
LAST_BATCH_AT = Gauge("otklik_last_batch_timestamp_seconds", "When the last batch was done")
PUBLISHED = Counter("otklik_published_total", "Records Kafka acknowledged", ["topic"])
OUTBOX_PENDING = Gauge("otklik_outbox_pending", "Rows fetched and not yet acknowledged")
DEAD_LETTERS = Counter("otklik_dead_letters_total", "Records that could not be handled")
CONSUMER_STOPPED = Gauge("otklik_consumer_stopped", "1 when too many dead letters stopped the consumer")
