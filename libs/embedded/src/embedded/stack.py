"""Both servers as one: start, stop, status."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from common.contracts.secret_file import write_secret

from embedded.data_folder import one_at_a_time, prepare
from embedded.errors import EmbeddedError
from embedded.kafka_server import ADMIN, KafkaServer
from embedded.postgres_server import SUPERUSER, PostgresServer


@dataclass(frozen=True)
class Stack:
    """Where the running servers are, and their administrators' passwords."""

    folder: Path
    kafka_bootstrap: str
    kafka_user: str
    kafka_password: str
    postgres_port: int
    postgres_user: str
    postgres_password: str

    def database_url(self, database: str, user: str | None = None, password: str | None = None) -> str:
        name, secret = user or self.postgres_user, password or self.postgres_password
        return f"postgresql://{name}:{secret}@127.0.0.1:{self.postgres_port}/{database}"


def passwords(folder: Path, names: list[str]) -> dict[str, str]:
    """A password for each name, made once and kept in `folder/passwords.json`, readable by us alone."""
    path = folder / "passwords.json"
    try:
        held: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    except ValueError as error:
        raise EmbeddedError(f"{path} is damaged ({error}): restore it, or remove {folder} to begin anew") from error
    missing = [n for n in names if n not in held]
    if missing:
        held |= {name: secrets.token_urlsafe(24) for name in missing}
        _keep(path, held)
    return {name: held[name] for name in names}


def keep_password(folder: Path, name: str, password: str | None) -> None:
    """Keep another password for a name, or None no more."""
    path = folder / "passwords.json"
    held: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    held.pop(name, None)
    _keep(path, held | ({name: password} if password is not None else {}))


def _keep(path: Path, held: dict[str, str]) -> None:
    write_secret(path, json.dumps(held, indent=1).encode())


def start(folder: Path, *, kafka_port: int | None = None, postgres_port: int | None = None) -> Stack:
    """Start what does not run yet; raises EmbeddedError in words. Interrupted, it ends what it had begun."""
    folder = prepare(folder)
    with one_at_a_time(folder):
        kafka, postgres = KafkaServer(folder), PostgresServer(folder)
        if not (folder / "passwords.json").exists() and (kafka.has_data or postgres.has_data):
            raise EmbeddedError(
                f"{folder}/passwords.json is gone, but the servers' data is there and knows the old ones:"
                f" restore it, or remove {folder} to begin anew"
            )
        secret = passwords(folder, ["kafka:admin", "postgres:superuser"])
        postgres_ran, kafka_ran = postgres.alive, kafka.alive
        try:
            postgres.start(secret["postgres:superuser"], postgres_port)
            kafka.start(secret["kafka:admin"], kafka_port)
        except BaseException as error:
            if not kafka_ran:
                kafka.stop()
            if not postgres_ran:
                postgres.stop()
            if isinstance(error, OSError):
                raise EmbeddedError(f"the servers under {folder} cannot be started: {error}") from error
            raise
    return Stack(
        folder,
        f"127.0.0.1:{kafka.port}",
        ADMIN,
        secret["kafka:admin"],
        postgres.port,
        SUPERUSER,
        secret["postgres:superuser"],
    )


def stop(folder: Path) -> None:
    """Stop both; what does not run is left alone."""
    folder = folder.resolve()
    if folder.is_dir():
        with one_at_a_time(folder):
            KafkaServer(folder).stop()
            PostgresServer(folder).stop()


def status(folder: Path) -> dict[str, bool]:
    """Which of the servers run."""
    folder = folder.resolve()
    return {"kafka": KafkaServer(folder).alive, "postgres": PostgresServer(folder).alive}
