"""`otklik erase`: a citizen is erased by a signed order of the installation's operator."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Container
from pathlib import Path

import typer
from common.contracts.envelope import header_map
from common.contracts.events.intake import CitizenErased, EraseCitizen, IntakeCommandRefused
from common.contracts.rights import INSTALLATION
from common.messaging.kafka import read_to_end

from otklik.clock_command import desk_in_time
from otklik.console import console
from otklik.dead_letter_command import PLAIN, Desk
from otklik.rules_command import in_words
from otklik.rules_import import now_of

TOPIC, ANSWERS = "intake.commands", "intake.erasures"
OUTCOME_SECONDS = 60.0
PAUSE_SECONDS = 0.3


def erase(citizen: str, why: str, folder: Path) -> None:
    """Order it, and say what became of the order; exits 1 where it was refused."""
    with in_words():
        desk, _ = desk_in_time(folder)
        said = asyncio.run(_erase(desk, EraseCitizen(actor=INSTALLATION, citizen=citizen, reason=why)))
    if said is None:
        console.print("the order is given, and nothing is known of it yet: give it again to hear more", **PLAIN)
    elif isinstance(said, CitizenErased):
        console.print(f"{citizen} is erased: the vault knows them no more, and others are told to forget", **PLAIN)
    else:
        console.print(f"{citizen} is not erased: {said.reason}", **PLAIN)
        raise typer.Exit(1)


async def _erase(desk: Desk, order: EraseCitizen) -> CitizenErased | IntakeCommandRefused | None:
    sent = await desk.publish(TOPIC, [(order.citizen, order)], await now_of(desk))
    end = time.monotonic() + OUTCOME_SECONDS
    said = await _answer(desk, sent)
    while said is None and time.monotonic() < end:
        await asyncio.sleep(PAUSE_SECONDS)
        said = await _answer(desk, sent)
    return said


async def _answer(desk: Desk, sent: Container[str]) -> CitizenErased | IntakeCommandRefused | None:
    for record in await read_to_end(desk.settings, desk.installation.physical(ANSWERS)):
        headers = header_map(record.headers)
        for model in (CitizenErased, IntakeCommandRefused):
            if headers.get("ce_type") == model.type and record.value and headers.get("ce_causationid") in sent:
                return model.model_validate_json(record.value)
    return None
