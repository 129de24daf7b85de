"""Kafka as the catalogue wants it: users, topics, rights. Doing it again changes nothing that is right already."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.contracts.catalogue import TOPICS, Installation
from common.contracts.provisioning import (
    OUTSIDERS,
    Grant,
    NewTopic,
    channel_grants,
    channel_topics,
    grants,
    integrator_of,
    principals,
    topics,
)
from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialUpsertion,
)
from confluent_kafka.admin import NewTopic as KafkaTopic

from provision.errors import ProvisionError
from provision.quotas import Quotas, set_quotas

ITERATIONS = 4096
PARTED = frozenset({"reflex"})
"""Services of which a part may run as a process of its own, with a consumer group of its own."""
PATIENCE = 120.0
"""Seconds for an answer: a broker on a small machine that does much else is slow to make a hundred topics."""
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 0.4
ANY_ACL = AclBindingFilter(
    ResourceType.ANY,
    None,  # type: ignore[arg-type]  # the library's types know no filter that leaves a name open
    ResourcePatternType.ANY,
    None,  # type: ignore[arg-type]
    None,  # type: ignore[arg-type]
    AclOperation.ANY,
    AclPermissionType.ANY,
)


@dataclass(frozen=True)
class Administrator:
    """Where the cluster is, and as whom to prepare it."""

    bootstrap: str
    user: str | None = None
    password: str = ""
    mechanism: str = "SCRAM-SHA-256"
    protocol: str = "SASL_PLAINTEXT"
    ca: Path | None = None
    """Certificate authority of the brokers, for SASL_SSL and SSL."""
    certificate: Path | None = None
    """Our own, with its key, where the brokers ask for one."""
    certificate_key: Path | None = None

    def client(self) -> AdminClient:
        # Level 4: what the client says of itself while all is well would stand between the lines of a command.
        options: dict[str, Any] = {
            "bootstrap.servers": self.bootstrap, "security.protocol": self.protocol, "log_level": 4,
        }  # fmt: skip
        if self.user is not None:
            options |= {
                "sasl.mechanism": self.mechanism,
                "sasl.username": self.user,
                "sasl.password": self.password,
            }
        if self.ca is not None:
            options["ssl.ca.location"] = str(self.ca)
        if self.certificate is not None:
            options |= {
                "ssl.certificate.location": str(self.certificate),
                "ssl.key.location": str(self.certificate_key or self.certificate),
            }
        return AdminClient(options)

    def set_quotas(self, user: str, quotas: Quotas | None) -> None:
        """Bound what a user may do, or with None no longer. Raises ProvisionError."""
        set_quotas(
            self.bootstrap, user, quotas, protocol=self.protocol, mechanism=self.mechanism, name=self.user,
            password=self.password, ca=self.ca,
        )  # fmt: skip


def provision_kafka(
    administrator: Administrator,
    installation: Installation,
    passwords: Mapping[str, str],
    *,
    replication: int = 1,
    known_users: Collection[str] = (),
) -> None:
    """Users with these passwords (one a principal), all topics, and exactly the rights of the catalogue.

    `known_users` are known to have theirs: installations that share a broker share its users, which are dear to make.

    Rights of our principals on our topics and groups that the catalogue no longer gives are taken away. The number
    of partitions of a topic that exists is left alone: see `provision.partitions`.
    Raises ProvisionError.
    """
    names = principals(installation)
    try:
        admin = administrator.client()
        ensure_users(admin, {name: passwords[name] for name in names if name not in known_users})
        old = _ensure_topics(admin, topics(installation), replication, family=f"{installation.prefix}.")
        wanted = bindings(installation, grants(installation), names)
        if old:
            _withdraw(admin, installation, wanted, {*names, *OUTSIDERS})
            wanted += _of_integrators(admin, installation, replication)
        put_in_force(admin, wanted)
    except (KafkaException, TimeoutError) as error:
        raise ProvisionError(f"Kafka at {administrator.bootstrap} could not be prepared: {in_words(error)}") from error


def _of_integrators(admin: AdminClient, installation: Installation, replication: int) -> list[AclBinding]:
    """Topics that channels plugged in before do not have yet; returns the rights of integrators that have any."""
    rights: list[AclBinding] = []
    held = {(b.principal, b.name, b.operation) for b in admin.describe_acls(ANY_ACL).result(PATIENCE)}
    for name in channels_of(admin.list_topics(timeout=PATIENCE).topics, installation):
        if name not in installation.channels:
            _ensure_topics(admin, channel_topics(installation, name), replication)
        inbound = installation.physical(f"channel.{name}.inbound")
        if (f"User:{integrator_of(name)}", inbound, AclOperation.WRITE) in held:
            rights += channel_rights(installation, name)
    return rights


def provision_channel(
    administrator: Administrator,
    installation: Installation,
    channel: str,
    password: str,
    *,
    replication: int = 1,
    quotas: Quotas | None = None,
) -> None:
    """A channel's topics, and a user with this password who may publish to it and read what its citizens are told,
    within `quotas` (those of the environment by default). Running services need no word of it. Raises ProvisionError.
    """
    name, rights = integrator_of(channel), channel_rights(installation, channel)
    try:
        admin = administrator.client()
        ensure_users(admin, {name: password})
        administrator.set_quotas(name, quotas or Quotas())
        _ensure_topics(admin, channel_topics(installation, channel), replication)
        _withdraw(admin, installation, rights, {name})
        put_in_force(admin, rights)
    except (KafkaException, TimeoutError) as error:
        raise ProvisionError(f"Kafka at {administrator.bootstrap} could not be prepared: {in_words(error)}") from error


def channel_rights(installation: Installation, channel: str) -> list[AclBinding]:
    """What a channel's integrator may do."""
    name = integrator_of(channel)
    begins, form = f"{installation.prefix}.{name}.", ResourcePatternType.PREFIXED
    return [
        *bindings(installation, channel_grants(installation, channel), [name]),
        allow(ResourceType.GROUP, begins, name, AclOperation.READ, form),
        # An integrator may publish in transactions, under ids that nobody else may use.
        allow(ResourceType.TRANSACTIONAL_ID, begins, name, AclOperation.WRITE, form),
        allow(ResourceType.TRANSACTIONAL_ID, begins, name, AclOperation.DESCRIBE, form),
    ]


