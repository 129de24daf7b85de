"""The embedded servers prepared for an installation; passwords are kept in the folder."""

from __future__ import annotations

from collections.abc import Sequence

import provision.kafka
import provision.postgres
from common.catalogue import Installation
from common.provisioning import principals
from provision.errors import ProvisionError

from embedded.errors import EmbeddedError
from embedded.stack import Stack, passwords


def provision_kafka(stack: Stack, installation: Installation) -> dict[str, str]:
    """Users, their rights and all topics; returns the password of each principal. Raises EmbeddedError."""
    secret = {n: passwords(stack.folder, [f"kafka:{n}"])[f"kafka:{n}"] for n in principals(installation)}
    administrator = provision.kafka.Administrator(stack.kafka_bootstrap, stack.kafka_user, stack.kafka_password)
    try:
        provision.kafka.provision_kafka(administrator, installation, secret)
    except ProvisionError as error:
        raise EmbeddedError(str(error)) from error
    return secret


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
