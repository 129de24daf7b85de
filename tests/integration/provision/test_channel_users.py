"""A channel's integrator gets other credentials, loses its rights, has them again and goes, while a broker runs."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, TopicAuthorizationFailedError
from common.contracts.provisioning import integrator_of
from embedded.provision import administrator_of, provision_channel, provision_kafka, rotate_channel
from embedded.stack import passwords
from provision.channel_command import add_to, run_channel
from provision.channel_life import channel_states, disable_channel
from provision.errors import ProvisionError

from tests.conftest import Ground
from tests.kafka import admin, eventually

NAME = "pigeon-users"


@asynccontextmanager
async def producer(ground: Ground, password: str) -> AsyncIterator[AIOKafkaProducer]:
    made = AIOKafkaProducer(
        bootstrap_servers=ground.stack.kafka_bootstrap, security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-256", sasl_plain_username=integrator_of(NAME), sasl_plain_password=password,
    )  # fmt: skip
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


async def may_write(ground: Ground, password: str) -> bool:
    """Over a new connection; False when it is refused."""
    try:
        async with producer(ground, password) as client:
            await client.send_and_wait(ground.installation.physical(f"channel.{NAME}.inbound"), value=b"x")
    except KafkaError:
        return False
    return True


async def has_topics(ground: Ground, part: str, wanted: bool = True) -> bool:
    """Whether there are topics, or none, whose names contain this."""
    return any(part in topic for topic in admin(ground).list_topics(timeout=120).topics) == wanted


def said(*words: str) -> str:
    parser = argparse.ArgumentParser()
    add_to(parser)
    return "\n".join(run_channel(parser.parse_args(words)))


def password_in(access: Path, printed: str) -> str:
    """What a file of access holds, that its owner alone may read and nothing else shows."""
    variables = dict(line.split("=", 1) for line in access.read_text().splitlines() if "=" in line)
    password = variables["OTKLIK_KAFKA_PASSWORD"].strip("'")
    assert access.stat().st_mode & 0o777 == 0o600
    assert password not in printed
    return password


async def test_an_integrators_credentials_and_rights_are_changed_by_command_and_at_once(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stack, installation, name = ground.stack, ground.installation, ground.installation.physical
    first = provision_channel(stack, installation, NAME)
    async with producer(ground, first) as before:
        inbound = name(f"channel.{NAME}.inbound")
        await before.send_and_wait(inbound, value=b"x")
        second = rotate_channel(stack, installation, NAME)
        with pytest.raises(KafkaConnectionError):
            async with producer(ground, first):
                pass
        assert await may_write(ground, second)
        assert passwords(stack.folder, [f"kafka:{integrator_of(NAME)}"]) == {f"kafka:{integrator_of(NAME)}": second}

        # The same for any cluster, with an administrator's settings.
        for variable, value in {
            "PREFIX": installation.prefix, "KAFKA_BOOTSTRAP": stack.kafka_bootstrap, "KAFKA_USER": stack.kafka_user,
            "KAFKA_PASSWORD": stack.kafka_password, "FEDERATION": str(ground.federation),
        }.items():  # fmt: skip
            monkeypatch.setenv(f"OTKLIK_PROVISION_{variable}", value)
        access = tmp_path / "channel.env"
        with pytest.raises(ProvisionError, match="name the file that `channel add --into` wrote"):
            said("rotate", NAME, "--into", str(access))
        assert password_in(access, said("add", NAME, "--into", str(access), "--bootstrap", "elsewhere:9093")) != second
        assert "OTKLIK_KAFKA_BOOTSTRAP='elsewhere:9093'" in access.read_text()
        third = password_in(access, said("rotate", NAME, "--into", str(access)))
        assert not await may_write(ground, second)
        assert said("disable", NAME) == f"{NAME}: disabled"
        with pytest.raises(TopicAuthorizationFailedError):
            await before.send_and_wait(inbound, value=b"x")
    assert f"{NAME}: disabled" in said("list").splitlines()
    # Preparing the servers again gives no right back, and makes a topic that an older version did not know.
    gone, client = name(f"channel.{NAME}.rejections"), admin(ground)
    client.delete_topics([gone])[gone].result(120)
    provision_kafka(stack, installation)
    await eventually(lambda: has_topics(ground, gone))
    assert not await may_write(ground, third)
    said("enable", NAME)
    assert await may_write(ground, third)

    said("remove", NAME)
    assert not await may_write(ground, third)
    states = {one.name: one for one in channel_states(administrator_of(stack), installation)}
    assert (states[NAME].user, states[NAME].enabled) == (False, False)
    with pytest.raises(ProvisionError, match=f"channel {NAME} has no integrator's user: `channel add {NAME}`"):
        disable_channel(administrator_of(stack), installation, NAME)
    with pytest.raises(ProvisionError, match="web is a channel of the federation"):
        said("remove", "web", "--topics")
    said("remove", NAME, "--topics")
    await eventually(lambda: has_topics(ground, f".{NAME}.", False))
    with pytest.raises(ProvisionError, match=f"there is no channel {NAME}"):
        said("remove", NAME)
