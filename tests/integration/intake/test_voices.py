"""Voices on proposals through intake on real servers: given on, answered where they came from, sealed, told once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import intake.app
import pytest
from common.contracts.envelope import Headers, header_map
from common.contracts.events.base import Event
from common.contracts.events.channel import (
    Contact,
    MessageReceived,
    NoticeDelivered,
    NoticeIssued,
    ProposalNoticeIssued,
    RecordRejected,
    VoiceReceived,
)
from common.contracts.events.clock import TimePassed
from common.contracts.events.deliberation import CitizenToBeTold, DeliberationOpened, DeliberationTerms
from common.contracts.events.intake import (
    DeliveryFailed,
    MessageAdded,
    MessageRefused,
    MessageRegistered,
    VoiceGiven,
)
from common.runtime.service import Service

from tests.conftest import Ground
from tests.end_to_end.system import NOW, fact
from tests.kafka import all_of, at_rest, records_of, send, types_of

INBOUND, OUTBOUND, RECEIPTS, REJECTIONS = (
    f"channel.hotline.{stream}" for stream in ("inbound", "outbound", "receipts", "rejections")
)
ANN = Contact(address="+1 617 555 0100", name="Ann Example", language="ru")
PROPOSAL, REFERENCE = "0f6f2c2e-7d0a-5a7e-9a39-5b8b8f1c2d11", "P-7K2MNA"
TERMS = DeliberationTerms(row_id="row", release="national/1", speakers=("citizen",))


@asynccontextmanager
async def running(ground: Ground, **changes: object) -> AsyncIterator[Service]:
    service = Service(ground.settings("intake", **changes), intake.app.build)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


async def say(ground: Ground, event: Event, ce_id: str, topic: str = INBOUND) -> None:
    """As an integrator's adapter says it."""
    headers: Headers = [("ce_type", event.type.encode()), ("ce_id", ce_id.encode())]
    await send(
        ground, "world", topic, [(getattr(event, "conversation", "k"), headers, event.model_dump_json().encode())]
    )


async def said(ground: Ground, event: Event, ce_id: str, topic: str = INBOUND) -> None:
    await say(ground, event, ce_id, topic)
    await at_rest(ground, "intake")


def voice(text: str, conversation: str = "own", **fields: Any) -> VoiceReceived:
    return VoiceReceived.model_validate(
        {"conversation": conversation, "contact": ANN, "text": text, "sent_at": NOW, **fields}
    )


def message(text: str, conversation: str, **fields: Any) -> MessageReceived:
    return MessageReceived.model_validate(
        {"conversation": conversation, "contact": ANN, "text": text, "sent_at": NOW, **fields}
    )


async def opened(ground: Ground) -> None:
    event = DeliberationOpened(
        proposal_id=PROPOSAL, reference=REFERENCE, layer="national", title="T", terms=TERMS, opened_at=NOW,
        until=NOW + timedelta(days=3), latest=NOW + timedelta(days=7),
    )  # fmt: skip
    await fact(ground, "deliberation", "deliberation.proceedings", PROPOSAL, event, NOW)


async def told(ground: Ground, citizen: str, kind: str, answers: str | None = None, **facts: str) -> None:
    """As deliberation asks for it; returns once intake has said it."""
    event = CitizenToBeTold.model_validate(
        {
            "proposal_id": PROPOSAL, "reference": REFERENCE, "citizen": citizen, "kind": kind, "facts": facts,
            "answers": answers,
        }
    )  # fmt: skip
    await fact(ground, "deliberation", "deliberation.notices", citizen, event, NOW)
    await at_rest(ground, "intake")


async def voices(ground: Ground, count: int) -> list[VoiceGiven]:
    records = await records_of(ground, "operator", "intake.voices", count)
    assert len(records) == count
    return [VoiceGiven.model_validate_json(r.value or b"") for r in records]


async def notices(ground: Ground, topic: str = OUTBOUND) -> list[tuple[str, ProposalNoticeIssued]]:
    """With their ids."""
    return [
        (header_map(r.headers)["ce_id"], ProposalNoticeIssued.model_validate_json(r.value or b""))
        for r in await all_of(ground, "world", topic)
        if header_map(r.headers)["ce_type"] == ProposalNoticeIssued.type
    ]


async def bodies(ground: Ground, reader: str, topic: str) -> list[Mapping[str, Any]]:
    return [json.loads(r.value or b"") for r in await all_of(ground, reader, topic)]


