"""What the command line stands on: folders, keys, tokens and the environment of each process."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from common.contracts.catalogue import Installation, regional_instance, role_of
from common.federation.country import Federation
from embedded.stack import Stack, passwords

from otklik.locate import PREFIX
from otklik.loop_sets import LoopSets
from otklik.options import FIRST_PORT

AT_ONCE = frozenset({"channels", "clock"})
"""Whoever sends waits for the edge's answer, and time passes for all: the processor is theirs before anyone else's."""
GIVE_WAY = frozenset({"federal", "deliberation", "archive", "reflex"})
"""Services for which no citizen, desk or sender waits within seconds."""
NICENESS, NICENESS_OF_THOSE_WHO_GIVE_WAY = 5, 10


def portal_url(first_port: int) -> str:
    return f"http://127.0.0.1:{first_port}"


def edge_url(first_port: int) -> str:
    return f"http://127.0.0.1:{first_port + 1}"


@dataclass(frozen=True)
class Process:
    """One process to run: `python -m <module>` with these variables."""

    name: str
    module: str
    environment: dict[str, str]
    port: int | None

    @property
    def niceness(self) -> int:
        """Under load the processor goes first to what somebody waits for: twice as many posts are answered a second,
        and what they cause waits on topics a moment longer."""
        if self.name in AT_ONCE:
            return 0
        return NICENESS_OF_THOSE_WHO_GIVE_WAY if role_of(self.name) in GIVE_WAY else NICENESS


def installation_of(federation: Federation) -> Installation:
    channels, regions = tuple(c.id for c in federation.channels), tuple(r.id for r in federation.regions)
    return Installation(PREFIX, channels, regions, federation.partitions)


POSTS, POSTS_KEYS = "posts", "OTKLIK_POSTS_KEYS"
"""The channel of public posts that is begun with a key of its own, unless the environment names others."""


def secret_key(folder: Path, name: str) -> str:
    """Base64 of 32 bytes, made once."""
    text = passwords(folder, [f"key:{name}"])[f"key:{name}"]
    return base64.b64encode(text.encode().ljust(32, b"=")[:32]).decode()


def processes(
    stack: Stack,
    federation: Federation,
    kafka: dict[str, str],
    urls: dict[str, str],
    *,
    time: str,
    clock: bool,
    first_port: int = FIRST_PORT,
    one_source: bool = False,
) -> list[Process]:
    """Every process of an installation, in the order of their start. With `one_source` all citizens stand behind one
    address, as in a replay, and none is held to the rate of one."""
    shared = {
        "OTKLIK_PREFIX": PREFIX,
        "OTKLIK_KAFKA_BOOTSTRAP": stack.kafka_bootstrap,
        "OTKLIK_FEDERATION": str(federation.folder.resolve()),
        "OTKLIK_KEYS": str(stack.folder / "keys"),
        "OTKLIK_TIME": time,
    }
    found = []
    instances = [
        "rules",
        "channels",
        "intake",
        "routing",
        *(regional_instance(r.id) for r in federation.regions),
        "federal",
        "deliberation",
        "archive",
        "reflex",
        "portal",
    ]
    ports = {"portal": first_port, "channels": first_port + 1}
    for name in instances:
        port = ports.setdefault(name, first_port + len(ports))
        module = f"{'regional' if name.startswith('regional-') else name}.app"
        mine = _identity(name, kafka, urls[name]) | {"OTKLIK_HTTP_PORT": str(port)}
        if name == "intake":
            mine["OTKLIK_VAULT_KEY"] = secret_key(stack.folder, "vault")
            mine["OTKLIK_PSEUDONYM_KEY"] = secret_key(stack.folder, "pseudonym")
        elif name == "deliberation":
            mine["OTKLIK_VOICE_KEY"] = secret_key(stack.folder, "voice")
        elif name == "portal":
            mine["OTKLIK_CHANNELS_URL"] = edge_url(first_port)
        elif name == "channels":
            mine["OTKLIK_EDGE_KEY"] = secret_key(stack.folder, "edge")
            mine["OTKLIK_FORM_ORIGINS"] = portal_url(first_port)
            if any(one.id == POSTS for one in federation.channels) and POSTS_KEYS not in os.environ:
                mine[POSTS_KEYS] = f"{POSTS}={secret_key(stack.folder, POSTS)}"
            mine["OTKLIK_ATTACHMENTS"] = (stack.folder.resolve() / "attachments").as_uri()
            if one_source:
                # All citizens of a replay are one machine, and its years pass in minutes.
                mine |= {
                    "OTKLIK_HTTP_RATE": "0",
                    "OTKLIK_KEY_RATE": "0",
                    "OTKLIK_CONVERSATION_BURST": "1000000",
                    "OTKLIK_READING_BURST": "1000000",
                }
        found.append(Process(name, module, shared | mine, port))
    if clock:
        port = first_port + len(ports)
        mine = _identity("clock", kafka, urls["clock"]) | {"OTKLIK_HTTP_PORT": str(port)}
        found.append(Process("clock", "common.runtime.clock", shared | mine, port))
        # Where time is real somebody watches the servers.
        watched = json.dumps([str(stack.folder.resolve())])
        mine = _identity("exporter", kafka, urls["exporter"])
        mine |= {"OTKLIK_HTTP_PORT": str(port + 1), "OTKLIK_WATCHED_FOLDERS": watched}
        found.append(Process("exporter", "common.runtime.exporter", shared | mine, port + 1))
    return found


def set_processes(planned: Iterable[Process], sets: LoopSets) -> list[Process]:
    """A process for each set of loops beside those planned: as reflex, with a port after all of theirs. Its name is
    that of its consumer group without the prefix."""
    there = list(planned)
    reflex = next(p for p in there if p.name == "reflex")
    free = max(p.port for p in there if p.port is not None) + 1
    return [
        replace(
            reflex, name=f"reflex.set_{name}", port=port,
            environment=reflex.environment
            | {"OTKLIK_HTTP_PORT": str(port), "OTKLIK_LOOP_SET": name, "OTKLIK_LOOPS": ",".join(loops)},
        )
        for port, (name, loops) in enumerate(sorted(sets.items()), free)
    ]  # fmt: skip


def _identity(name: str, kafka: dict[str, str], url: str) -> dict[str, str]:
    return {
        "OTKLIK_NAME": name,
        "OTKLIK_KAFKA_USER": name,
        "OTKLIK_KAFKA_PASSWORD": kafka[name],
        "OTKLIK_DATABASE_URL": url,
    }