def channels(administrator: Administrator, installation: Installation) -> list[str]:
    """The channels whose inbound topic is there. Raises ProvisionError."""
    try:
        return channels_of(administrator.client().list_topics(timeout=PATIENCE).topics, installation)
    except KafkaException as error:
        raise ProvisionError(f"Kafka at {administrator.bootstrap} does not answer: {error}") from error


def channels_of(names: Iterable[str], installation: Installation) -> list[str]:
    """The channels whose inbound topic is among these."""
    row = next(t for t in TOPICS if t.template == "channel.{channel}.inbound")
    found = (re.fullmatch(re.escape(installation.prefix) + r"\." + row.pattern + r"\.v1", n) for n in names)
    return sorted(m.string.split(".")[-3] for m in found if m is not None)


def in_words(error: Exception) -> str:
    return str(error) or f"no answer within {PATIENCE:.0f} s"


def ensure_users(admin: AdminClient, secret: Mapping[str, str]) -> None:
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, ITERATIONS)
    wanted: list[UserScramCredentialAlteration] = [
        UserScramCredentialUpsertion(name, info, password.encode()) for name, password in secret.items()
    ]
    if wanted:
        wait_for(admin.alter_user_scram_credentials(wanted).values())


def _ensure_topics(admin: AdminClient, wanted: Sequence[NewTopic], replication: int, family: str = "") -> bool:
    """Make what is missing, put right the settings of the others; returns whether any topic was there whose name begins
    with `family`.
    """
    there = set(admin.list_topics(timeout=PATIENCE).topics)
    missing = [
        KafkaTopic(t.name, num_partitions=t.partitions, replication_factor=replication, config=t.config)
        for t in wanted
        if t.name not in there
    ]
    if missing:
        wait_for(admin.create_topics(missing, operation_timeout=PATIENCE).values())
    settings = [
        ConfigResource(
            ConfigResource.Type.TOPIC,
            t.name,
            incremental_configs=[
                ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
                for name, value in t.config.items()
            ],
        )
        for t in wanted
        if t.name in there
    ]
    if settings:
        wait_for(admin.incremental_alter_configs(settings).values())
    return any(name.startswith(family) for name in there)


