"""Every service as its composition root wires it, without its servers: what it handles, what it reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import archive.app
import asyncpg
import channels.app
import deliberation.app
import federal.app
import intake.app
import portal.app
import reflex.app
import regional.app
import routing.app
import rules.app
from common.contracts.catalogue import Installation, known_types
from common.contracts.events import Event
from common.contracts.events.clock import TimeCorrected, TimePassed
from common.contracts.events.operations import RecordDisclosure, ReplayDeadLetter, SkipDeadLetter
from common.contracts.events.rules import ReleasePublished
from common.contracts.signing import Verifier
from common.federation.country import load_federation
from common.messaging.kafka import new_producer
from common.runtime.context import Context
from common.runtime.service import Build
from common.runtime.settings import Settings

from tests.conftest import KEY, KINDS

ROOT = Path(__file__).parents[2]
APPS: dict[str, Build] = {
    "rules": rules.app.build,
    "channels": channels.app.build,
    "intake": intake.app.build,
    "routing": routing.app.build,
    "regional-north": regional.app.build,
    "regional-south": regional.app.build,
    "federal": federal.app.build,
    "deliberation": deliberation.app.build,
    "archive": archive.app.build,
    "reflex": reflex.app.build,
    "portal": portal.app.build,
}
"""Each instance of an installation of the two regions in tests/federation, in the order of their start."""


@dataclass(frozen=True)
class Wired:
    """What one instance does with what it reads."""

    handler: frozenset[type[Event]]
    """Types that its handler takes."""
    plumbing: frozenset[type[Event]]
    """Types that the plumbing takes for it: releases where it keeps them, ticks, orders about dead letters."""


async def wired(name: str) -> Wired:
    """Build an instance; nothing is connected to."""
    federation = load_federation(ROOT / "tests" / "federation")
    settings = KINDS.get(name, Settings)(
        name=name, kafka_bootstrap="127.0.0.1:1", database_url="postgresql://none", federation=federation.folder,
        keys=ROOT, vault_key=KEY, pseudonym_key=KEY, edge_key=KEY, voice_key=KEY,
    )  # fmt: skip
    installation = Installation(
        "otklik", tuple(c.id for c in federation.channels), tuple(r.id for r in federation.regions)
    )
    pool, producer = asyncpg.create_pool(settings.database_url, min_size=0), new_producer(settings)
    spec = APPS[name](Context(settings, federation, installation, Verifier({}), None, pool, producer))
    await producer.stop()
    plumbing: set[type[Event]] = {ReplayDeadLetter, SkipDeadLetter, RecordDisclosure}
    if TimePassed in known_types(name):
        plumbing |= {TimePassed, TimeCorrected}
    if spec.releases is not None:
        plumbing.add(ReleasePublished)
    return Wired(spec.handler.types, frozenset(plumbing))
