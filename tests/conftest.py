"""One Kafka and one PostgreSQL for the whole run, or for each worker; each test's own topic prefix and databases."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis
import pytest
from archive.settings import ArchiveSettings
from channels.settings import ChannelsSettings
from common.contracts.catalogue import Installation
from common.contracts.mandates import make_mandate_key
from common.contracts.signing import generate_key
from common.federation.country import load_federation
from common.runtime.exporter import ExporterSettings
from common.runtime.settings import Settings
from confluent_kafka import KafkaException
from confluent_kafka.admin import AclBindingFilter, AclOperation, AclPermissionType
from deliberation.settings import DeliberationSettings
from embedded.kafka_server import SHORT_LIVED
from embedded.provision import administrator_of, provision_kafka
from embedded.stack import Stack, start, stop
from federal.settings import FederalSettings
from intake.settings import IntakeSettings
from portal.settings import PortalSettings
from provision.kafka import ANY_ACL
from reflex.settings import ReflexSettings
from routing.settings import RoutingSettings

from tests.databases import Databases
from tests.run_folders import prefix_of_run
from tests.server_folder import new_server_folder
from tests.topic_clients import TopicClients

# How long a draw or an example takes says something about the machine, not about the code.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("unhurried")

os.environ.setdefault(SHORT_LIVED, "1")

ROOT = Path(__file__).parent.parent
FEDERATION = ROOT / "tests" / "federation"
NUMBERS = itertools.count(1)
pytest_plugins = ("tests.ending", "tests.second_runs")
KINDS: dict[str, type[Settings]] = {
    "channels": ChannelsSettings, "intake": IntakeSettings, "federal": FederalSettings, "reflex": ReflexSettings,
    "routing": RoutingSettings, "archive": ArchiveSettings, "deliberation": DeliberationSettings,
    "portal": PortalSettings, "exporter": ExporterSettings,
}  # fmt: skip
"""Of settings, where a service has some of its own."""
USERS: dict[str, set[str]] = {}
"""Of each broker, by its address: installations share them, and their passwords."""
KEY = base64.b64encode(bytes(32)).decode()
"""Of vault, pseudonyms and edges in tests."""


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The servers of this run or worker, in a folder of their own; the jars are shared between runs."""
    folder = new_server_folder(prefix_of_run())
    try:
        yield start(folder)
    finally:
        stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Ground:
    """An installation for one test: prefix, passwords, database URLs, keys."""

    stack: Stack
    installation: Installation
    passwords: dict[str, str]
    keys: Path
    federation: Path
    urls: Databases
    clients: TopicClients = field(default_factory=TopicClients)

    def database(self, name: str) -> str:
        return self.urls.name(name)

    def settings(self, name: str, **changes: object) -> Settings:
        """Settings of a service or an outsider; outsiders have no database."""
        return self.client_settings(name, **{"database_url": self.urls.get(name, "postgresql://none"), **changes})

    def client_settings(self, name: str, **changes: object) -> Settings:
        """Settings of whoever needs Kafka alone."""
        given: dict[str, object] = {
            "name": name,
            "prefix": self.installation.prefix,
            "kafka_bootstrap": self.stack.kafka_bootstrap,
            "kafka_user": name,
            "kafka_password": self.passwords[name],
            "database_url": "postgresql://none",
            "federation": self.federation,
            "keys": self.keys,
            "retry_seconds": 0.05,
            "time": "ticks",
            "trace_sample": 0.0,
            "vault_key": KEY,
            "pseudonym_key": KEY,
            "edge_key": KEY,
            "voice_key": KEY,
        }
        return KINDS.get(name, Settings).model_validate({**given, **changes})


@pytest.fixture(scope="session")
async def clearing(stack: Stack) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Installations that are taken off the servers while later tests run."""
    under_way: list[asyncio.Task[None]] = []
    yield under_way
    await asyncio.gather(*under_way, return_exceptions=True)


@pytest.fixture
async def databases(stack: Stack, clearing: list[asyncio.Task[None]]) -> AsyncIterator[Databases]:
    """For tests that need no Kafka: fresh databases of an installation of two regions."""
    known = load_federation(FEDERATION)
    made = Databases(stack, new_prefix(), Installation(regions=tuple(r.id for r in known.regions)).instances())
    yield made
    clearing.append(asyncio.create_task(made.drop()))


@pytest.fixture
async def ground(stack: Stack, tmp_path: Path, clearing: list[asyncio.Task[None]]) -> AsyncIterator[Ground]:
    """A fresh installation of two regions and three channels."""
    made = await make_ground(stack, tmp_path, FEDERATION)
    yield made
    clearing.append(asyncio.create_task(clear(made)))


@asynccontextmanager
async def new_ground(stack: Stack, folder: Path, federation: Path) -> AsyncIterator[Ground]:
    """A fresh installation of a federation, whose topics, rights and databases go when it does; keys in `folder`."""
    made = await make_ground(stack, folder, federation)
    try:
        yield made
    finally:
        await clear(made)


def new_prefix() -> str:
    """One that no other installation on the same servers has."""
    return f"t{os.getpid()}n{next(NUMBERS)}"


async def make_ground(stack: Stack, folder: Path, federation: Path) -> Ground:
    known = load_federation(federation)
    installation = Installation(new_prefix(), tuple(c.id for c in known.channels), tuple(r.id for r in known.regions))
    users = USERS.setdefault(stack.kafka_bootstrap, set())
    passwords = provision_kafka(stack, installation, known_users=users)
    users.update(passwords)
    keys = folder / "keys"
    for principal in passwords:
        generate_key(keys, principal)
    make_mandate_key(keys)
    urls = Databases(stack, installation.prefix, installation.instances())
    return Ground(stack, installation, passwords, keys, federation, urls)


async def clear(ground: Ground) -> None:
    """Take an installation off the servers: a whole run's would need more open files and disk than machines give."""
    await ground.clients.stop()
    # A test may have ended the servers.
    with contextlib.suppress(KafkaException, TimeoutError):
        await asyncio.to_thread(remove_topics, ground)
    await ground.urls.drop()


def remove_topics(ground: Ground) -> None:
    """The installation's topics, and the rights to them and to its groups."""
    client, begins = administrator_of(ground.stack).client(), f"{ground.installation.prefix}."
    topics = [t for t in client.list_topics(timeout=120).topics if t.startswith(begins)]
    rights = {
        AclBindingFilter(
            right.restype, right.name, right.resource_pattern_type,
            None, None, AclOperation.ANY, AclPermissionType.ANY,  # type: ignore[arg-type]
        )
        for right in client.describe_acls(ANY_ACL).result(120)
        if right.name.startswith(begins)
    }  # fmt: skip
    done = [*client.delete_topics(topics).values()] if topics else []
    done += client.delete_acls(list(rights)).values() if rights else ()
    for future in done:
        future.result(120)
