"""What a channel's integrator is given to connect with, as a file of variables that programs and shells read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from common.contracts.catalogue import Installation
from common.contracts.provisioning import integrator_of
from common.contracts.secret_file import write_secret

STREAMS = ("inbound", "outbound", "receipts", "rejections")
HEAD = """\
# Access of the channel {channel} to Otklik. Whoever has this file may speak for the channel: keep it out of version
# control. The environment goes before it. EXAMPLE_ is what the examples say.
"""


@dataclass(frozen=True, slots=True)
class Access:
    """Where a channel's integrator connects, and as whom."""

    bootstrap: str
    prefix: str
    channel: str
    password: str
    protocol: str = "SASL_PLAINTEXT"
    mechanism: str = "SCRAM-SHA-256"
    edges: str | None = None
    """URL of the edges over HTTP, which keep files."""

    @property
    def user(self) -> str:
        return integrator_of(self.channel)

    def variables(self) -> dict[str, str]:
        """By name; `otklik channel watch` and `check` read those of Kafka too."""
        topics = Installation(self.prefix)
        found = {
            "OTKLIK_CHANNEL": self.channel,
            "OTKLIK_KAFKA_BOOTSTRAP": self.bootstrap,
            "OTKLIK_KAFKA_PROTOCOL": self.protocol,
            "OTKLIK_KAFKA_MECHANISM": self.mechanism,
            "OTKLIK_KAFKA_USER": self.user,
            "OTKLIK_KAFKA_PASSWORD": self.password,
            "OTKLIK_PREFIX": self.prefix,
            "OTKLIK_GROUP": f"{self.prefix}.{self.user}",
            "OTKLIK_TRANSACTIONAL_ID": f"{self.prefix}.{self.user}.1",
        }
        found |= {f"OTKLIK_{s.upper()}": topics.physical(f"channel.{self.channel}.{s}") for s in STREAMS}
        if self.edges is not None:
            found["OTKLIK_ATTACHMENTS_URL"] = f"{self.edges}/v1/attachments/{self.channel}"
        return found


def write_access(path: Path, access: Access, more: Mapping[str, str]) -> None:
    """The file, which its owner alone may read."""
    variables = {**access.variables(), **more}
    lines = [f"{name}={_quoted(value)}\n" for name, value in variables.items()]
    write_secret(path, (HEAD.format(channel=access.channel) + "".join(lines)).encode())


def with_password(path: Path, password: str) -> None:
    """Another password in a file that is there; all else in it stays. Raises OSError."""
    name = "OTKLIK_KAFKA_PASSWORD="
    lines = [
        f"{name}{_quoted(password)}\n" if line.startswith(name) else line
        for line in path.read_text().splitlines(keepends=True)
    ]
    write_secret(path, "".join(lines).encode())


def _quoted(value: str) -> str:
    quote = '"' if "'" in value else "'"
    return f"{quote}{value}{quote}"