def bindings(installation: Installation, granted: Iterable[Grant], names: Sequence[str]) -> list[AclBinding]:
    """Every right as Kafka puts it: topics as granted, each principal's own group, idempotent writing."""
    found = []
    for grant in granted:
        form = ResourcePatternType.PREFIXED if grant.prefixed else ResourcePatternType.LITERAL
        if grant.read:
            found.append(allow(ResourceType.TOPIC, grant.topic, grant.principal, AclOperation.READ, form))
        if grant.write:
            found.append(allow(ResourceType.TOPIC, grant.topic, grant.principal, AclOperation.WRITE, form))
    for name in names:
        found.append(allow(ResourceType.GROUP, f"{installation.prefix}.{name}", name, AclOperation.READ))
        if name in PARTED:
            begins = f"{installation.prefix}.{name}."
            found.append(allow(ResourceType.GROUP, begins, name, AclOperation.READ, ResourcePatternType.PREFIXED))
        found.append(allow(ResourceType.BROKER, "kafka-cluster", name, AclOperation.IDEMPOTENT_WRITE))
    if "exporter" in names:
        # It reads no record: it sees how far topics go and groups have come.
        for kind in (ResourceType.TOPIC, ResourceType.GROUP):
            begins = f"{installation.prefix}."
            found.append(allow(kind, begins, "exporter", AclOperation.DESCRIBE, ResourcePatternType.PREFIXED))
    return found


def _withdraw(
    admin: AdminClient, installation: Installation, wanted: Sequence[AclBinding], principals: set[str]
) -> None:
    """Take away what these principals may do with our topics and groups beyond what is wanted."""
    keep, users = {_named(b) for b in wanted}, {f"User:{name}" for name in principals}
    stale = [
        AclBindingFilter(
            b.restype, b.name, b.resource_pattern_type, b.principal, b.host, b.operation, b.permission_type
        )
        for b in admin.describe_acls(ANY_ACL).result(PATIENCE)
        if b.name.startswith(f"{installation.prefix}.") and b.principal in users and _named(b) not in keep
    ]
    if stale:
        wait_for(admin.delete_acls(stale).values())


def put_in_force(admin: AdminClient, wanted: Sequence[AclBinding]) -> None:
    wait_for(admin.create_acls(list(wanted)).values())
    _until_in_force(admin, {_named(b) for b in wanted})


def _until_in_force(admin: AdminClient, wanted: set[tuple[object, ...]]) -> None:
    """The controller acknowledges ACLs before the broker that judges by them has them; raises ProvisionError."""
    deadline, pause = time.monotonic() + PATIENCE, SHORTEST_PAUSE_SECONDS
    while not wanted <= {_named(b) for b in admin.describe_acls(ANY_ACL).result(PATIENCE)}:
        if time.monotonic() > deadline:
            raise ProvisionError(f"Kafka has not put its ACLs in force within {PATIENCE:.0f} s; look into its log")
        # An answer names every right on the broker: asking without a rest costs more than what is waited for.
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def _named(binding: AclBinding) -> tuple[object, ...]:
    return (binding.restype, binding.name, binding.resource_pattern_type, binding.principal, binding.operation)


def allow(
    kind: ResourceType,
    name: str,
    principal: str,
    operation: AclOperation,
    form: ResourcePatternType = ResourcePatternType.LITERAL,
) -> AclBinding:
    return AclBinding(kind, name, form, f"User:{principal}", "*", operation, AclPermissionType.ALLOW)


def wait_for(futures: Iterable[Future[Any]]) -> None:
    for future in futures:
        future.result(PATIENCE)
