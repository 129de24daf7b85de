"""What who runs a loop outside is given: where to connect, as whom, and the names of the topics."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from common.contracts.catalogue import Installation
from common.contracts.outside_loops import principal_of_loop
from common.contracts.provisioning import loop_grants
from common.contracts.secret_file import write_secret

HEAD = """\
# Access of the loop {loop} to Otklik. Whoever has this file and the key beside it may speak for the loop: keep both out
# of version control. The environment goes before it.
"""
COMMANDS = "rules.commands"


@dataclass(frozen=True, slots=True)
class LoopAccess:
    """Where a loop connects, and as whom."""

    bootstrap: str
    installation: Installation
    loop: str
    password: str
    protocol: str = "SASL_PLAINTEXT"
    mechanism: str = "SCRAM-SHA-256"

    def variables(self) -> dict[str, str]:
        """By name; the topics to read with commas between them."""
        user, physical = principal_of_loop(self.loop), self.installation.physical
        read = sorted(grant.topic for grant in loop_grants(self.installation, self.loop) if grant.read)
        return {
            "OTKLIK_LOOP": self.loop,
            "OTKLIK_KAFKA_BOOTSTRAP": self.bootstrap,
            "OTKLIK_KAFKA_PROTOCOL": self.protocol,
            "OTKLIK_KAFKA_MECHANISM": self.mechanism,
            "OTKLIK_KAFKA_USER": user,
            "OTKLIK_KAFKA_PASSWORD": self.password,
            "OTKLIK_PREFIX": self.installation.prefix,
            "OTKLIK_GROUP": f"{self.installation.prefix}.{user}",
            "OTKLIK_COMMANDS": physical(COMMANDS),
            "OTKLIK_FACTS": ",".join(read),
        }


def write_loop_access(path: Path, access: LoopAccess) -> None:
    """The file, which its owner alone may read."""
    lines = [f"{name}='{value}'\n" for name, value in access.variables().items()]
    write_secret(path, (HEAD.format(loop=access.loop) + "".join(lines)).encode())
