"""Notices on their way out: tried until they reached the citizen, with receipts, each channel for itself."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import asyncpg
import channels.app
import pytest
from channels.delivery import pacing, sending
from channels.delivery.deliverer import Deliverer, Never, NotNow, Outgoing
from channels.edge import Edge
from channels.edge_key import EdgeKey, fingerprint
from common.contracts.envelope import Envelope, to_headers
from common.contracts.events.channel import Contact, NoticeDelivered, NoticeIssued
from common.contracts.events.intake import CitizenErased
from common.runtime.key_setting import read_key
from common.runtime.service import Service

from tests.conftest import KEY, Ground
from tests.end_to_end.system import NOW
from tests.kafka import all_of, eventually, records_of, send

SECRET_WORDS, SECRET_ADDRESS = "the dog of flat nine", "5550001"


class FarSide:
    """A channel's far side as a test wants it: what it says at each try of a notice, in order; then it takes it."""

    def __init__(self, channel: str, says: dict[str, list[Exception]] | None = None) -> None:
        self.channel = channel
        self.says = defaultdict[str, list[Exception]](list, says or {})
        self.away = False
        self.tried: list[str] = []
        self.taken: list[str] = []

    async def deliver(self, out: Outgoing) -> None:
        self.tried.append(out.notice_id)
        if self.away:
            raise NotNow("the server is away", everyone=True)
        if waiting := self.says[out.notice_id]:
            raise waiting.pop(0)
        self.taken.append(out.notice_id)

    def of(self, _: Edge) -> Deliverer:
        return self


@asynccontextmanager
async def delivering(ground: Ground, *sides: FarSide, **changes: object) -> AsyncIterator[Service]:
    makers: list[Callable[[Edge], Deliverer | None]] = [side.of for side in sides]
    service = Service(ground.settings("channels", **changes), partial(channels.app.build, makers=makers))
    try:
        await service.start()
        yield service
    finally:
        await service.stop()


def notice(name: str, case: str, replaces: Sequence[str] = (), address: str = "") -> tuple[str, NoticeIssued]:
    contact = Contact(address=address or f"address of {case}")
    return name, NoticeIssued(
        case_id=case, reference="K", conversation=case, contact=contact, notice="extended", kind="escalated",
        text=SECRET_WORDS, replaces=tuple(replaces),
    )  # fmt: skip


async def issue(ground: Ground, channel: str, *notices: tuple[str, NoticeIssued]) -> None:
    records = [
        (e.case_id, to_headers(Envelope(name, "intake", e.type, NOW, e.case_id, name)), e.wire()) for name, e in notices
    ]
    await send(ground, "intake", f"channel.{channel}.outbound", records)


async def receipts(ground: Ground, channel: str, count: int) -> dict[str, tuple[bool, str | None]]:
    found = await records_of(ground, "intake", f"channel.{channel}.receipts", count)
    events = [NoticeDelivered.model_validate_json(r.value or b"") for r in found]
    return {e.notice_id: (e.delivered, e.reason) for e in events}


async def rows(ground: Ground) -> list[asyncpg.Record]:
    db = await asyncpg.connect(ground.urls["channels"])
    try:
        return list(await db.fetch("SELECT * FROM notice_delivery ORDER BY number"))
    finally:
        await db.close()