async def test_a_voice_is_given_on_once_answered_where_it_came_from_and_told_the_outcome(ground: Ground) -> None:
    async with running(ground):
        await opened(ground)
        words = voice("Против, потому что далеко. Меня зовут Анна Пример", proposal=REFERENCE)
        await say(ground, words, "voice-1")
        await say(ground, words, "voice-1")
        await at_rest(ground, "intake")
        (given,) = await voices(ground, 1)
        assert (given.proposal, given.language, given.channel, given.stance) == (REFERENCE, "ru", "hotline", None)
        assert given.text == "Против, потому что далеко. Меня зовут [name]"

        # The citizen speaks elsewhere later; the answer goes where the voice came from.
        await said(ground, message("A hole", "case", sent_at=NOW + timedelta(minutes=1)), "message-1")
        await told(ground, given.citizen, "counted", given.voice_id, stance="object", title="T", number="1")
        await told(ground, given.citizen, "rejected", title="T", reason="Too dear.")
        (_, counted), (_, outcome) = await notices(ground)
        assert (counted.conversation, counted.outside_id, counted.proposal_id) == ("own", "voice-1", PROPOSAL)
        assert counted.text.startswith(f"Ваше мнение о предложении {REFERENCE} учтено: против.")
        assert (outcome.conversation, outcome.outside_id, outcome.contact) == ("case", None, ANN)
        assert "Причина: Too dear." in outcome.text
        assert types_of(await all_of(ground, "routing", "intake.messages")) == [MessageRegistered.type]


async def test_a_reply_is_a_voice_where_nothing_but_the_proposal_is_spoken_of_and_a_cases_words_stay_with_it(
    ground: Ground,
) -> None:
    async with running(ground):
        await opened(ground)
        await said(ground, message("A hole", "case"), "m1")
        await said(ground, voice("People ought to see the limits", "own"), "v1")
        (wish,) = await voices(ground, 1)
        assert wish.proposal is None
        await told(ground, wish.citizen, "opened", answers=wish.voice_id, title="T", until=NOW.isoformat())
        await said(ground, message("Against, because it is far", "own"), "r1")
        await said(ground, voice("For", "own", stance="support"), "v2")
        # Told in the case's conversation too, where the citizen spoke last.
        await said(ground, message("It grew", "case", sent_at=NOW + timedelta(minutes=5)), "m2")
        await told(ground, wish.citizen, "opened", title="T", until=NOW.isoformat())
        await said(ground, message("Against, because it is far", "case"), "m3")
        await said(ground, message(f"{REFERENCE}: against, because it is far", "case"), "r2")
        await said(ground, voice("For after all", "case"), "v3")
        await said(ground, message("Late", "own", sent_at=NOW + timedelta(days=8)), "m4")
        given = await voices(ground, 5)
        by_text = {one.text: one for one in given}
        assert {one.proposal for one in given if one != wish} == {REFERENCE}
        assert set(by_text) == {
            wish.text, "Against, because it is far", "For", f"{REFERENCE}: against, because it is far", "For after all",
        }  # fmt: skip
        assert {one.citizen for one in given} == {wish.citizen}
        kept = await all_of(ground, "routing", "intake.messages")
        texts = [(kind, json.loads(r.value or b"")["text"]) for kind, r in zip(types_of(kept), kept, strict=True)]
        assert sorted(texts) == sorted(
            [
                (MessageRegistered.type, "A hole"), (MessageAdded.type, "It grew"),
                (MessageAdded.type, "Against, because it is far"), (MessageRegistered.type, "Late"),
            ]
        )  # fmt: skip
        assert [n.conversation for _, n in await notices(ground)] == ["own", "case"]


