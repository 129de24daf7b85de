"""The embedded servers prepared for an installation; passwords are kept in the folder."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence

import provision.channel_life
import provision.kafka
import provision.loops
import provision.partitions
import provision.postgres
from common.contracts.catalogue import Installation
from common.contracts.outside_loops import principal_of_loop
from common.contracts.provisioning import integrator_of, principals
from provision.errors import ProvisionError

from embedded.errors import EmbeddedError
from embedded.stack import Stack, keep_password, passwords


def provision_kafka(stack: Stack, installation: Installation, *, known_users: Collection[str] = ()) -> dict[str, str]:
    """Users (but for those that are known to have their passwords), their rights and all topics; returns the password
    of each principal. Raises EmbeddedError.
    """
    secret = {n: passwords(stack.folder, [f"kafka:{n}"])[f"kafka:{n}"] for n in principals(installation)}
    try:
        provision.kafka.provision_kafka(administrator_of(stack), installation, secret, known_users=known_users)
        provision.loops.renew_loops(administrator_of(stack), installation)
    except ProvisionError as error:
        raise EmbeddedError(str(error)) from error
    return secret


def check_partitions(stack: Stack, installation: Installation) -> str | None:
    """Word of topics that shall have more partitions than they have; raises EmbeddedError where fewer are wanted."""
    try:
        return provision.partitions.check(provision.partitions.differences(administrator_of(stack), installation))
    except ProvisionError as error:
        raise EmbeddedError(str(error)) from error


def administrator_of(stack: Stack) -> provision.kafka.Administrator:
    """Whoever may do everything on the embedded Kafka."""
    return provision.kafka.Administrator(stack.kafka_bootstrap, stack.kafka_user, stack.kafka_password)


def provision_channel(stack: Stack, installation: Installation, channel: str) -> str:
    """Plug a channel in while everything runs; returns its integrator's password. Raises EmbeddedError."""
    name = f"kafka:{integrator_of(channel)}"
    password = passwords(stack.folder, [name])[name]
    try:
        provision.kafka.provision_channel(administrator_of(stack), installation, channel, password)
    except ProvisionError as error:
        raise EmbeddedError(str(error)) from error
    return password


def rotate_channel(stack: Stack, installation: Installation, channel: str) -> str:
    """Another password for a channel's integrator; returns it. Raises EmbeddedError."""
    password = secrets.token_urlsafe(24)
    try:
        provision.channel_life.rotate_channel(administrator_of(stack), installation, channel, password)
    except ProvisionError as error:
        raise EmbeddedError(str(error)) from error
    keep_password(stack.folder, f"kafka:{integrator_of(channel)}", password)
    return password


def remove_channel(stack: Stack, installation: Installation, channel: str, *, with_topics: bool) -> None:
    """A channel's integrator, and on demand its topics. Raises EmbeddedError."""
    try:
        provision.channel_life.remove_channel(administrator_of(stack), installation, channel, with_topics=with_topics)
    except ProvisionError as error:
        raise EmbeddedError(str(error)) from error
    keep_password(stack.folder, f"kafka:{integrator_of(channel)}", None)


def provision_loop(stack: Stack, installation: Installation, loop: str) -> str:
    """Let somebody outside run a loop; returns the password of its user. Raises EmbeddedError."""
    name = f"kafka:{principal_of_loop(loop)}"
    password = passwords(stack.folder, [name])[name]
    try:
        provision.loops.provision_loop(administrator_of(stack), installation, loop, password)
    except ProvisionError as error:
        raise EmbeddedError(str(error)) from error
    return password


def remove_loop(stack: Stack, loop: str) -> None:
    """The user and the rights of a loop outside. Raises EmbeddedError."""
    try:
        provision.loops.remove_loop(administrator_of(stack), loop)
    except ProvisionError as error:
        raise EmbeddedError(str(error)) from error
    keep_password(stack.folder, f"kafka:{principal_of_loop(loop)}", None)


async def provision_postgres(stack: Stack, databases: Sequence[str]) -> dict[str, str]:
    """A database and a role of the same name each, closed to the other roles; returns each one's URL.

    Raises EmbeddedError.
    """
    secret = {n: passwords(stack.folder, [f"postgres:{n}"])[f"postgres:{n}"] for n in databases}
    try:
        await provision.postgres.provision_postgres(stack.database_url("postgres"), secret)
    except ProvisionError as error:
        raise EmbeddedError(str(error)) from error
    return {name: stack.database_url(name, name, password) for name, password in secret.items()}
