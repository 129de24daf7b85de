"""The same as `run`, as commands of Kafka's own tools: for a cluster whose administrators do it by hand."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from common.contracts.catalogue import Installation
from common.contracts.provisioning import grants, principals, topics
from confluent_kafka.admin import AclOperation, ResourcePatternType, ResourceType

from provision.kafka import bindings

SERVER = "--bootstrap-server $BOOTSTRAP --command-config $ADMIN_PROPERTIES"


def commands(installation: Installation, replication: int) -> Iterator[str]:
    """Lines of a shell script; passwords are asked for as variables, they are not in it."""
    yield "set -eu"
    for name in principals(installation):
        variable = "PASSWORD_" + name.upper().replace("-", "_")
        yield (
            f"kafka-configs.sh {SERVER} --alter --entity-type users --entity-name {name}"
            f' --add-config "SCRAM-SHA-256=[iterations=4096,password=${variable}]"'
        )
    for topic in topics(installation):
        settings = " ".join(f"--config {shlex.quote(f'{k}={v}')}" for k, v in topic.config.items())
        yield (
            f"kafka-topics.sh {SERVER} --create --if-not-exists --topic {topic.name} --partitions {topic.partitions}"
            f" --replication-factor {replication} {settings}"
        )
    for right in bindings(installation, grants(installation), principals(installation)):
        what = {
            ResourceType.TOPIC.name: f"--topic {right.name}",
            ResourceType.GROUP.name: f"--group {right.name}",
            ResourceType.BROKER.name: "--cluster",
        }[ResourceType(right.restype).name]
        prefixed = ResourcePatternType(right.resource_pattern_type) is ResourcePatternType.PREFIXED
        form = " --resource-pattern-type prefixed" if prefixed else ""
        operation = "".join(part.title() for part in AclOperation(right.operation).name.split("_"))
        yield f"kafka-acls.sh {SERVER} --add --allow-principal {right.principal} --operation {operation} {what}{form}"