async def test_a_voice_that_is_not_taken_is_told_to_its_sender_and_to_the_channel(ground: Ground) -> None:
    async with running(ground):
        await fact(ground, "world", "clock.ticks", "clock", TimePassed(since=NOW - timedelta(hours=6), until=NOW), NOW)
        await at_rest(ground, "intake")
        await said(ground, voice("For"), "good")
        await said(ground, voice("For", sent_at=NOW + timedelta(days=30)), "untimely")
        await said(ground, voice("For", contact=Contact(address="stranger")), "foreign")
        await said(ground, voice("Against"), "good")
        wrong = {**voice("For").model_dump(mode="json"), "stance": "louder", "text": "x" * 5_000}
        await send(
            ground, "world", INBOUND,
            [("k", [("ce_type", VoiceReceived.type.encode()), ("ce_id", b"wrong")], json.dumps(wrong).encode())],
        )  # fmt: skip
        await at_rest(ground, "intake")
        told_of = [RecordRejected.model_validate(b) for b in await bodies(ground, "intake", REJECTIONS)]
        by_id = {one.outside_id: one for one in told_of}
        assert {name: one.fault for name, one in by_id.items()} == {
            "untimely": "untimely", "foreign": "foreign_conversation", "good": "repeated", "wrong": "invalid",
        }  # fmt: skip
        assert by_id["wrong"].allowed.limits["text"] == "at most 4000 characters"
        assert by_id["wrong"].allowed.limits["stance"] == "one of support, object, comment, question, amendment"
        assert set(by_id["wrong"].allowed.required) == {"conversation", "contact", "contact.address", "sent_at"}
        assert VoiceReceived.type in by_id["wrong"].allowed.ce_types
        refused = await all_of(ground, "routing", "intake.messages")
        assert types_of(refused) == [MessageRefused.type] * 2
        told_senders = [NoticeIssued.model_validate(b) for b in await bodies(ground, "world", OUTBOUND)]
        assert {n.outside_id: n.kind for n in told_senders} == {"untimely": "refused", "foreign": "refused"}
        await voices(ground, 1)


async def test_a_receipt_of_a_notice_about_a_proposal_is_understood_on_its_own_channel_alone(ground: Ground) -> None:
    async with running(ground):
        await opened(ground)
        await said(ground, voice("For", proposal=REFERENCE), "v1")
        (given,) = await voices(ground, 1)
        await told(ground, given.citizen, "counted", given.voice_id, stance="support")
        ((notice_id, _),) = await notices(ground)
        reason = f"no line to {ANN.address} of {ANN.name}"
        failed = NoticeDelivered(notice_id=notice_id, delivered=False, reason=reason)
        await said(ground, failed, "x", "channel.web.receipts")
        await said(ground, failed, "r1", RECEIPTS)
        (seen,) = [
            DeliveryFailed.model_validate_json(r.value or b"")
            for r in await all_of(ground, "routing", "intake.messages")
        ]
        assert (seen.case_id, seen.notice, seen.channel) == (None, "proposal_counted", "hotline")
        assert seen.reason == "no line to [contact] of [contact]"
        (elsewhere,) = await bodies(ground, "intake", "channel.web.rejections")
        assert elsewhere["fault"] == "unknown_notice"


async def test_nothing_personal_of_a_voice_lies_in_clear_and_a_restart_answers_it_still(ground: Ground) -> None:
    async with running(ground):
        await opened(ground)
        await said(ground, voice("Call +1 617 555 0100", "planted-thread", proposal="Ann Example"), "planted-id")
        (given,) = await voices(ground, 1)
        assert (given.proposal, given.text) == ("[unknown proposal]", "Call [phone]")
    db = await asyncpg.connect(ground.urls["intake"])
    try:
        for table in ("voice_conversation", "given_voice", "message", "told_proposal"):
            lying = str([dict(row) for row in await db.fetch(f"SELECT * FROM {table}")])  # noqa: S608
            assert not [w for w in ("Ann Example", "555 0100", "planted") if w in lying], table
        async with running(ground):
            await told(ground, given.citizen, "counted", given.voice_id, stance="support")
            await told(ground, "somebody-else", "counted", given.voice_id, stance="support")
            await told(ground, "nobody-known", "opened", title="T")
            ((_, notice),) = await notices(ground)
            assert (notice.conversation, notice.outside_id) == ("planted-thread", "planted-id")
        # Under another key nobody can be told, and nothing is read: the record waits as a dead letter.
        await db.execute("UPDATE voice_conversation SET key_id = 'ffffffffffff'")
        async with running(ground):
            await told(ground, given.citizen, "rejected", title="T")
            assert len(await notices(ground)) == 1
            assert len(await all_of(ground, "operator", "intake.deadletters")) == 1
    finally:
        await db.close()


@pytest.mark.parametrize("contact", [ANN, Contact(address=f" {ANN.address} ")])
async def test_whoever_speaks_of_a_case_and_of_a_proposal_is_one_person(ground: Ground, contact: Contact) -> None:
    async with running(ground):
        await said(ground, message("A hole", "case"), "m1")
        await said(ground, voice("For", "case", contact=contact), "v1")
        (given,) = await voices(ground, 1)
        (registered,) = await bodies(ground, "routing", "intake.messages")
        assert given.citizen == registered["citizen"]
