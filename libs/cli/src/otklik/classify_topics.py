"""Texts of past cases with their categories, from the topics of what runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from common.contracts.envelope import parse_time
from common.contracts.events.intake import CitizenErased, ConversationErased
from common.contracts.events.region import CaseOpened
from common.contracts.frozen import value
from common.messaging.kafka import read_to_end
from routing.classify.known_cases import KnownText, known_texts
from routing.classify.let_stand import TYPES, CaseFact, let_stand

from otklik.dead_letter_command import Desk, desk_at


def texts_of_cases(folder: Path) -> list[KnownText]:
    """Raises NothingRuns, FederationError, EmbeddedError, KafkaError, SettingsError."""
    return asyncio.run(cases_at(desk_at(folder)))


async def cases_at(desk: Desk) -> list[KnownText]:
    """The cases that a desk's installation has opened."""
    opened: list[CaseOpened] = []
    facts: list[CaseFact] = []
    now = datetime.min.replace(tzinfo=UTC)
    for region in desk.installation.regions:
        async for told in _told(desk, f"region.{region}.cases"):
            now = max(now, told.time)
            if told.kind == CaseOpened.type:
                opened.append(CaseOpened.model_validate_json(told.body))
            elif told.kind in TYPES:
                facts.append(CaseFact(told.key, told.kind, told.time))
    erased: dict[str, datetime] = {}
    async for told in _told(desk, "intake.erasures"):
        if told.kind == CitizenErased.type:
            one = CitizenErased.model_validate_json(told.body)
            erased[one.citizen] = max(one.erased_at, erased.get(one.citizen, one.erased_at))
        elif told.kind == ConversationErased.type:
            of = ConversationErased.model_validate_json(told.body)
            erased |= {case_id: max(of.erased_at, erased.get(case_id, of.erased_at)) for case_id in of.cases}
    return known_texts(opened, erased, let_stand(facts, now))


@value
class _Told:
    """A record: its key, wire type, time and body."""

    key: str
    kind: str
    time: datetime
    body: bytes


async def _told(desk: Desk, topic: str) -> AsyncIterator[_Told]:
    for record in await read_to_end(desk.settings, desk.installation.physical(topic)):
        headers = dict(record.headers)
        if record.value is not None and record.key is not None and {"ce_type", "ce_time"} <= headers.keys():
            time = parse_time(headers["ce_time"].decode())
            yield _Told(record.key.decode(), headers["ce_type"].decode(), time, record.value)
