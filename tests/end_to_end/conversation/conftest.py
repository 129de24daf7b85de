"""One installation for all tests of this folder: starting it is what costs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from common.contracts.events.clock import TimePassed
from embedded.processes import free_port
from embedded.stack import Stack

from tests.bot_servers import FakeTelegram
from tests.conftest import new_ground
from tests.end_to_end.conversation.country import Country
from tests.end_to_end.conversation.people import BOT
from tests.end_to_end.system import NOW, everything, fact, url
from tests.integration.channels.test_messengers import federation_with
from tests.kafka import at_rest
from tests.mail_server import FakeMailServer
from tests.mails import OURS


@pytest.fixture(scope="module")
async def country(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Country]:
    folder: Path = tmp_path_factory.mktemp("conversations")
    (folder / "files").mkdir()
    port = free_port()
    async with (
        new_ground(stack, folder, federation_with(folder, "telegram", "partner")) as ground,
        FakeTelegram().running() as telegram,
        FakeMailServer().running() as server,
        everything(
            ground,
            folder,
            attachments=f"file://{folder / 'files'}",
            telegram_url=telegram.url,
            email_addresses=OURS,
            email_lmtp_port=port,
            email_smtp=f"smtp+plain://127.0.0.1:{server.port}",
            **BOT,
        ) as services,
        httpx.AsyncClient(base_url=url(services["channels"], ""), timeout=120) as http,
    ):
        await fact(ground, "world", "clock.ticks", "clock", TimePassed(since=NOW - timedelta(days=1), until=NOW), NOW)
        await at_rest(ground)
        yield Country(ground, http, telegram, server, port)
