"""Who runs a loop outside: a user on the broker with the catalogue's rights, in one call, and its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from common.contracts.catalogue import Installation
from common.contracts.frozen import value
from common.contracts.outside_loops import loop_of_principal, principal_of_loop
from common.contracts.provisioning import loop_grants
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    OffsetSpec,
    ResourcePatternType,
    ResourceType,
    ScramMechanism,
    UserScramCredentialDeletion,
)

from provision.errors import ProvisionError
from provision.kafka import (
    ANY_ACL,
    PATIENCE,
    Administrator,
    allow,
    bindings,
    ensure_users,
    in_words,
    put_in_force,
    wait_for,
)
from provision.quotas import Quotas


def loop_rights(installation: Installation, loop: str) -> list[AclBinding]:
    """What who runs a loop may do: read facts, propose, and share its work over groups of its name."""
    name = principal_of_loop(loop)
    begins = f"{installation.prefix}.{name}."
    return [
        *bindings(installation, loop_grants(installation, loop), [name]),
        allow(ResourceType.GROUP, begins, name, AclOperation.READ, ResourcePatternType.PREFIXED),
    ]


def provision_loop(
    administrator: Administrator, installation: Installation, loop: str, password: str, quotas: Quotas | None = None
) -> None:
    """A user with this password who may read facts and propose changes, within `quotas`. Raises ProvisionError."""
    name = principal_of_loop(loop)
    try:
        admin = administrator.client()
        ensure_users(admin, {name: password})
        administrator.set_quotas(name, quotas or Quotas())
        put_in_force(admin, loop_rights(installation, loop))
    except (KafkaException, TimeoutError) as error:
        raise ProvisionError(f"Kafka at {administrator.bootstrap} could not be prepared: {in_words(error)}") from error


def renew_loops(administrator: Administrator, installation: Installation) -> None:
    """Give loops that were let in before what the catalogue has given loops since. Raises ProvisionError."""
    writers = AclBindingFilter(
        ResourceType.TOPIC, installation.physical("rules.commands"), ResourcePatternType.LITERAL,
        None, None,  # type: ignore[arg-type]  # the library's types know no filter that leaves a name open
        AclOperation.WRITE, AclPermissionType.ALLOW,
    )  # fmt: skip
    try:
        admin = administrator.client()
        proposers = sorted(b.principal.removeprefix("User:") for b in admin.describe_acls(writers).result(PATIENCE))
        loops = [loop for name in proposers if (loop := loop_of_principal(name)) is not None]
        if loops:
            put_in_force(admin, [right for loop in loops for right in loop_rights(installation, loop)])
    except (KafkaException, TimeoutError) as error:
        raise ProvisionError(f"Kafka at {administrator.bootstrap} could not be prepared: {in_words(error)}") from error


@value
class LoopAccessState:
    """What the broker knows of who runs a loop. `read` is None where it has never committed an offset; `unread` counts
    records by topic."""

    user: bool
    missing: tuple[str, ...]
    read: int | None
    unread: Mapping[str, int]


def loop_state(administrator: Administrator, installation: Installation, loop: str) -> LoopAccessState:
    """Its user, the rights that it lacks, and how far it has read. Raises ProvisionError."""
    name = principal_of_loop(loop)
    try:
        admin = administrator.client()
        held = {
            (b.restype, b.name, b.resource_pattern_type, b.operation)
            for b in admin.describe_acls(ANY_ACL).result(PATIENCE)
            if b.principal == f"User:{name}"
        }
        wanted = loop_rights(installation, loop)
        missing = [b for b in wanted if (b.restype, b.name, b.resource_pattern_type, b.operation) not in held]
        read, unread = _read_so_far(admin, installation, name)
        return LoopAccessState(
            bool(held), tuple(f"{AclOperation(b.operation).name.lower()} {b.name}" for b in missing), read, unread
        )
    except (KafkaException, TimeoutError) as error:
        raise ProvisionError(f"Kafka at {administrator.bootstrap} did not say it: {in_words(error)}") from error


def _read_so_far(admin: AdminClient, installation: Installation, name: str) -> tuple[int | None, Mapping[str, int]]:
    """Of the loop's groups the farthest at each partition."""
    begins = f"{installation.prefix}.{name}"
    groups = [
        one.group_id
        for one in admin.list_consumer_groups().result(PATIENCE).valid
        if one.group_id == begins or one.group_id.startswith(f"{begins}.")
    ]
    reached: dict[tuple[str, int], int] = {}
    for group in groups:
        asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])
        for place in asked[group].result(PATIENCE).topic_partitions or ():
            key = (place.topic, place.partition)
            reached[key] = max(reached.get(key, 0), place.offset)
    if not reached:
        return None, {}
    latest: Any = OffsetSpec
    places = {TopicPartition(topic, number): latest.latest() for topic, number in reached}
    ends = {(p.topic, p.partition): f.result(PATIENCE).offset for p, f in admin.list_offsets(places).items()}
    unread: Counter[str] = Counter()
    for (topic, number), offset in reached.items():
        unread[topic] += max(ends[topic, number] - offset, 0)
    return sum(reached.values()), {topic: number for topic, number in unread.items() if number}


def remove_loop(administrator: Administrator, loop: str) -> None:
    """Its user and all its rights; what it has said stays. Raises ProvisionError."""
    name = principal_of_loop(loop)
    try:
        admin = administrator.client()
        held = [b for b in admin.describe_acls(ANY_ACL).result(PATIENCE) if b.principal == f"User:{name}"]
        if not held:
            raise ProvisionError(f"there is no loop {loop} here that somebody outside runs")
        exact = [
            AclBindingFilter(
                b.restype, b.name, b.resource_pattern_type, b.principal, b.host, b.operation, b.permission_type
            )
            for b in held
        ]
        wait_for(admin.delete_acls(exact).values())
        deletion = UserScramCredentialDeletion(name, ScramMechanism.SCRAM_SHA_256)
        wait_for(admin.alter_user_scram_credentials([deletion]).values())
    except (KafkaException, TimeoutError) as error:
        raise ProvisionError(f"Kafka at {administrator.bootstrap} did not do it: {in_words(error)}") from error
