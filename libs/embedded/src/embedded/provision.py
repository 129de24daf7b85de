"""What an installation needs on the servers: users, ACLs, topics, databases. Doing it again changes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError
from common.catalogue import Installation
from common.provisioning import Grant, NewTopic, grants, principals, topics
from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialUpsertion,
)
from confluent_kafka.admin import NewTopic as KafkaTopic

from embedded.errors import EmbeddedError
from embedded.stack import Stack, passwords

ITERATIONS = 4096
PATIENCE = 30.0
ANY_ACL = AclBindingFilter(
    ResourceType.ANY,
    None,  # type: ignore[arg-type]  # the library's types know no filter that leaves a name open
    ResourcePatternType.ANY,
    None,  # type: ignore[arg-type]
    None,  # type: ignore[arg-type]
    AclOperation.ANY,
    AclPermissionType.ANY,
)


def provision_kafka(stack: Stack, installation: Installation) -> dict[str, str]:
    """Users with passwords, their ACLs and all topics; returns the password of each principal.

    Raises EmbeddedError.
    """
    admin = AdminClient(
        {
            "bootstrap.servers": stack.kafka_bootstrap,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-256",
            "sasl.username": stack.kafka_user,
            "sasl.password": stack.kafka_password,
        }
    )
    names = principals(installation)
    secret = {n: passwords(stack.folder, [f"kafka:{n}"])[f"kafka:{n}"] for n in names}
    try:
        _ensure_users(admin, secret)
        _ensure_topics(admin, topics(installation))
        _ensure_acls(admin, installation, grants(installation), names)
    except (KafkaException, KafkaError) as error:
        raise EmbeddedError(f"Kafka could not be prepared: {error}") from error
    return secret


def _ensure_users(admin: AdminClient, secret: dict[str, str]) -> None:
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, ITERATIONS)
    wanted: list[UserScramCredentialAlteration] = [
        UserScramCredentialUpsertion(name, info, password.encode()) for name, password in secret.items()
    ]
    _wait(admin.alter_user_scram_credentials(wanted).values())


def _ensure_topics(admin: AdminClient, wanted: Sequence[NewTopic]) -> None:
    there = set(admin.list_topics(timeout=PATIENCE).topics)
    missing = [
        KafkaTopic(t.name, num_partitions=t.partitions, replication_factor=1, config=t.config)
        for t in wanted
        if t.name not in there
    ]
    if missing:
        _wait(admin.create_topics(missing, operation_timeout=PATIENCE).values())


def _ensure_acls(
    admin: AdminClient, installation: Installation, granted: Iterable[Grant], names: Sequence[str]
) -> None:
    bindings = []
    for grant in granted:
        if grant.read:
            bindings.append(_allow(ResourceType.TOPIC, grant.topic, grant.principal, AclOperation.READ))
        if grant.write:
            bindings.append(_allow(ResourceType.TOPIC, grant.topic, grant.principal, AclOperation.WRITE))
    for name in names:
        group = f"{installation.prefix}.{name}"
        bindings.append(_allow(ResourceType.GROUP, group, name, AclOperation.READ))
        bindings.append(_allow(ResourceType.BROKER, "kafka-cluster", name, AclOperation.IDEMPOTENT_WRITE))
    _wait(admin.create_acls(bindings).values())
    _until_in_force(admin, bindings)


def _until_in_force(admin: AdminClient, bindings: Sequence[AclBinding]) -> None:
    """The controller acknowledges ACLs before the broker that judges by them has them; raises EmbeddedError."""
    wanted = {_named(b) for b in bindings}
    deadline = time.monotonic() + PATIENCE
    while not wanted <= {_named(b) for b in admin.describe_acls(ANY_ACL).result(PATIENCE)}:
        if time.monotonic() > deadline:
            raise EmbeddedError(f"Kafka has not put its ACLs in force within {PATIENCE:.0f} s; look into its log")
        time.sleep(0.02)


def _named(binding: AclBinding) -> tuple[object, ...]:
    return (binding.restype, binding.name, binding.principal, binding.operation)


def _allow(kind: ResourceType, name: str, principal: str, operation: AclOperation) -> AclBinding:
    return AclBinding(
        kind, name, ResourcePatternType.LITERAL, f"User:{principal}", "*", operation, AclPermissionType.ALLOW
    )


def _wait(futures: Iterable[Future[Any]]) -> None:
    for future in futures:
        future.result(PATIENCE)


async def provision_postgres(stack: Stack, databases: Sequence[str]) -> dict[str, str]:
    """A database and a role of the same name each, closed to the other roles; returns each one's URL."""
    urls = {}
    db = await asyncpg.connect(stack.database_url("postgres"))
    try:
        roles = {r["rolname"] for r in await db.fetch("SELECT rolname FROM pg_roles")}
        held = {r["datname"] for r in await db.fetch("SELECT datname FROM pg_database")}
        for name in databases:
            password = passwords(stack.folder, [f"postgres:{name}"])[f"postgres:{name}"]
            urls[name] = stack.database_url(name, name, password)
            # Names and passwords cannot be parameters of these statements; PostgreSQL's format() quotes them.
            if name not in roles:
                await _run(db, "CREATE ROLE %I LOGIN PASSWORD %L", name, password)
            if name not in held:
                await _run(db, "CREATE DATABASE %1$I OWNER %1$I", name)
            await _run(db, "REVOKE ALL ON DATABASE %I FROM PUBLIC", name)
    finally:
        await db.close()
    return urls


async def _run(db: asyncpg.Connection, form: str, *values: str) -> None:
    await db.execute(await db.fetchval("SELECT format($1::text, VARIADIC $2::text[])", form, list(values)))
