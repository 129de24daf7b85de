"""Every metric Otklik exports, declared once."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]

SHORT = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
LONG = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)

# The consumer.
RECORDS = Counter("otklik_records_total", "Records read, by event type and what became of them", ["outcome", "type"])
"""handled, skipped (a type not handled here), repeated (inbox or fence), parked, dead, refused (a tick)."""
BATCH_SECONDS = Histogram("otklik_batch_seconds", "From a batch in hand to its outputs acknowledged", buckets=SHORT)
BATCH_RECORDS = Histogram("otklik_batch_records", "Records in a batch", buckets=(1, 5, 20, 50, 100, 200, 500, 1000))
BATCH_RETRIES = Counter("otklik_batch_retries_total", "Batches tried again, by cause", ["cause"])
"""passing (database, broker, a release not yet here), error (a failure of a kind not known to pass)."""
LAST_BATCH_AT = Gauge("otklik_last_batch_timestamp_seconds", "When the last batch was done")
DEAD_LETTERS = Counter("otklik_dead_letters_total", "Records that could not be handled, by kind of reason", ["kind"])
"""undecodable (headers), invalid (body), forged (what its writer may not say), refused (the handler says it never
will), failed (the handler breaks)."""
GAPS = Counter("otklik_gaps_total", "Times that records did not follow on and were read again, by topic", ["topic"])
RECORDS_DELETED_UNREAD = Counter(
    "otklik_records_deleted_unread_total", "Offsets that retention took before they were read, by topic", ["topic"]
)
TOPICS_READ_ANEW = Counter(
    "otklik_topics_read_anew_total", "Partitions read from their beginning since the topic is another one", ["topic"]
)
CONSUMER_STOPPED = Gauge("otklik_consumer_stopped", "Partitions that too many dead letters set aside", ["topic"])

# What readiness sees; brought up to date when readiness or metrics are asked for, at most once a second.
READY = Gauge("otklik_ready", "1 when readiness finds no problem")
ASSIGNED = Gauge("otklik_assigned_partitions", "Partitions this replica reads")
LAG = Gauge("otklik_lag_records", "Records of this replica's partitions that are not handled yet")
UNCOMMITTED = Gauge(
    "otklik_uncommitted_records", "Records behind the start of a transaction that is still open; nobody reads them yet"
)
OUTBOX_PENDING = Gauge("otklik_outbox_pending", "Chunks of records decided and not yet acknowledged by Kafka")
OUTBOX_AGE = Gauge("otklik_outbox_age_seconds", "Age of the oldest such chunk")
OUTBOX_HELD = Gauge("otklik_outbox_held_records", "Records that wait since their topic does not take them", ["topic"])
OPEN_DEAD_LETTERS = Gauge("otklik_open_dead_letters", "Dead letters that nobody has replayed or skipped")
PARKED_KEYS = Gauge("otklik_parked_keys", "Keys that wait behind a dead letter")
PARKED_RECORDS = Gauge("otklik_parked_records", "Records that wait behind a dead letter")
RELEASE = Gauge("otklik_release_number", "The newest release known here, by layer", ["layer"])
TICK_AGE = Gauge("otklik_tick_age_seconds", "Since Kafka took the last tick that was read")

DATABASE_UP = Gauge("otklik_database_up", "1 when this service's database answered when it was last asked")

# What the exporter sees of servers and groups. Series of what cannot be asked are taken away.
GROUP_LAG = Gauge("otklik_group_lag_records", "Records that wait for a group, by its service", ["group", "topic"])
GROUP_READ = Gauge("otklik_group_read_records", "Sum of a group's committed offsets", ["group", "topic"])
KAFKA_UP = Gauge("otklik_kafka_up", "1 when Kafka answered when it was last asked")
KAFKA_PARTITIONS = Gauge("otklik_kafka_partitions", "Partitions: all, leaderless, under_replicated", ["state"])
POSTGRES_UP = Gauge("otklik_postgres_up", "1 when PostgreSQL took a new connection when it was last tried")
POSTGRES_CONNECTIONS = Gauge("otklik_postgres_connections", "Connections: used, and the most there may be", ["kind"])
DISK_FREE = Gauge("otklik_disk_free_bytes", "Free for us on the file system of a data folder", ["folder"])
DISK_SIZE = Gauge("otklik_disk_size_bytes", "Size of the file system of a data folder", ["folder"])
PROCESS_START = "process_start_time_seconds"
"""Of every process, by prometheus_client: a value that changes is a restart."""

# The relay.
PUBLISHED = Counter("otklik_published_total", "Records Kafka acknowledged", ["topic"])
UNHEARD = Counter("otklik_unheard_total", "Records dropped because their topic, which may be missing, is", ["topic"])

# Channels.
REJECTIONS = Counter("otklik_rejections_total", "Records of a channel that were not taken", ["channel", "fault"])
BEYOND_DAY = Counter(
    "otklik_beyond_day_total", "Messages not taken since their conversation had said enough that day", ["channel"]
)
DELIVERIES = Counter(
    "otklik_deliveries_total",
    "Notices by what their channel said: failed, or succeeded after that",
    ["channel", "outcome"],
)

# The clock.
TICKS = Counter("otklik_ticks_total", "Ticks published by this clock")
TICKS_REFUSED = Counter("otklik_ticks_refused_total", "Ticks and corrections not believed, by reason", ["why"])
"""forged, future (after the broker's time), backwards, years, long, pointless (a correction of nothing)."""
TICK_AHEAD = Gauge("otklik_tick_ahead_seconds", "By how much the last believed tick ends after the database's time")

# HTTP edges.
HTTP_REQUESTS = Counter("otklik_http_requests_total", "Requests, by route and status", ["method", "route", "status"])
HTTP_REFUSED = Counter(
    "otklik_http_refused_total", "Requests refused before any route saw them: slow, large, many, malformed", ["status"]
)
HTTP_LIMITED = Counter("otklik_http_limited_total", "Requests told to come again (429), by what is limited", ["limit"])
"""address, pipeline, posts (under way at once), files (that wait for their message), conversation, reading, key."""
HTTP_SECONDS = Histogram("otklik_http_seconds", "From a request to its answer", ["route"], buckets=SHORT)

# What services do beside their records: cleaning, receipts, what is forwarded.
PERIODIC_FAILURES = Counter("otklik_periodic_failures_total", "Times that periodic work was not done", ["work"])
PERIODIC_FAILING = Gauge("otklik_periodic_failing", "1 while periodic work was not done, else 0", ["work"])
LEFT_UNDONE = Counter(
    "otklik_left_undone_total", "Times that something was left out for good since the database was away", ["work"]
)

# The archive.
NOT_REPLAYABLE = Counter("otklik_not_replayable_total", "Proposals that made their replay fail, by question", ["asks"])
"""backtest, score."""

# Loops.
LOOP_FAILURES = Counter("otklik_loop_failures_total", "Ticks at which a loop failed", ["loop"])
LOOP_STOPPED = Gauge("otklik_loop_stopped", "1 while a loop stands still since it failed, else 0", ["loop"])
LOOP_MISSED = Gauge("otklik_loop_missed_facts", "Facts that wait for a stopped loop", ["loop"])

# Objectives: receipts, routing, answers, ladder.
NOTICES = Counter("otklik_notices_total", "What citizens were told, by kind", ["notice"])
RECEIPT_SECONDS = Histogram(
    "otklik_receipt_seconds", "From a message on its channel to its receipt on Kafka, in real time", buckets=LONG
)
ROUTED = Counter("otklik_routed_total", "Routing decisions: assigned to a region, or to triage", ["outcome"])
ROUTING_SECONDS = Histogram(
    "otklik_routing_seconds", "From a registered message to its routing decision on Kafka, in real time", buckets=LONG
)
CASE_OUTCOMES = Counter("otklik_case_outcomes_total", "Steps of cases that aims are measured by", ["region", "outcome"])
"""opened, answered_on_time, answered_late, overdue, transferred, reopened, confirmed, declined."""
ESCALATIONS = Counter("otklik_escalations_total", "Cases that climbed the ladder, by level", ["level"])
