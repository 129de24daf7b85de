"""`otklik erase`: a citizen is erased by a signed order of the installation's operator."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer
from common.contracts.events.intake import CitizenErased, EraseCitizen
from common.contracts.rights import INSTALLATION

from otklik.clock_command import desk_in_time
from otklik.console import console
from otklik.dead_letter_command import PLAIN
from otklik.intake_order import ordered
from otklik.rules_command import in_words


def erase(citizen: str, why: str, folder: Path) -> None:
    """Order it, and say what became of the order; exits 1 where it was refused."""
    with in_words():
        desk, _ = desk_in_time(folder)
        order = EraseCitizen(actor=INSTALLATION, citizen=citizen, reason=why)
        said = asyncio.run(ordered(desk, citizen, order, CitizenErased))
    if said is None:
        console.print("the order is given, and nothing is known of it yet: give it again to hear more", **PLAIN)
    elif isinstance(said, CitizenErased):
        console.print(f"{citizen} is erased: the vault knows them no more, and others are told to forget", **PLAIN)
    else:
        console.print(f"{citizen} is not erased: {said.reason}", **PLAIN)
        raise typer.Exit(1)
