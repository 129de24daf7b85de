"""A channel's integrator after it was plugged in: new credentials, rights taken and given back, removed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from common.contracts.catalogue import Installation
from common.contracts.provisioning import channel_topics, integrator_of
from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from provision.errors import ProvisionError
from provision.kafka import (
    ANY_ACL,
    ITERATIONS,
    PATIENCE,
    Administrator,
    channel_rights,
    channels,
    in_words,
    put_in_force,
    wait_for,
)

MAX_ITERATIONS = 2 * ITERATIONS
CLUSTER = "kafka-cluster"


@dataclass(frozen=True)
class ChannelState:
    """How a channel stands on the broker."""

    name: str
    user: bool
    """Whether its integrator has credentials."""
    enabled: bool
    """Whether its integrator has rights."""


def rotate_channel(administrator: Administrator, installation: Installation, channel: str, password: str) -> None:
    """Give a channel's integrator another password. New connections need it at once; Kafka asks those that are open
    for it at their next re-authentication (the broker's `connections.max.reauth.ms`).

    Raises ProvisionError.
    """
    with _asked(administrator) as admin:
        name = integrator_of(channel)
        # A number of iterations other than before shows when the broker has the new credentials.
        before = _iterations(admin, name)
        if before is None:
            raise _no_user(channel)
        wanted = before + 1 if ITERATIONS <= before < MAX_ITERATIONS else ITERATIONS
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, wanted)
        wait_for(
            admin.alter_user_scram_credentials([UserScramCredentialUpsertion(name, info, password.encode())]).values()
        )
        _until(lambda: _iterations(admin, name) == wanted, "the new password")


def disable_channel(administrator: Administrator, installation: Installation, channel: str) -> None:
    """Take an integrator's rights away, also from connections that are open; user, topics and records stay.

    Raises ProvisionError.
    """
    with _asked(administrator) as admin:
        if _iterations(admin, integrator_of(channel)) is None:
            raise _no_user(channel)
        _take_rights(admin, installation, channel)


def enable_channel(administrator: Administrator, installation: Installation, channel: str) -> None:
    """Give an integrator its rights again, under the password it has. Raises ProvisionError."""
    with _asked(administrator) as admin:
        if _iterations(admin, integrator_of(channel)) is None:
            raise _no_user(channel)
        put_in_force(admin, channel_rights(installation, channel))


def remove_channel(
    administrator: Administrator, installation: Installation, channel: str, *, with_topics: bool = False
) -> None:
    """Take away an integrator's rights and user; its topics with all that lies on them only on demand.

    A user with rights in another installation of the same broker stays. Raises ProvisionError.
    """
    with _asked(administrator) as admin:
        name, there = integrator_of(channel), set(admin.list_topics(timeout=PATIENCE).topics)
        mine = [t.name for t in channel_topics(installation, channel) if t.name in there]
        has_user = _iterations(admin, name) is not None
        if not has_user and not mine:
            raise ProvisionError(f"there is no channel {channel}: `channel list` shows those that are")
        _take_rights(admin, installation, channel)
        left = _rights_of(admin, name)
        if has_user and all(b.name == CLUSTER for b in left):
            _delete(admin, left)
            deletion = UserScramCredentialDeletion(name, ScramMechanism.SCRAM_SHA_256)
            wait_for(admin.alter_user_scram_credentials([deletion]).values())
            _until(lambda: _iterations(admin, name) is None, "the removal of the user")
        if with_topics and mine:
            wait_for(admin.delete_topics(mine, operation_timeout=PATIENCE).values())


def channel_states(administrator: Administrator, installation: Installation) -> list[ChannelState]:
    """Every channel with how its integrator stands. Raises ProvisionError."""
    found = []
    with _asked(administrator) as admin:
        rights = admin.describe_acls(ANY_ACL).result(PATIENCE)
        for name in channels(administrator, installation):
            principal, begins = f"User:{integrator_of(name)}", f"{installation.prefix}."
            enabled = any(b.principal == principal and b.name.startswith(begins) for b in rights)
            user = _iterations(admin, integrator_of(name)) is not None
            found.append(ChannelState(name, user, user and enabled))
    return found


@contextmanager
def _asked(administrator: Administrator) -> Iterator[AdminClient]:
    try:
        yield administrator.client()
    except (KafkaException, TimeoutError) as error:
        raise ProvisionError(f"Kafka at {administrator.bootstrap} did not do it: {in_words(error)}") from error


def _no_user(channel: str) -> ProvisionError:
    return ProvisionError(f"channel {channel} has no integrator's user: `channel add {channel}` makes one")


def _iterations(admin: AdminClient, user: str) -> int | None:
    """Of a user's credentials as the broker knows them; None when it knows no such user."""
    asked: Any = admin.describe_user_scram_credentials([user], request_timeout=PATIENCE)
    try:
        found = asked[user].result(PATIENCE)
    except KafkaException:
        return None
    return next((int(info.iterations) for info in found.scram_credential_infos), None)


def _rights_of(admin: AdminClient, user: str) -> list[AclBinding]:
    return [b for b in admin.describe_acls(ANY_ACL).result(PATIENCE) if b.principal == f"User:{user}"]


def _take_rights(admin: AdminClient, installation: Installation, channel: str) -> None:
    begins = f"{installation.prefix}."

    def mine() -> list[AclBinding]:
        return [b for b in _rights_of(admin, integrator_of(channel)) if b.name.startswith(begins)]

    _delete(admin, mine())
    _until(lambda: not mine(), "the end of its rights")


def _delete(admin: AdminClient, rights: list[AclBinding]) -> None:
    if rights:
        exact = [
            AclBindingFilter(
                b.restype, b.name, b.resource_pattern_type, b.principal, b.host, b.operation, b.permission_type
            )
            for b in rights
        ]
        wait_for(admin.delete_acls(exact).values())


def _until(done: Callable[[], bool], what: str) -> None:
    """The controller acknowledges before the broker knows; raises ProvisionError."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise ProvisionError(f"Kafka has not put {what} in force within {PATIENCE:.0f} s; look into its log")
        time.sleep(0.02)
