"""Who runs a loop outside: a user on the broker with the catalogue's rights, in one call, and its end."""

from __future__ import annotations

from common.contracts.catalogue import Installation
from common.contracts.outside_loops import principal_of_loop
from common.contracts.provisioning import loop_grants
from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
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