async def test_each_channel_delivers_for_itself_and_tells_what_became_of_every_notice(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "FIRST_PAUSE", timedelta(milliseconds=100))
    monkeypatch.setattr(sending, "FIRST_PAUSE_SECONDS", 0.1)
    busy, faulty = NotNow("too many"), RuntimeError(SECRET_ADDRESS)
    hotline = FarSide("hotline", {"a1": [busy, faulty, busy], "b1": [Never("blocked")]})
    broken = FarSide("open311")
    broken.away = True
    async with delivering(ground, hotline, broken):
        await issue(ground, "open311", notice("o1", "o"), notice("o2", "p"))
        await issue(ground, "web", notice("w1", "w"))
        sent = [notice(n, n[0]) for n in ("a1", "a2", "b1", "b2")]
        await issue(ground, "hotline", *sent, notice("s1", "s", address=SECRET_ADDRESS))
        told = await receipts(ground, "hotline", 5)
        assert told == dict.fromkeys(("a1", "a2", "b2", "s1"), (True, None)) | {"b1": (False, "blocked")}
        assert hotline.tried.count("a1") == 4
        assert hotline.taken.index("a1") < hotline.taken.index("a2"), "notices of one citizen keep their order"
        assert not broken.taken
        for row in await rows(ground):
            if row["channel"] == "hotline":
                assert row["sealed"] is None
                assert row["recipient"] == b""
            assert SECRET_WORDS not in str(row)
            assert SECRET_ADDRESS not in str(row)

        # What the far side has not had is stopped by its correction, which then nobody needs.
        await issue(ground, "hotline", notice("r0", "s", ["s1"]))
        hotline.says["c1"] = [NotNow("later", timedelta(hours=1))]
        await issue(ground, "hotline", notice("c1", "c"), notice("c2", "c"))
        await eventually(lambda: asyncio.sleep(0, "c1" in hotline.tried))
        await issue(ground, "hotline", notice("c3", "c", ["c2"]), notice("c4", "c", ["c1"]))
        told = await receipts(ground, "hotline", 7)
        assert told["r0"] == told["c4"] == (True, None)
        assert {"c1", "c2", "c3"}.isdisjoint(told)
        assert {"c2", "c3"}.isdisjoint(hotline.tried)

    # Nothing is forgotten while nobody runs, and what came again is not delivered again.
    before = list(hotline.taken)
    broken.away = False
    async with delivering(ground, hotline, broken):
        await issue(ground, "open311", notice("o3", "o"), notice("o1", "o"))
        assert await receipts(ground, "open311", 3) == dict.fromkeys(("o1", "o2", "o3"), (True, None))
        assert sorted(broken.taken) == ["o1", "o2", "o3"]
        assert hotline.taken == before
        assert not await all_of(ground, "intake", "channel.web.receipts")
        assert [row["channel"] for row in await rows(ground)].count("web") == 0


async def test_a_notice_is_given_up_at_the_end_of_its_term(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "FIRST_PAUSE", timedelta(milliseconds=100))
    side = FarSide("hotline", {"a1": [NotNow("full")] * 10_000})
    async with delivering(ground, side, delivery_hours=1 / 3600):
        await issue(ground, "hotline", notice("a1", "a"))
        delivered, reason = (await receipts(ground, "hotline", 1))["a1"]
        assert not delivered
        assert reason is not None
        assert reason.endswith("full")


async def test_what_waits_to_be_told_goes_with_its_citizen_but_for_the_last_word(ground: Ground) -> None:
    far = FarSide("hotline")
    far.away = True
    key = EdgeKey(read_key("OTKLIK_EDGE_KEY", KEY))
    ann, bob = (fingerprint(key.secret("hotline", one)) for one in ("ann", "bob"))
    waiting, last, bobs = "a.answered.c.d", "a.erased.c.d", "b.answered.c.d"
    erased = CitizenErased(citizen="5f" * 12, actor="citizen", erased_at=NOW)
    cause = to_headers(Envelope("gone", "intake", erased.type, NOW, erased.citizen, "gone"))
    async with delivering(ground, far):
        db = await asyncpg.connect(ground.urls["channels"])
        try:
            await db.executemany(
                "INSERT INTO conversation_citizen VALUES ($1, $2, $3)",
                [(ann, erased.citizen, NOW), (bob, "6e" * 12, NOW)],
            )
            await issue(ground, "hotline", notice(waiting, "ann"), notice(bobs, "bob"))
            sql = "SELECT notice_id FROM notice_delivery WHERE sealed IS NOT NULL ORDER BY 1"

            async def wait_for(*names: str) -> None:
                async def so() -> bool:
                    return [row["notice_id"] for row in await db.fetch(sql)] == sorted(names)

                await eventually(so)

            await wait_for(waiting, bobs)
            await send(ground, "intake", "intake.erasures", [(erased.citizen, cause, erased.wire())])
            await wait_for(bobs)
            # What is read only after the word of the erasure goes as well; that everything is erased is told.
            await issue(ground, "hotline", notice("a.asked.c.d", "ann"), notice(last, "ann"))
            await wait_for(bobs, last)
        finally:
            await db.close()
