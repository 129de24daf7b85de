"""Citizens who write SMS: from the provider's webhook to the topics and back, with its word on each delivery."""

from __future__ import annotations

from pathlib import Path

import asyncpg
from channels.delivery import store
from common.contracts.events.channel import (
    Contact,
    ErasureRequested,
    MessageReceived,
    NoticeDelivered,
    NoticeIssued,
    VerdictReceived,
)
from embedded.stack import Stack

from tests.conftest import new_ground
from tests.integration.channels.test_delivery import issue, receipts
from tests.integration.channels.test_edge import edge
from tests.integration.channels.test_messengers import federation_with, inbound
from tests.kafka import all_of, eventually, types_of
from tests.sms_server import ACCOUNT, SENDER, SMS_TOKEN, WEBHOOK, FakeTwilio, Telephone, provider_says

ANN, BOB = "+16175550101", "+16175550102"


async def test_citizens_and_the_provider_from_the_first_words_to_the_erasure(stack: Stack, tmp_path: Path) -> None:
    async with (
        new_ground(stack, tmp_path, federation_with(tmp_path, "sms")) as ground,
        FakeTwilio().running() as fake,
        edge(
            ground,
            sms_account=ACCOUNT,
            sms_token=SMS_TOKEN,
            sms_sender=SENDER,
            sms_webhook=WEBHOOK,
            sms_url=fake.url,
        ) as (http, _),
    ):
        ann, bob = Telephone(http, ANN), Telephone(http, BOB)

        async def told(words: str, to: str = ANN) -> dict[str, str]:
            def found() -> list[dict[str, str]]:
                return [sent for sent in fake.sent if sent["To"] == to and words in sent["Body"]]

            async def known() -> bool:
                return bool(found())

            await eventually(known)
            return found()[0]

        # Who does not know the token says nothing, by whichever door.
        forged = {"From": ANN, "Body": "I am Ann", "MessageSid": "SM0"}
        for header in ({}, {"X-Twilio-Signature": "guess"}):
            assert (await http.post("/sms/webhook", data=forged, headers=header)).status_code == 403
            assert (await http.post("/sms/status?notice=n&last=1", data=forged, headers=header)).status_code == 403
        plain = {"conversation": ANN, "contact": {"address": ANN}, "text": "I am Ann"}
        assert (await http.post("/v1/channels/sms/messages", json=plain)).status_code == 401
        assert (await Telephone(http, "whatsapp:+16175550101").writes("A hole")).status_code == 422

        # Words; a repetition is the same message; the number is told, and the place asked for.
        first = await ann.writes("A hole in the road", sid="SM7")
        assert (first.status_code, first.headers["content-type"]) == (200, "text/xml; charset=utf-8")
        assert "<Message>" not in first.text
        await ann.writes("A hole in the road", sid="SM7")
        assert (await told("Where is it?")).get("StatusCallback") is None
        registered = await told("registered as")
        await ann.writes("5 Main Street")
        # The numbers of a message are the telephone's own, in whatever spelling.
        await Telephone(http, "617 555 0101", count=90).writes("solved")
        said = await inbound(ground, 4, "sms")
        messages = [e for e in said if isinstance(e, MessageReceived)]
        assert [m.text for m in messages] == ["A hole in the road"] * 2 + ["5 Main Street", "solved"]
        assert messages[0].sent_at == messages[1].sent_at
        assert {(m.conversation, m.contact.address) for m in messages} == {(ANN, ANN)}
        assert messages[2].place.address == "5 Main Street"

        # The provider's word is the receipt: of a notice in two messages both must arrive.
        contact = Contact(address=ANN, language="en")
        long = NoticeIssued(
            case_id="long", reference="K-1", conversation=ANN, contact=contact, notice="extended", kind="transferred",
            text="long " * 500,
        )  # fmt: skip
        lost = long.model_copy(update={"case_id": "lost", "text": "lost " * 500})
        await issue(ground, "sms", ("long", long), ("lost", lost))

        def parts_of(word: str) -> list[dict[str, str]]:
            return [one for one in fake.sent if word in one["Body"]]

        async def sent() -> bool:
            return (len(parts_of("long")), len(parts_of("lost"))) == (2, 2)

        await eventually(sent)
        parts = [*parts_of("long"), *parts_of("lost")]
        assert (await provider_says(http, registered, "delivered")).status_code == 204
        for one, status in zip(parts, ("delivered", "delivered", "undelivered", "delivered"), strict=True):
            code = {"ErrorCode": "30005"} if status == "undelivered" else {}
            await provider_says(http, one, status, **code)
        found = await receipts(ground, "sms", 3)
        assert {key: found[key] for key in ("long", "lost")} == {
            "long": (True, None), "lost": (False, "the number is unknown, or no more in use (30005)"),
        }  # fmt: skip
        assert {delivered for key, (delivered, _) in found.items() if key not in ("long", "lost")} == {True}

        # What the provider passed on and says nothing more of counts as delivered, what it kept does not.
        for name in ("passed", "kept"):
            await issue(ground, "sms", (name, long.model_copy(update={"case_id": name, "text": name})))
            await told(name)
        await provider_says(http, await told("passed"), "sent")
        db = await asyncpg.connect(ground.urls["channels"])
        try:

            async def noted() -> bool:
                rows = await db.fetch(
                    "SELECT notice_id, passed_on, sealed, recipient FROM notice_delivery"
                    " WHERE notice_id IN ('passed', 'kept') AND awaited_until IS NOT NULL"
                )
                assert all(row["sealed"] is None and row["recipient"] == b"" for row in rows)
                return {(row["notice_id"], row["passed_on"]) for row in rows} == {("passed", True), ("kept", False)}

            await eventually(noted)
            assert await db.fetchval("SELECT count(*) FROM notice_delivery WHERE receipt_due") == 0
            await db.execute("UPDATE notice_delivery SET awaited_until = now() WHERE awaited_until IS NOT NULL")
            pool = await asyncpg.create_pool(ground.urls["channels"], min_size=1, max_size=1)
            await store.end_waits(pool, "silent")
            await pool.close()
        finally:
            await db.close()
        found = await receipts(ground, "sms", 5)
        assert (found["passed"], found["kept"]) == ((True, None), (False, "silent"))

        # Who wants no SMS is sent none until they take it back; the operators' own words are answered by the provider.
        assert "<Message>" not in (await bob.writes("STOP")).text
        assert "<Message>" in (await bob.writes("СТОП")).text
        contact = Contact(address=BOB)
        for_bob = long.model_copy(update={"case_id": "bob", "contact": contact, "conversation": BOB, "text": "for Bob"})
        await issue(ground, "sms", ("bob", for_bob))
        assert (await receipts(ground, "sms", 6))["bob"] == (False, "the citizen wants no SMS")
        await bob.writes("START")
        await issue(ground, "sms", ("bob again", for_bob.model_copy(update={"case_id": "bob again"})))
        await told("for Bob", BOB)

        # Erased is who confirms it, and nothing of these orders was a message.
        await ann.writes("ERASE")
        await told("reply ERASE ALL")
        assert "<Message>" in (await ann.writes("Erase all!")).text
        said = await inbound(ground, 5, "sms")
        assert [type(e) for e in said] == [MessageReceived] * 4 + [ErasureRequested]
        assert VerdictReceived not in map(type, said)
        assert NoticeDelivered.type not in types_of(await all_of(ground, "intake", "channel.sms.inbound"))
