"""Dead letters of intake: sealed, shown to whoever has the key, handled again, gone with what lay on the channel."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import asyncpg
import pytest
from common.contracts.events import channel, operations
from common.messaging.consume import dead_letters
from common.messaging.kafka import read_to_end
from common.messaging.produce.outbox import pack_headers

from tests.conftest import KEY, Ground
from tests.end_to_end.system import received
from tests.integration.channels.test_edge import edge
from tests.integration.messaging.test_letters_in_bulk import dlq
from tests.kafka import eventually, records_of, send, types_of

MANY = 7
LETTERS = "SELECT count(*) FROM dead_letter"


def record(conversation: str) -> tuple[str, list[tuple[str, bytes]], bytes]:
    body = received("Nobody holds this") | {"conversation": conversation}
    headers = [("ce_type", channel.MessageReceived.type.encode()), ("ce_id", conversation.encode())]
    return "+79165550102", headers, json.dumps(body).encode()


def so_many(db: asyncpg.Connection, question: str, number: int) -> Callable[[], Awaitable[bool]]:
    async def found() -> bool:
        return bool(await db.fetchval(question) == number)

    return found


async def test_a_letter_is_sealed_shown_with_the_key_handled_again_and_deleted_with_its_channels_records(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = await asyncpg.connect(ground.urls["intake"])
    try:
        async with edge(ground):
            await db.execute("ALTER TABLE message ADD CONSTRAINT full_up CHECK (channel <> 'hotline')")
            await send(ground, "world", "channel.hotline.inbound", [record("planted-conversation")])
            kept = (await records_of(ground, "operator", "intake.deadletters", 1))[0]
            letter = (kept.key or b"").decode()
            row = await db.fetchrow("SELECT * FROM dead_letter")
            lying = b"".join([*(v or b"" for _, v in kept.headers), kept.value or b"", str(dict(row)).encode()])
            assert [
                w for w in (b"planted-conversation", b"+79165550102", b"Ann Example", b"555 0100") if w in lying
            ] == []

            without = await dlq(ground, monkeypatch, "show", letter)
            assert (without.exit_code, "OTKLIK_VAULT_KEY" in without.output) == (1, True)
            monkeypatch.setenv("OTKLIK_VAULT_KEY", KEY)
            shown = await dlq(ground, monkeypatch, "show", letter)
            assert shown.exit_code == 0, shown.output
            assert [w for w in ("planted-conversation", "+79165550102", "Ann Example") if w not in shown.output] == []

            await db.execute("ALTER TABLE message DROP CONSTRAINT full_up")
            again = await dlq(ground, monkeypatch, "replay", letter)
            assert again.exit_code == 0, again.output
            await records_of(ground, "world", "channel.hotline.outbound", 1)
            told = await records_of(ground, "operator", "intake.operations", 4)
            outcomes = [operations.DeadLetterSettled.model_validate_json(t.value or b"").outcome for t in told[1:]]
            assert outcomes == ["disclosed", "disclosed", "replayed"]

            await send(ground, "world", "channel.hotline.inbound", [("k", record("")[1], b"{") for _ in range(MANY)])
            await eventually(so_many(db, LETTERS, MANY + 1))
        # One of the version that sealed none, one of a day ago, and one of a topic that is kept for ever.
        await db.execute("UPDATE dead_letter SET appended_at = now() - interval '8 days'")
        for name, topic, days in (("clear", "channel.web.inbound", 8), ("new", "channel.web.inbound", 1),
                                  ("ours", "region.north.cases", 80)):  # fmt: skip
            await db.execute(
                "INSERT INTO dead_letter VALUES ($1, $2, 0, 7, '', $3, '', 'x', false, NULL,"
                " now() - make_interval(days => $4))", name, topic, pack_headers([]), days,
            )  # fmt: skip
        monkeypatch.setattr(dead_letters, "MAX_EXPIRED_PER_PASS", 3)
        async with edge(ground):
            await eventually(so_many(db, LETTERS, 2))
            left = {r["id"] for r in await db.fetch("SELECT id FROM dead_letter")}
            assert left == {"new", "ours"}
            name = ground.installation.physical("intake.operations")

            async def expiry_told() -> bool:
                told = types_of(await read_to_end(ground.settings("operator"), name))
                return told.count(operations.DeadLetterExpired.type) == MANY + 1

            await eventually(expiry_told)
            listed = (await dlq(ground, monkeypatch, "list", "--all")).output
            assert listed.count("  expired  ") == MANY, "the one in clear was never told of here"
            assert listed.count("  open  ") == 0
    finally:
        await db.close()
