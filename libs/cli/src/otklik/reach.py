"""The servers of a running installation, for commands that speak to Kafka or PostgreSQL themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from common.contracts.catalogue import Installation
from common.federation.country import Federation, load_federation
from embedded.errors import EmbeddedError
from embedded.stack import Stack, start, status

from otklik.locate import Installed, find_running
from otklik.process_plan import installation_of


@dataclass(frozen=True)
class Running:
    """The servers that a command is about, and what runs on them."""

    stack: Stack
    place: Installed
    federation: Federation

    @property
    def installation(self) -> Installation:
        return installation_of(self.federation)


def reach(folder: Path) -> Running:
    """What runs under a folder; raises NothingRuns, EmbeddedError or FederationError."""
    place = find_running(folder)
    if not all(status(place.folder).values()):
        raise EmbeddedError(f"Kafka or PostgreSQL does not run under {place.folder}; `otklik status` says more")
    return Running(start(place.folder), place, load_federation(place.federation))
