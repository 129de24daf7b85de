"""A mailbox: what is taken becomes read, what cannot be taken stays, and the reader comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from channels.adapters.email import imap
from channels.adapters.email.envelope import envelope_of
from channels.adapters.email.imap import Account, account_of, follow, poll
from channels.adapters.email.inbound import Answer, Inbound
from channels.edge import Edge
from common.messaging.settings import SettingsError
from common.messaging.works import Works
from imapclient.exceptions import LoginError
from pydantic import SecretStr

from tests.kafka import eventually
from tests.mailbox_server import PASSWORD, USER, FakeMailbox
from tests.mails import OURS, mail

SEEN, NEVER = {b"\\Seen"}, {b"\\Seen", b"\\Flagged"}


class Box:
    """In place of what becomes of mails: what it answers, by the sender."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.taken: list[tuple[str, str]] = []

    def is_ours(self, address: str) -> bool:
        return address.startswith("help")

    async def take(self, data: bytes, sender: str, recipient: str) -> Answer:
        self.taken.append((sender, recipient))
        return Answer(cast(Any, self.answers.get(sender.partition("@")[0], "taken")), "words")


class Session:
    """Of a server that gives the lock to one session at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetchval(self, *_: object) -> bool:
        if self._database.owner is None:
            self._database.owner = self
        return self._database.owner is self

    async def reset(self) -> None:
        if self._database.owner is self:
            self._database.owner = None


class Database:
    """In place of a pool, which gives another session each time and leaves them their locks."""

    def __init__(self) -> None:
        self.owner: Session | None = None

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Session]:
        yield Session(self)


def account(server: FakeMailbox, password: str = PASSWORD) -> Account:
    return Account("imap+plain", "127.0.0.1", server.port, USER, password, "INBOX")


@asynccontextmanager
async def reading(server: FakeMailbox, box: Box) -> AsyncIterator[None]:
    edge = cast(Edge, SimpleNamespace(pool=Database(), works=Works()))
    task = asyncio.create_task(poll(edge, cast(Inbound, box), account(server)))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("idle", [True, False])
async def test_unread_mails_are_taken_and_new_ones_when_they_come(
    monkeypatch: pytest.MonkeyPatch, *, idle: bool
) -> None:  # fmt: skip
    monkeypatch.setattr(imap, "LOOK_SECONDS", 0.01)
    box = Box()
    async with FakeMailbox(idle=idle).running() as server:
        server.add(mail(headers={"Return-Path": "<ann@example.org>", "Delivered-To": "help+tag@city.example"}))
        server.add(mail(headers={"Return-Path": "<>"}))
        async with reading(server, box):

            async def settled() -> bool:
                return len(server.flags) == len(server.mails) and (server.waits or not idle)

            await eventually(settled)
            server.add(mail(sender="bob@example.org"))
            await eventually(settled)
    assert server.flags == {1: SEEN, 2: SEEN, 3: SEEN}
    assert box.taken == [("ann@example.org", "help+tag@city.example"), ("", OURS), ("bob@example.org", OURS)]


async def test_what_cannot_be_taken_now_stays_unread_and_what_never_can_is_flagged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(imap, "LATER_SECONDS", 0.01)
    box = Box(later="later", never="refused", fault="taken")
    async with FakeMailbox().running() as server:
        for name in ("later", "never", "ann"):
            server.add(mail(sender=f"{name}@example.org"))
        monkeypatch.setattr(imap, "MOST_BYTES", 1_000)
        server.add(mail("x" * 2_000))
        async with reading(server, box):

            async def tried_again() -> bool:
                return [sender for sender, _ in box.taken].count("later@example.org") > 2

            await eventually(tried_again)
            assert server.flags == {2: NEVER, 3: SEEN, 4: NEVER}
            box.answers.clear()

            async def taken() -> bool:
                return server.flags.get(1) == SEEN

            await eventually(taken)


async def test_mails_that_wait_keep_nobody_behind_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "AT_ONCE", 2)
    async with FakeMailbox().running() as server:
        for name in ("later", "later", "later", "ann"):
            server.add(mail(sender=f"{name}@example.org"))
        async with reading(server, Box(later="later")):

            async def taken() -> bool:
                return server.flags == {4: SEEN}

            await eventually(taken)


async def test_a_connection_that_breaks_is_made_anew() -> None:
    box = Box()
    async with FakeMailbox().running() as server, reading(server, box):

        async def waits() -> bool:
            return server.waits

        await eventually(waits)
        server.drop_connections()
        server.add(mail())

        async def taken() -> bool:
            return server.flags == {1: SEEN}

        await eventually(taken)
        assert server.logins == 2


async def test_a_wrong_password_is_told_without_it(caplog: pytest.LogCaptureFixture) -> None:
    async with FakeMailbox().running() as server:
        with pytest.raises(LoginError):
            await follow(cast(Inbound, Box()), account(server, "guess"), lambda: None)
        assert "guess" not in caplog.text


def test_the_envelope_is_read_from_what_the_provider_put_above_the_mail() -> None:
    def ours(address: str) -> bool:
        return address.startswith("help")

    assert envelope_of(b"Return-Path: <>\r\nTo: x@y.z\r\n\r\n", ours) == ("", "")
    assert envelope_of(b"From: Ann <ann@example.org>\r\nTo: a@b.c, Help <help@x.org>\r\n\r\n", ours) == (
        "ann@example.org", "help@x.org",
    )  # fmt: skip
    assert envelope_of(b"Return-Path: <a@b.c>\r\nReturn-Path: <>\r\n\r\n", ours)[0] == "a@b.c"
    assert envelope_of(b"\xff\x00" * 100_000, ours) == ("unknown", "")


def test_a_mailbox_needs_tls_and_a_password() -> None:
    def found(url: str, user: str = "help", password: str | None = "x") -> Account | None:
        settings = SimpleNamespace(
            email_imap=url, email_imap_user=user, email_imap_folder="INBOX",
            email_imap_password=SecretStr(password) if password else None,
        )  # fmt: skip
        return account_of(cast(Edge, SimpleNamespace(settings=settings)))

    assert found("") is None
    assert found("imaps://mx.example.org") == Account("imaps", "mx.example.org", 993, "help", "x", "INBOX")
    for wrong in (
        ("imap+plain://mx.example.org", "help", "x"), ("mx.example.org", "help", "x"), ("imaps://h:p@x", "help", "x"),
        ("imaps://x", "", "x"), ("imaps://x", "help", None), ("imaps://x:70000", "help", "x"),
    ):  # fmt: skip
        with pytest.raises(SettingsError, match="OTKLIK_EMAIL_IMAP"):
            found(*wrong)
