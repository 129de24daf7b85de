"""An order to intake, and intake's answer to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Container
from typing import TypeVar

from common.contracts.envelope import header_map
from common.contracts.events.base import Command, Event
from common.contracts.events.intake import IntakeCommandRefused
from common.messaging.kafka import read_to_end

from otklik.dead_letter_command import Desk
from otklik.rules_import import now_of

TOPIC, ANSWERS = "intake.commands", "intake.erasures"
OUTCOME_SECONDS = 60.0
PAUSE_SECONDS = 0.3

Done = TypeVar("Done", bound=Event)


async def ordered(desk: Desk, about: str, order: Command, done: type[Done]) -> Done | IntakeCommandRefused | None:
    """Give the order; `done` is the event that says it was carried out. None: nothing is known of it after a while."""
    sent = await desk.publish(TOPIC, [(about, order)], await now_of(desk))
    end = time.monotonic() + OUTCOME_SECONDS
    said = await _answer(desk, sent, done)
    while said is None and time.monotonic() < end:
        await asyncio.sleep(PAUSE_SECONDS)
        said = await _answer(desk, sent, done)
    return said


async def _answer(desk: Desk, sent: Container[str], done: type[Done]) -> Done | IntakeCommandRefused | None:
    models: tuple[type[Done], type[IntakeCommandRefused]] = (done, IntakeCommandRefused)
    for record in await read_to_end(desk.settings, desk.installation.physical(ANSWERS)):
        headers = header_map(record.headers)
        for model in models:
            if headers.get("ce_type") == model.type and record.value and headers.get("ce_causationid") in sent:
                return model.model_validate_json(record.value)
    return None
