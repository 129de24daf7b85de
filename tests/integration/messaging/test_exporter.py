"""What nobody can say of itself: the exporter asks the broker, the database and the disk."""

from __future__ import annotations

from pathlib import Path

from aiokafka import AIOKafkaProducer
from common.runtime.exporter import Exporter
from prometheus_client import REGISTRY

from tests.conftest import Ground
from tests.forwarding import TOPIC, message, routing_service, send, wait_for
from tests.kafka import eventually


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def test_lag_is_told_of_a_service_that_does_not_run_and_a_server_that_is_away_is_named(
    ground: Ground, tmp_path: Path
) -> None:
    settings = ground.settings("exporter", database_url=ground.urls["routing"], watched_folders=(tmp_path,))
    exporter = Exporter(settings, ground.installation)
    lag = {"group": "routing", "topic": TOPIC}
    await send(ground, [message(f"case-{n}", n) for n in range(30)])

    async def answers() -> bool:
        """A new broker makes the topic of committed offsets when it is first asked for them."""
        await exporter.look_at_kafka()
        return value("otklik_kafka_up") == 1

    await eventually(answers)
    assert value("otklik_group_lag_records", **lag) == 30
    assert value("otklik_group_lag_records", group="portal", topic=TOPIC) == 30
    assert value("otklik_group_lag_records", group="federal", topic=TOPIC) is None
    assert (value("otklik_kafka_partitions", state="all") or 0) > 50
    assert value("otklik_kafka_partitions", state="leaderless") == 0

    # Nobody can read what a transaction that is still open has written, so it does not wait.
    stack = ground.stack
    writer = AIOKafkaProducer(
        bootstrap_servers=stack.kafka_bootstrap, security_protocol="SASL_PLAINTEXT", sasl_mechanism="SCRAM-SHA-256",
        sasl_plain_username=stack.kafka_user, sasl_plain_password=stack.kafka_password,
        transactional_id=f"{ground.installation.prefix}.writer",
    )  # fmt: skip
    await writer.start()
    await writer.begin_transaction()
    key, headers, body = message("case-open", 99)
    await writer.send_and_wait(ground.installation.physical(TOPIC), body, key=key.encode(), headers=headers)
    await exporter.look_at_kafka()
    assert value("otklik_group_lag_records", **lag) == 30
    await writer.commit_transaction()
    await writer.stop()

    async with routing_service(ground, tmp_path):
        await wait_for(ground, 31)

        async def caught_up() -> bool:
            await exporter.look_at_kafka()
            return value("otklik_group_lag_records", **lag) == 0

        await eventually(caught_up)
    assert (value("otklik_group_read_records", **lag) or 0) >= 31

    await exporter.look_at_postgres()
    exporter.look_at_disks()
    assert value("otklik_postgres_up") == 1
    assert (
        0
        < (value("otklik_postgres_connections", kind="used") or 0)
        < (value("otklik_postgres_connections", kind="most") or 0)
    )
    assert (value("otklik_disk_free_bytes", folder=tmp_path.name) or 0) > 0
    await exporter._cluster.close()

    nowhere = Exporter(
        ground.settings(
            "exporter", kafka_bootstrap="127.0.0.1:1", database_url="postgresql://a:b@127.0.0.1:1/a",
            watched_folders=(tmp_path / "gone",),
        ),
        ground.installation,
    )  # fmt: skip
    await nowhere.look_at_kafka()
    await nowhere.look_at_postgres()
    nowhere.look_at_disks()
    assert (value("otklik_kafka_up"), value("otklik_postgres_up")) == (0, 0)
    assert value("otklik_group_lag_records", **lag) is None
    assert value("otklik_disk_free_bytes", folder=tmp_path.name) is None
    assert len((await nowhere.facts())["warnings"]) == 3
