"""Secrets of an installation in containers: made once, one file of variables for each process that needs some."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path

from common.contracts.catalogue import Installation
from common.contracts.provisioning import principals
from common.contracts.secret_file import write_secret

MEMORY = "secrets.json"
JAAS = "org.apache.kafka.common.security.plain.PlainLoginModule required"
ADMIN = "admin"
KEYS = {"intake": ("vault", "pseudonym"), "channels": ("edge",), "deliberation": ("voice",)}
"""Keys that a service alone has, by the first word of their variable."""
POSTGRES_HOST = "postgres"


def databases(installation: Installation) -> tuple[str, ...]:
    """Whose databases an installation has: every service instance's, the clock's and the exporter's."""
    return (*installation.instances(), "clock", "exporter")


def write_secrets(folder: Path, installation: Installation) -> list[Path]:
    """`<name>.env` for each principal, `kafka.env`, `postgres.env` and `provision.env`; what was made before stays.

    Only the owner may read them. Returns the files.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    kafka = {n: _secret(folder, f"kafka:{n}") for n in principals(installation)}
    postgres = {n: _secret(folder, f"postgres:{n}") for n in databases(installation)}
    root = {n: _secret(folder, n) for n in ("kafka:admin", "postgres:superuser")}
    made = [_write(folder, n, _process(folder, n, kafka[n], postgres.get(n))) for n in kafka]
    login = f'{JAAS} username="{ADMIN}" password="{root["kafka:admin"]}" user_{ADMIN}="{root["kafka:admin"]}";'
    made.append(
        _write(
            folder,
            "kafka",
            {
                "KAFKA_LISTENER_NAME_ADMIN_PLAIN_SASL_JAAS_CONFIG": login,
                "KAFKA_LISTENER_NAME_CONTROLLER_PLAIN_SASL_JAAS_CONFIG": login,
                "CLUSTER_ID": _cluster_id(folder),
            },
        )
    )
    made.append(_write(folder, "postgres", {"POSTGRES_PASSWORD": root["postgres:superuser"]}))
    url = f"postgresql://postgres:{root['postgres:superuser']}@{POSTGRES_HOST}:5432/postgres"
    made.append(
        _write(
            folder,
            "provision",
            {
                "OTKLIK_PROVISION_KAFKA_PASSWORD": root["kafka:admin"],
                "OTKLIK_PROVISION_DATABASE_URL": url,
                "OTKLIK_PROVISION_KAFKA_PASSWORDS": json.dumps(kafka),
                "OTKLIK_PROVISION_DATABASE_PASSWORDS": json.dumps(postgres),
            },
        )
    )
    made.append(_write(folder, "grafana", {"GF_SECURITY_ADMIN_PASSWORD": _secret(folder, "grafana:admin")}))
    return made


def _process(folder: Path, name: str, password: str, database: str | None) -> dict[str, str]:
    found = {"OTKLIK_KAFKA_PASSWORD": password}
    if database is not None:
        found["OTKLIK_DATABASE_URL"] = f"postgresql://{name}:{database}@{POSTGRES_HOST}:5432/{name}"
    for key in KEYS.get(name, ()):
        found[f"OTKLIK_{key.upper()}_KEY"] = base64.b64encode(
            base64.urlsafe_b64decode(_secret(folder, f"key:{key}"))
        ).decode()
    return found


def _cluster_id(folder: Path) -> str:
    """22 characters of base64 of 16 bytes, as Kafka wants it."""
    return _secret(folder, "kafka:cluster", size=16).rstrip("=")


def _secret(folder: Path, name: str, size: int = 33) -> str:
    """A secret of so many random bytes in URL-safe base64, made once; keys are 32 bytes."""
    path = folder / MEMORY
    held: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    if name not in held:
        wanted = 32 if name.startswith("key:") else size
        held[name] = base64.urlsafe_b64encode(secrets.token_bytes(wanted)).decode()
        write_secret(path, json.dumps(held, indent=1).encode())
    return held[name]


def _write(folder: Path, name: str, variables: dict[str, str]) -> Path:
    """In single quotes, which Compose takes word for word."""
    path = folder / f"{name}.env"
    write_secret(path, "".join(f"{variable}='{value}'\n" for variable, value in variables.items()).encode())
    return path
