"""`otklik original`: what a citizen wrote, as it came. That it is opened is recorded first, and told to the citizen."""

from __future__ import annotations

import asyncio
import base64
import os
from pathlib import Path

import asyncpg
import typer
from common.contracts.events.intake import IntakeCommandRefused, OpenOriginal, OriginalOpened
from common.contracts.rights import INSTALLATION
from common.messaging.failures import PermanentError
from common.runtime.settings import load_settings
from intake import key_store, store
from intake.citizen_keys import CitizenKeys
from intake.vault import Vault

from otklik.clock_command import desk_in_time
from otklik.console import CommandError, console
from otklik.dead_letter_command import PLAIN
from otklik.intake_order import ordered
from otklik.process_plan import secret_key
from otklik.reach import reach
from otklik.rules_command import in_words
from otklik.settings import OperatorSettings


class NotOpened(CommandError):
    """The original cannot be shown."""


def show_original(message_id: str, why: str, folder: Path) -> None:
    """Have it recorded, then show it; exits 1 where that is refused."""
    with in_words():
        desk, _ = desk_in_time(folder)
        vault, database = _vault_at(folder)
        order = OpenOriginal(actor=INSTALLATION, message_id=message_id, reason=why)
        said = asyncio.run(ordered(desk, message_id, order, OriginalOpened))
        if said is None:
            raise NotOpened("the order is given, and nothing is known of it yet: it is not shown unrecorded")
        if isinstance(said, IntakeCommandRefused):
            console.print(f"{message_id} is not opened: {said.reason}", **PLAIN)
            raise typer.Exit(1)
        console.print(asyncio.run(_original(message_id, vault, database)), **PLAIN)


def _vault_at(folder: Path) -> tuple[Vault, str]:
    """Intake's keys and the address of its database: the environment's, where that says where Kafka is."""
    no_pseudonyms = bytes(32)
    if "OTKLIK_KAFKA_BOOTSTRAP" in os.environ:
        settings = load_settings(OperatorSettings)
        if settings.vault_key is None:
            raise NotOpened("set OTKLIK_VAULT_KEY (and OTKLIK_VAULT_OLDER_KEYS) and OTKLIK_DATABASE_URL to intake's")
        older = settings.vault_older_keys.get_secret_value().split(",") if settings.vault_older_keys else []
        key, *others = (base64.b64decode(text) for text in (settings.vault_key.get_secret_value(), *older))
        return Vault(key, no_pseudonyms, others), settings.database_url
    stack = reach(folder).stack
    return Vault(base64.b64decode(secret_key(stack.folder, "vault")), no_pseudonyms), stack.database_url("intake")


async def _original(message_id: str, vault: Vault, database: str) -> str:
    db = await asyncpg.connect(database)
    try:
        sealed = await store.sealed_original(db, message_id)
        if sealed is None:
            raise NotOpened("it was erased meanwhile")
        keys = CitizenKeys(vault)
        await key_store.hold(db, keys, [sealed.key_id])
        if not keys.opens(sealed.key_id):
            raise NotOpened("its citizen's key is destroyed")
        return keys.open(sealed.original, message_id, sealed.key_id)
    except PermanentError as error:
        raise NotOpened(str(error)) from error
    finally:
        await db.close()
