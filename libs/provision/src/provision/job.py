"""One shot: everything an installation needs on its servers, and the keys of its principals."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal, TypeVar

from common.contracts.catalogue import Installation
from common.contracts.provisioning import principals
from common.federation.check import checked_federation
from common.federation.country import Federation
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from provision import partitions
from provision.errors import ProvisionError
from provision.identities import hand_out
from provision.kafka import Administrator, provision_kafka
from provision.loops import renew_loops
from provision.postgres import provision_postgres
from provision.secrets import databases


class AdministratorSettings(BaseSettings):
    """Where Kafka is, and as whom to prepare it; environment variables named OTKLIK_PROVISION_*."""

    model_config = SettingsConfigDict(env_prefix="OTKLIK_PROVISION_", extra="ignore", frozen=True)

    prefix: str = Field(default="otklik", description="before every topic and group")
    kafka_bootstrap: str = Field(description="host:port of a broker")
    kafka_user: str | None = Field(default=None, description="an administrator; none: no authentication")
    kafka_password: SecretStr = SecretStr("")
    kafka_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-256"
    kafka_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "SASL_PLAINTEXT"
    kafka_ca: Path | None = Field(default=None, description="certificate authority of the brokers")
    replication: int = Field(default=1, ge=1, description="replicas of each topic")

    @property
    def administrator(self) -> Administrator:
        return Administrator(
            self.kafka_bootstrap,
            self.kafka_user,
            self.kafka_password.get_secret_value(),
            self.kafka_mechanism,
            self.kafka_protocol,
            self.kafka_ca,
        )


class ProvisionSettings(AdministratorSettings):
    """All that a whole installation takes."""

    federation: Path = Field(description="folder of the federation's data")
    kafka_passwords: dict[str, SecretStr] = Field(description="JSON: password of each principal")
    database_url: SecretStr = Field(description="postgresql://superuser:password@host:port/postgres")
    database_passwords: dict[str, SecretStr] = Field(description="JSON: password of each service's database")
    keys: Path = Field(description="folder that each principal's keys are written under")


Found = TypeVar("Found", bound=AdministratorSettings)


def load() -> ProvisionSettings:
    """Read the environment; raises ProvisionError naming each variable that is missing or wrong."""
    return load_as(ProvisionSettings)


def load_as(kind: type[Found]) -> Found:
    """The same for a part of the settings."""
    try:
        return kind()
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_input=False):
            name = str(problem["loc"][0])
            field = kind.model_fields.get(name)
            hint = f" ({field.description})" if field is not None and field.description else ""
            lines.append(f"  OTKLIK_PROVISION_{name.upper()}{hint}: {problem['msg']}")
        raise ProvisionError("settings are missing or wrong:\n" + "\n".join(lines)) from error


def installation_of(federation: Federation, prefix: str) -> Installation:
    """A federation's installation, in which nobody acts for the outside world."""
    channels, regions = tuple(c.id for c in federation.channels), tuple(r.id for r in federation.regions)
    return Installation(prefix, channels, regions, federation.partitions, demo=False)


def run(settings: ProvisionSettings) -> Installation:
    """Prepare everything; a second time changes nothing. Raises ProvisionError or FederationError."""
    federation = checked_federation(settings.federation)
    installation = installation_of(federation, settings.prefix)
    users, owners = principals(installation), databases(installation)
    _all_there("KAFKA_PASSWORDS", settings.kafka_passwords, users)
    _all_there("DATABASE_PASSWORDS", settings.database_passwords, owners)
    partitions.check(partitions.differences(settings.administrator, installation))
    secret = {name: settings.kafka_passwords[name].get_secret_value() for name in users}
    provision_kafka(settings.administrator, installation, secret, replication=settings.replication)
    renew_loops(settings.administrator, installation)
    owned = {name: settings.database_passwords[name].get_secret_value() for name in owners}
    asyncio.run(provision_postgres(settings.database_url.get_secret_value(), owned))
    hand_out(settings.keys, users)
    return installation


def _all_there(variable: str, given: dict[str, SecretStr], wanted: tuple[str, ...]) -> None:
    missing = [name for name in wanted if name not in given]
    if missing:
        raise ProvisionError(f"OTKLIK_PROVISION_{variable} has no password for {', '.join(missing)}")
