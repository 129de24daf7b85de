"""Texts of past cases with their categories, from the topics of what runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from common.contracts.events.intake import CitizenErased
from common.contracts.events.region import CaseOpened
from common.messaging.kafka import read_to_end
from routing.classify.known_cases import KnownText, known_texts

from otklik.dead_letter_command import Desk, desk_at


def texts_of_cases(folder: Path) -> list[KnownText]:
    """Raises NothingRuns, FederationError, EmbeddedError, KafkaError, SettingsError."""
    return asyncio.run(cases_at(desk_at(folder)))


async def cases_at(desk: Desk) -> list[KnownText]:
    """The cases that a desk's installation has opened."""
    opened = [
        CaseOpened.model_validate_json(body)
        for region in desk.installation.regions
        async for body in _bodies(desk, f"region.{region}.cases", CaseOpened.type)
    ]
    erased: dict[str, datetime] = {}
    async for body in _bodies(desk, "intake.erasures", CitizenErased.type):
        told = CitizenErased.model_validate_json(body)
        erased[told.citizen] = max(told.erased_at, erased.get(told.citizen, told.erased_at))
    return known_texts(opened, erased)


async def _bodies(desk: Desk, topic: str, kind: str) -> AsyncIterator[bytes]:
    for record in await read_to_end(desk.settings, desk.installation.physical(topic)):
        if record.value is not None and dict(record.headers).get("ce_type") == kind.encode():
            yield record.value
