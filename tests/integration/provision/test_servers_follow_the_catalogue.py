"""Preparing servers again puts right what is not, and leaves the rest."""

from __future__ import annotations

from dataclasses import replace

import asyncpg
import pytest
from common.contracts.provisioning import principals, topics
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    ConfigResource,
    ResourcePatternType,
    ResourceType,
)
from embedded.provision import provision_kafka
from provision.errors import ProvisionError
from provision.job import load
from provision.kafka import ANY_ACL, Administrator
from provision.kafka import provision_kafka as provision_any
from provision.postgres import provision_postgres

from tests.conftest import Ground
from tests.kafka import eventually


def _administrator(ground: Ground) -> Administrator:
    stack = ground.stack
    return Administrator(stack.kafka_bootstrap, stack.kafka_user, stack.kafka_password)


def _right(principal: str, topic: str) -> AclBinding:
    return AclBinding(
        ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, f"User:{principal}", "*", AclOperation.READ,
        AclPermissionType.ALLOW,
    )  # fmt: skip


async def _is(value: bool) -> bool:
    return value


async def test_a_right_that_the_catalogue_does_not_give_is_taken_away_and_a_strangers_is_left(ground: Ground) -> None:
    admin, name = _administrator(ground).client(), ground.installation.physical("intake.messages")

    def rights() -> set[AclBinding]:
        """Of this installation: others are taken off the server meanwhile."""
        held = admin.describe_acls(ANY_ACL).result(120)
        return {b for b in held if b.name.startswith(f"{ground.installation.prefix}.")}

    before = rights()
    integrator = _right("integrator", ground.installation.physical("channel.web.outbound"))
    wrong = _right("reflex", name)
    for future in admin.create_acls([wrong, integrator]).values():
        future.result(120)
    await eventually(lambda: _is(rights() == before | {wrong, integrator}))
    provision_kafka(ground.stack, ground.installation)
    await eventually(lambda: _is(rights() == before | {integrator}))
    provision_kafka(ground.stack, replace(ground.installation, demo=False))
    await eventually(lambda: _is(not any(b.principal == "User:world" for b in rights())))


async def test_a_topics_settings_are_put_right(ground: Ground) -> None:
    admin = _administrator(ground).client()
    wanted = next(t for t in topics(ground.installation) if t.name.endswith("channel.web.inbound.v1"))
    resource = ConfigResource(ConfigResource.Type.TOPIC, wanted.name, set_config={"retention.ms": "1000"})
    admin.alter_configs([resource])[resource].result(120)
    asked = ConfigResource(ConfigResource.Type.TOPIC, wanted.name)

    def retention() -> str:
        return str(admin.describe_configs([asked])[asked].result(120)["retention.ms"].value)

    await eventually(lambda: _is(retention() == "1000"))
    provision_kafka(ground.stack, ground.installation)
    await eventually(lambda: _is(retention() == wanted.config["retention.ms"]))


async def test_a_new_password_is_set_and_the_old_one_no_longer_opens(ground: Ground) -> None:
    name, before = ground.database("rules"), ground.urls["rules"]
    await provision_postgres(ground.stack.database_url("postgres"), {name: "another"})
    await (await asyncpg.connect(ground.stack.database_url(name, name, "another"))).close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(before)


async def test_a_server_that_refuses_or_is_not_there_is_told_in_words(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provision.kafka.PATIENCE", 1.0)
    stack = ground.stack
    with pytest.raises(ProvisionError, match="PostgreSQL could not be prepared"):
        await provision_postgres(stack.database_url("postgres", password="wrong"), {})
    alone = dict.fromkeys(principals(ground.installation), "secret")
    nobody = Administrator("127.0.0.1:1", protocol="PLAINTEXT")
    with pytest.raises(ProvisionError, match=r"Kafka at 127\.0\.0\.1:1 could not be prepared"):
        provision_any(nobody, ground.installation, alone)


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTKLIK_PROVISION_REPLICATION", "none")
    with pytest.raises(ProvisionError, match=r"OTKLIK_PROVISION_KAFKA_BOOTSTRAP \(host:port of a broker\)") as raised:
        load()
    assert "OTKLIK_PROVISION_REPLICATION" in str(raised.value)
