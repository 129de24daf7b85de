"""A broker ends sessions that have become too old; who watches for rest goes on in new ones."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from common.contracts.catalogue import Installation
from confluent_kafka.admin import AdminClient, NewTopic
from embedded.kafka_server import ADMIN, KafkaServer
from world.quiescence import Watch, read_by

from tests.server_folder import new_server_folder

PASSWORD = "of-this-test-alone"
SESSION_MS = 1_500
INSTALLATION = Installation("old", ("web",), ("north",))


@pytest.fixture
def kafka() -> Iterator[KafkaServer]:
    folder = new_server_folder("otklik-sessions-")
    server = KafkaServer(folder, reauthenticate_ms=SESSION_MS)
    try:
        server.start(PASSWORD)
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def test_a_watch_for_rest_outlives_the_sessions_of_its_connections(kafka: KafkaServer) -> None:
    bootstrap = f"127.0.0.1:{kafka.port}"
    topics = {topic for read in read_by(INSTALLATION).values() for topic in read}
    make_topics(bootstrap, topics)
    login = {
        "bootstrap_servers": bootstrap, "security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": ADMIN, "sasl_plain_password": PASSWORD,
    }  # fmt: skip
    watch = Watch(INSTALLATION, login)
    await watch.start()
    try:
        seen: list[object] = []
        while len(seen) < 3:
            assert (await watch.look())[0] == {}
            assert await watch.rest()
            await watch.ends_of(topics)
            seen += [c for c in watch._admin._client._conns.values() if c not in seen]
    finally:
        await watch.stop()


def make_topics(bootstrap: str, names: set[str]) -> None:
    admin = AdminClient(
        {
            "bootstrap.servers": bootstrap, "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-256",
            "sasl.username": ADMIN, "sasl.password": PASSWORD,
        }
    )  # fmt: skip
    for made in admin.create_topics([NewTopic(name, 1, 1) for name in sorted(names)]).values():
        made.result()
