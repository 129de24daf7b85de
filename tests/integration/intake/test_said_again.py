"""A notice that its channel could not deliver is said on another channel of the citizen's, once on each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

import asyncpg
from common.contracts.envelope import header_map
from common.contracts.events.base import Event
from common.contracts.events.channel import (
    Contact,
    ErasureRequested,
    LinkRequested,
    NoticeDelivered,
    NoticeIssued,
    NoticeWithdrawn,
    OtherContact,
    RecordRejected,
    VerdictReceived,
)
from common.contracts.events.clock import TimePassed
from common.contracts.events.intake import (
    DeliveryFailed,
    MessageRegistered,
    NoticeRedirected,
    OtherAddressNoted,
    VerdictGiven,
)

from tests.conftest import Ground
from tests.end_to_end.system import NOW, fact
from tests.integration.intake.test_voices import (
    ANN,
    OUTBOUND,
    RECEIPTS,
    REJECTIONS,
    message,
    running,
    said,
)
from tests.kafka import all_of, at_rest

MAIL_IN, MAIL_OUT, MAIL_RECEIPTS = (f"channel.email.{stream}" for stream in ("inbound", "outbound", "receipts"))
BY_MAIL = Contact(address="ann@example.org")
E = TypeVar("E", bound=Event)


async def heard(ground: Ground, reader: str, topic: str, kind: type[E]) -> list[tuple[str, E]]:
    """With their ids."""
    return [
        (header_map(r.headers)["ce_id"], kind.model_validate_json(r.value or b""))
        for r in await all_of(ground, reader, topic)
        if header_map(r.headers)["ce_type"] == kind.type
    ]


async def receipt(ground: Ground, notice_id: str, delivered: bool, topic: str = RECEIPTS) -> None:
    reason = None if delivered else "ann@example.org is not there"
    event = NoticeDelivered(notice_id=notice_id, delivered=delivered, reason=reason)
    await said(ground, event, f"receipt {notice_id} {delivered}", topic)


async def told(ground: Ground, topic: str = OUTBOUND) -> list[tuple[str, NoticeIssued]]:
    return await heard(ground, "world", topic, NoticeIssued)


async def redirected(ground: Ground) -> Sequence[tuple[str, str, str]]:
    found = await heard(ground, "portal", "intake.messages", NoticeRedirected)
    return [(e.notice, e.channel, e.to_channel) for _, e in found]


async def codes(ground: Ground) -> dict[str, str]:
    """By case the newest code that went out by mail."""
    found = {}
    for _, notice in await told(ground, MAIL_OUT):
        if notice.kind == "address_code":
            code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", notice.text)
            assert code is not None
            found[notice.case_id] = code[0]
    return found


async def standing(ground: Ground) -> list[tuple[str, str]]:
    found = await heard(ground, "portal", "intake.messages", OtherAddressNoted)
    return [(e.channel, e.state) for _, e in found]


async def test_an_address_that_was_given_is_told_nothing_until_its_code_came_back(ground: Ground) -> None:
    given = (
        OtherContact(channel="web", address="ann"),
        OtherContact(channel="email", address="Ann <Ann@Example.ORG>"),
        OtherContact(channel="email", address="another@example.org"),
    )
    contact = ANN.model_copy(update={"others": given})
    async with running(ground):
        await said(ground, message("A hole", "call", contact=contact), "m0")
        ((code_id, code_notice),) = await told(ground, MAIL_OUT)
        sent = (code_notice.contact.address, code_notice.kind, code_notice.unasked, code_notice.reference)
        assert sent == ("ann@example.org", "address_code", True, "")
        here = await told(ground)
        assert [n.kind for _, n in here] == ["registered", "address_asked", "address_unused"]
        assert await standing(ground) == [("email", "unproved"), ("web", "unused")]
        # Its channel's word on the code is understood, and the code is said nowhere else.
        await receipt(ground, code_id, False, MAIL_RECEIPTS)
        failed = [e for _, e in await heard(ground, "portal", "intake.messages", DeliveryFailed)]
        assert [(e.notice, "ann@" in (e.reason or "")) for e in failed] == [("address_code", False)]
        # What cannot be delivered here is told nowhere.
        await receipt(ground, here[0][0], delivered=False)
        # Given again while the code is under way, none is sent anew; a wrong one changes nothing, nor does the
        # right one from elsewhere.
        await said(ground, message("It grows", "call", contact=contact), "m1")
        code = (await codes(ground))[code_notice.case_id]
        await said(ground, message("AAAA-BBBB", "call"), "c0")
        await said(ground, message(code, "another call"), "c1")
        await receipt(ground, next(i for i, n in await told(ground) if n.kind == "link_wrong"), delivered=False)
        assert len(await told(ground, MAIL_OUT)) == 1
        assert await redirected(ground) == []

        await said(ground, message(code.lower(), "call"), "c2")
        assert [n.kind for _, n in await told(ground)][-1] == "address_proved"
        assert (await standing(ground))[-1] == ("email", "proved")
        # It stays so when it is given once more; another in its place must be proved itself.
        await said(ground, message("And deeper", "call", contact=contact), "m2")
        assert len(await told(ground, MAIL_OUT)) == 1
        other = ANN.model_copy(update={"others": (OtherContact(channel="email", address="eve@example.org"),)})
        await said(ground, message("Write to Eve", "call", contact=other), "m3")
        assert [n.contact.address for _, n in await told(ground, MAIL_OUT)] == ["ann@example.org", "eve@example.org"]
        assert (await standing(ground))[-1] == ("email", "unproved")


async def test_an_address_that_was_proved_gets_what_the_channel_could_not_deliver_so_often_and_no_more(
    ground: Ground,
) -> None:
    given = (OtherContact(channel="email", address="Ann <Ann@Example.ORG>"),)
    contact = ANN.model_copy(update={"others": given})
    async with running(ground):
        for number in range(4):
            await said(ground, message(f"A hole {number}", f"call {number}", contact=contact), f"m{number}")
        notices = [(i, n) for i, n in await told(ground) if n.kind == "registered"]
        assert [n.contact.others for _, n in notices] == [None] * 4
        code_of = await codes(ground)
        for _, notice in notices:
            await said(ground, message(code_of[notice.case_id], notice.conversation), f"c {notice.case_id}")
        await receipt(ground, notices[0][0], delivered=True)
        for name, _ in notices[1:]:
            await receipt(ground, name, delivered=False)
        again = [(i, n) for i, n in await told(ground, MAIL_OUT) if n.kind != "address_code"]
        assert [(n.contact.address, n.kind, n.failed_on, n.unasked) for _, n in again] == [
            ("ann@example.org", "registered", "hotline", True)
        ] * 3
        words = {n.reference: n.text for _, n in notices}
        assert all(n.text.startswith(words[n.reference]) for _, n in again)
        assert all("Hotline" in n.text for _, n in again)
        assert await redirected(ground) == [("registered", "hotline", "email")] * 3

        # The first comes too late to be said a fourth time within a day; and nobody is left when the mail fails too.
        await receipt(ground, notices[0][0], delivered=False)
        await receipt(ground, again[0][0], False, MAIL_RECEIPTS)
        assert len([n for _, n in await told(ground, MAIL_OUT) if n.failed_on]) == 3
        failed = [e for _, e in await heard(ground, "portal", "intake.messages", DeliveryFailed)]
        assert sorted((e.channel, e.notice) for e in failed) == sorted(
            [("hotline", "registered")] * 4 + [("email", "registered")]
        )
        assert all("ann@" not in (e.reason or "") for e in failed)
        assert not await heard(ground, "world", REJECTIONS, RecordRejected)

        # Whoever has the address is in no conversation of the citizen's.
        reply = VerdictReceived(
            conversation=again[0][1].conversation, contact=BY_MAIL, verdict="withdrawn", sent_at=NOW,
            case_reference=again[0][1].reference,
        )  # fmt: skip
        await said(ground, reply, "v1", MAIL_IN)
        assert not await heard(ground, "portal", "intake.messages", VerdictGiven)

        # What is still on its way is called back when the citizen is erased, and nothing stays.
        for number in range(4):
            wish = ErasureRequested(conversation=f"call {number}", contact=ANN, sent_at=NOW)
            await said(ground, wish, f"e{number}")
        called_back = [e.notice_id for _, e in await heard(ground, "world", MAIL_OUT, NoticeWithdrawn)]
        mails = [name for name, n in await told(ground, MAIL_OUT) if n.kind != "refused"]
        assert sorted(called_back) == sorted(mails)
    assert await kept(ground, "other_contact", "notice_copy", "awaited_code") == [0, 0, 0]


async def test_a_linked_channel_says_it_and_an_answer_there_is_about_the_case(ground: Ground) -> None:
    async with running(ground):
        await said(ground, message("By mail", "thread", contact=BY_MAIL), "m1", MAIL_IN)
        await said(ground, message("By telephone", "calls"), "m2")
        link = LinkRequested(
            conversation="calls", contact=ANN, other_channel="email", other_address="ann@example.org", sent_at=NOW
        )
        await said(ground, link, "l1")
        code = re.search(
            r"[0-9A-Z]{4}-[0-9A-Z]{4}", next(n.text for _, n in await told(ground, MAIL_OUT) if n.kind == "link_code")
        )
        assert code is not None
        await said(ground, message(code[0], "calls"), "c1")

        later = NOW + timedelta(minutes=1)
        await said(ground, message("About a lamp", "calls 2", sent_at=later), "m3")
        name, notice = next((i, n) for i, n in await told(ground) if n.conversation == "calls 2")
        await receipt(ground, name, delivered=False)
        again_id, again = next((i, n) for i, n in await told(ground, MAIL_OUT) if n.failed_on == "hotline")
        assert (again.conversation, again.kind, again.unasked) == ("thread", "registered", False)
        assert again.reference == notice.reference
        assert notice.text in again.text
        assert await redirected(ground) == [("registered", "hotline", "email")]
        await receipt(ground, name, delivered=False)
        assert len([n for _, n in await told(ground, MAIL_OUT) if n.failed_on]) == 1

        withdrawn = VerdictReceived(
            conversation="thread", contact=BY_MAIL, verdict="withdrawn", case_reference=notice.reference,
            sent_at=later,
        )  # fmt: skip
        await said(ground, withdrawn, "v1", MAIL_IN)
        verdicts = [e for _, e in await heard(ground, "portal", "intake.messages", VerdictGiven)]
        registered = [e for _, e in await heard(ground, "portal", "intake.messages", MessageRegistered)]
        assert [v.case_id for v in verdicts] == [r.case_id for r in registered if r.text == "About a lamp"]

        # Its words go a while after it was delivered: here as if that time had passed.
        await receipt(ground, again_id, True, MAIL_RECEIPTS)
        assert await lasting(ground, again_id) < timedelta(days=4)
        passed = NOW + timedelta(hours=6)
        await fact(ground, "world", "clock.ticks", "clock", TimePassed(since=NOW, until=passed), passed)
        await at_rest(ground, "intake")
    assert await kept(ground, "notice_copy") == [1]


async def lasting(ground: Ground, notice_id: str) -> timedelta:
    """How long the copy of a notice was still to be kept; from now on no longer."""
    db = await asyncpg.connect(ground.urls["intake"])
    try:
        found: timedelta = await db.fetchval("SELECT until - now() FROM notice_copy WHERE notice_id = $1", notice_id)
        await db.execute("UPDATE notice_copy SET until = $2 WHERE notice_id = $1", notice_id, NOW)
        return found
    finally:
        await db.close()


async def kept(ground: Ground, *tables: str) -> list[int]:
    db = await asyncpg.connect(ground.urls["intake"])
    try:
        return [await db.fetchval(f"SELECT count(*) FROM {table}") for table in tables]  # noqa: S608
    finally:
        await db.close()
