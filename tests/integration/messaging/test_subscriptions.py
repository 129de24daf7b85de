"""The consumer groups of running services hold the topics that the catalogue gives them, and no other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from common.contracts.catalogue import TOPICS, role_of
from common.contracts.provisioning import topics
from common.runtime.service import Service
from confluent_kafka.admin import AdminClient

from tests.conftest import Ground
from tests.contract.wiring import APPS
from tests.kafka import eventually


def _expected(ground: Ground, name: str) -> set[str]:
    """What an instance should read, straight from the rows: a regional one only its own region's topics."""
    found = set()
    for row in TOPICS:
        if role_of(name) in row.consumers:
            for logical, inside in ground.installation.names(row):
                if role_of(name) != "regional" or "{region}" not in row.template or name == f"regional-{inside}":
                    found.add(ground.installation.physical(logical))
    return found


def _assigned(admin: AdminClient, ground: Ground) -> Mapping[str, set[str]]:
    groups = {f"{ground.installation.prefix}.{name}": name for name in APPS}
    described = admin.describe_consumer_groups(list(groups))
    return {
        groups[group]: {p.topic for member in future.result(120).members for p in member.assignment.topic_partitions}
        for group, future in described.items()
    }


async def test_running_services_read_what_the_catalogue_says(ground: Ground) -> None:
    admin = AdminClient(
        {
            "bootstrap.servers": ground.stack.kafka_bootstrap,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-256",
            "sasl.username": ground.stack.kafka_user,
            "sasl.password": ground.stack.kafka_password,
        }
    )
    expected = {name: _expected(ground, name) for name in APPS}
    assert set().union(*expected.values()) <= {t.name for t in topics(ground.installation)}
    async with contextlib.AsyncExitStack() as stack:
        services = [Service(ground.settings(name), build) for name, build in APPS.items()]
        for service in services:
            stack.push_async_callback(service.stop)
        async with asyncio.TaskGroup() as starting:
            for service in services:
                starting.create_task(service.start())

        async def settled() -> bool:
            """While a group forms it holds fewer; it must come to hold these and no other."""
            return await asyncio.to_thread(_assigned, admin, ground) == expected

        await eventually(settled)
