"""Whoever sends on a channel learns what was not taken and why; who was not reached is seen on the case."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from common.contracts.envelope import header_map
from common.contracts.events.channel import (
    MessageReceived,
    NoticeDelivered,
    NoticeIssued,
    RecordRejected,
    VerdictReceived,
)
from common.contracts.events.clock import TimePassed
from common.contracts.events.intake import DeliveryFailed, DeliverySucceeded
from common.contracts.provisioning import integrator_of
from common.federation.country import load_federation
from common.runtime.settings import Settings
from embedded.provision import provision_channel
from otklik.channel_snippet import snippet
from otklik.channel_watch import Seen, Watch
from provision.channel_access import Access

from tests.conftest import Ground
from tests.end_to_end.system import NOW, as_operator, everything, fact, received, url
from tests.kafka import admin, all_of, at_rest, eventually, records_of, types_of

INBOUND, RECEIPTS, REJECTIONS, OUTBOUND = (
    f"channel.pigeon-post.{stream}" for stream in ("inbound", "receipts", "rejections", "outbound")
)
MESSAGE, VERDICT, RECEIPT = (kind.type.encode() for kind in (MessageReceived, VerdictReceived, NoticeDelivered))


def body(number: str, **changes: object) -> bytes:
    return json.dumps({**received(number), **changes}).encode()


def access_of(ground: Ground, channel: str, password: str) -> dict[str, Any]:
    return {
        "bootstrap_servers": ground.stack.kafka_bootstrap, "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-256", "sasl_plain_username": integrator_of(channel),
        "sasl_plain_password": password,
    }  # fmt: skip


async def told_to(ground: Ground, access: dict[str, Any], topic: str, count: int) -> list[Any]:
    """At least `count` records of a topic, read as the integrator."""
    consumer: Any = AIOKafkaConsumer(
        ground.installation.physical(topic), group_id=f"{ground.installation.prefix}.{access['sasl_plain_username']}",
        auto_offset_reset="earliest", **access,
    )  # fmt: skip
    await consumer.start()
    try:
        found: list[Any] = []
        async with asyncio.timeout(120):
            while len(found) < count:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += records
        return found
    finally:
        await consumer.stop()


async def test_every_kind_of_record_that_is_not_taken_is_told_to_its_integrator_and_a_failed_delivery_to_the_portal(
    ground: Ground, tmp_path: Path
) -> None:
    name = ground.installation.physical
    async with everything(ground, tmp_path) as running, httpx.AsyncClient(timeout=60) as http:
        password = provision_channel(ground.stack, ground.installation, "pigeon-post")
        old_password = provision_channel(ground.stack, ground.installation, "old-post")
        gone = name("channel.old-post.rejections")
        client = admin(ground)
        client.delete_topics([gone])[gone].result(120)
        access = access_of(ground, "pigeon-post", password)
        producer = AIOKafkaProducer(**access)
        await producer.start()

        async def send(ce_type: bytes, value: bytes, ce_id: str | None, topic: str = INBOUND) -> None:
            headers = [("ce_type", ce_type), *([("ce_id", ce_id.encode())] if ce_id else [])]
            await producer.send_and_wait(name(topic), key=b"loft", value=value, headers=headers)

        try:
            first = {"conversation": "loft-1"}
            await send(MESSAGE, body("first", **first), "good-1")
            await send(MESSAGE, b"\xff\x00garbage", "not-json")
            await send(MESSAGE, json.dumps({**received("x"), "text": None}).encode(), "no-text")
            await send(b"pigeon.landed.v1", body("x"), "strange")
            await send(b"", body("x"), "no-type")
            await send(MESSAGE, body("big", text="x" * 300_000), "big")
            await send(MESSAGE, body("late", sent_at=(NOW - timedelta(days=100 * 366)).isoformat()), "untimely")
            await send(MESSAGE, body("other", **first, contact={"address": "stranger"}), "not-theirs")
            await send(VERDICT, json.dumps({**received("never"), "verdict": "confirmed"}).encode(), "nothing-known")
            await send(MESSAGE, body("first", **first), "good-1")
            await send(MESSAGE, body("another text", **first), "good-1")
            await send(MESSAGE, b"{", None)
            await send(RECEIPT, b'{"notice_id": "n1", "delivered": true}', "receipt-1", RECEIPTS)
            await send(RECEIPT, b'{"notice_id": "n1"}', "receipt-2", RECEIPTS)
            told = [RecordRejected.model_validate_json(r.value) for r in await told_to(ground, access, REJECTIONS, 12)]
            # Three messages were refused, which their senders are told too.
            notices = [r for r in await told_to(ground, access, OUTBOUND, 4) if b'"registered"' in r.value]
            notice_id = dict(notices[0].headers)["ce_id"].decode()
            issued = json.loads(notices[0].value)

            async def receipt(delivered: bool) -> None:
                said = NoticeDelivered(
                    notice_id=notice_id, delivered=delivered,
                    reason="loft +1 617 555 0100 of Ann Example is empty" if not delivered else None,
                )  # fmt: skip
                await send(RECEIPT, said.model_dump_json().encode(), None, RECEIPTS)

            async def told_in(conversation: str) -> bool:
                return any(conversation.encode() in (r.value or b"") for r in await all_of(ground, "intake", OUTBOUND))

            await receipt(False)

            async def on_the_page(words: str) -> bool:
                return (
                    words in (await http.get(url(running["portal"], "/operations"), headers=as_operator(ground))).text
                )

            await eventually(lambda: on_the_page("the receipt</td>"))
            page = (await http.get(url(running["portal"], "/operations"), headers=as_operator(ground))).text
            assert "loft [contact] of [contact] is empty" in page

            async def in_the_case(words: str) -> bool:
                return words in (await http.get(url(running["portal"], f"/api/cases/{issued['reference']}"))).text

            await eventually(lambda: in_the_case("The receipt did not reach the citizen by pigeon-post."))
            await receipt(True)
            await receipt(True)
            await eventually(lambda: on_the_page("no channel says that a delivery failed"))

            async def counted() -> bool:
                metrics = (await http.get(url(running["channels"], "/metrics"))).text
                return 'otklik_deliveries_total{channel="pigeon-post",outcome="failed"} 1.0' in metrics

            await eventually(counted)
            # A channel made before there were rejections: its bad records hold up nobody.
            older = AIOKafkaProducer(**access_of(ground, "old-post", old_password))
            await older.start()
            try:
                for value in (b"{", body("still taken", conversation="loft-2")):
                    await older.send_and_wait(
                        name("channel.old-post.inbound"), key=b"k", value=value, headers=[("ce_type", MESSAGE)]
                    )
            finally:
                await older.stop()
            await records_of(ground, "intake", "channel.old-post.outbound", 1)
            await at_rest(ground, "intake", channels=("pigeon-post", "old-post"))
            await at_rest(ground)
            messages = await records_of(ground, "intake", "intake.messages", 5)
            letters = await records_of(ground, "operator", "intake.deadletters", 7)
            await check_the_watch(ground, access)
            await check_the_snippet(ground, password)

            # What the pigeons cannot bring goes by mail to the address that the citizen gave and confirmed by a code.
            first_issued = issued
            zoe = {"address": "loft of Zoe", "others": [{"channel": "email", "address": "zoe@example.org"}]}
            await send(MESSAGE, body("second", conversation="loft-9", contact=zoe), "good-9")
            await eventually(lambda: told_in("loft-9"))
            outbound = [r for r in await all_of(ground, "intake", OUTBOUND) if b"loft-9" in (r.value or b"")]
            lost = next(r for r in outbound if b'"registered"' in (r.value or b""))
            issued, notice_id = json.loads(lost.value or b""), header_map(lost.headers)["ce_id"]
            await eventually(lambda: in_the_case("It is not confirmed: nothing is told there yet."))
            (asking,) = await records_of(ground, "intake", "channel.email.outbound", 1)
            code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", NoticeIssued.model_validate_json(asking.value or b"").text)
            assert code is not None
            here = {"address": "loft of Zoe"}
            await send(MESSAGE, body(code[0], conversation="loft-9", contact=here, category=None, place={}), "good-10")
            await eventually(lambda: in_the_case("The citizen confirmed by a code the address for E-mail."))
            await receipt(False)
            await eventually(lambda: in_the_case("The receipt goes to the citizen by E-mail instead."))
            mailed = next(
                r
                for r in await records_of(ground, "intake", "channel.email.outbound", 2)
                if b'"failed_on"' in (r.value or b"")
            )
            letter = NoticeIssued.model_validate_json(mailed.value or b"")
            assert (letter.contact.address, letter.reference) == ("zoe@example.org", issued["reference"])
            assert issued["text"] in letter.text
            await eventually(lambda: on_the_page("no channel says that a delivery failed"))
        finally:
            await producer.stop()
    by_id = {one.outside_id: one for one in told}
    assert {given: one.fault for given, one in by_id.items()} == {
        "not-json": "invalid", "no-text": "invalid", "strange": "unknown_type", "no-type": "undecodable",
        "big": "oversized", "untimely": "untimely", "not-theirs": "foreign_conversation",
        "nothing-known": "unknown_conversation", "good-1": "repeated", None: "invalid",
        "receipt-1": "unknown_notice", "receipt-2": "invalid",
    }  # fmt: skip
    assert len(told) == 12, "a plain repeat is none of them"
    assert by_id["no-text"].reason == "text: Input should be a valid string"
    allowed = by_id["no-text"].allowed
    assert set(allowed.required) == {"conversation", "contact", "contact.address", "text", "sent_at"}
    assert "Pothole" in allowed.categories
    assert allowed.limits["text"] == "at most 10000 characters"
    assert MESSAGE.decode() in by_id["strange"].allowed.ce_types
    assert by_id["receipt-1"].topic == name(RECEIPTS)
    assert {one.dead_letter_id for one in told} - {None} < {(letter.key or b"").decode() for letter in letters}
    assert by_id["not-theirs"].message_id is not None
    assert (first_issued["outside_id"], first_issued["message_id"] is not None) == ("good-1", True)
    kinds = types_of(messages)
    assert (kinds.count(DeliveryFailed.type), kinds.count(DeliverySucceeded.type)) == (1, 1)


async def watched(settings: Settings) -> tuple[list[Seen], list[str]]:
    """All that was to be seen, and the topics left out."""
    async with Watch(settings, "pigeon-post") as watch:
        return [one async for one in watch.seen(beginning=True, to_end=True)], watch.left_out


async def check_the_watch(ground: Ground, access: dict[str, Any]) -> None:
    administrator = ground.settings("intake", kafka_user=ground.stack.kafka_user,
                                    kafka_password=ground.stack.kafka_password)  # fmt: skip
    seen, left_out = await watched(administrator)
    kinds = [one.what for one in seen]
    assert left_out == []
    assert {k: kinds.count(k) for k in set(kinds)} == {
        "accepted": 1, "rejected": 12, "notice": 4, "receipt": 4, "undelivered": 1, "delivered": 1,
    }  # fmt: skip
    assert not [line for one in seen for line in one.as_text(80).splitlines() if len(line) > 80]
    whole = "\n".join(one.as_json() for one in seen)
    assert not [secret for secret in ("Ann Example", "555 0100", "stranger", "loft-1") if secret in whole]
    integrator = ground.settings("intake", kafka_user=access["sasl_plain_username"],
                                 kafka_password=access["sasl_plain_password"])  # fmt: skip
    mine, left_out = await watched(integrator)
    assert left_out == [ground.installation.physical(t) for t in (RECEIPTS, "intake.messages", "intake.voices")]
    assert {one.what for one in mine} == {"accepted", "rejected", "notice"}
    accepted = next(one for one in mine if one.what == "accepted")
    told = next(one for one in seen if one.what == "accepted")
    assert (accepted.outside_id, accepted.message_id, accepted.reference) == ("good-1", told.message_id, told.reference)


async def check_the_snippet(ground: Ground, password: str) -> None:
    """In a replay time is simulated: the program carries a time that is believed there."""
    await fact(ground, "world", "clock.ticks", "clock", TimePassed(since=NOW - timedelta(hours=6), until=NOW), NOW)
    await at_rest(ground, "intake")
    before: set[str] = set()
    assert '"registered"' in await told_by_the_snippet(ground, password, NOW + timedelta(minutes=1), before)
    assert "lies in the future" in await told_by_the_snippet(ground, password, None, before)


async def told_by_the_snippet(ground: Ground, password: str, simulated: datetime | None, before: set[str]) -> str:
    """The first line that the program, run as printed, prints about its own message; `before` are ids of earlier
    runs."""
    access = Access(ground.stack.kafka_bootstrap, ground.installation.prefix, "pigeon-post", password)
    program = snippet(access, load_federation(ground.federation), simulated)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(120):
            while line := (await process.stdout.readline()).decode():
                own = re.search(r'"outside_id":"([0-9a-f-]{36})"', line)
                if own is not None and own.group(1) not in before:
                    before.add(own.group(1))
                    return line
        raise AssertionError("the program ended")
    finally:
        process.kill()
        await process.wait()
