"""E-mail on the real broker: from a citizen's mail to the answer in its thread, and back."""

from __future__ import annotations

import shutil
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import asyncpg
from common.contracts.envelope import header_map
from common.contracts.events.channel import MessageReceived
from common.contracts.events.intake import CitizenErased, DeliveryFailed, MessageAdded, MessageRegistered
from embedded.processes import connects, free_port
from embedded.stack import Stack
from PIL import Image

from tests.conftest import FEDERATION, new_ground
from tests.integration.channels.test_edge import edge
from tests.kafka import all_of, eventually, records_of, types_of
from tests.mail_server import FakeMailServer, hand_over
from tests.mailbox_server import PASSWORD, USER, FakeMailbox
from tests.mails import OURS, mail, returned

MESSAGES, INBOUND = "intake.messages", "channel.email.inbound"
OF_A_CITIZEN = (
    "SELECT FROM mail_thread AS t JOIN conversation_citizen AS c ON t.conversation = c.fingerprint WHERE c.citizen = $1"
)


async def test_a_citizen_writes_is_answered_and_writes_on(stack: Stack, tmp_path: Path) -> None:
    files, port = tmp_path / "files", free_port()
    files.mkdir()
    shutil.copytree(FEDERATION, tmp_path / "federation")
    picture = BytesIO()
    Image.new("RGB", (40, 30)).save(picture, "JPEG")
    async with (
        new_ground(stack, tmp_path, tmp_path / "federation") as ground,
        FakeMailServer().running() as server,
        FakeMailbox().running() as mailbox,
        edge(
            ground, email_addresses=OURS, email_lmtp_port=port, email_smtp=f"smtp+plain://127.0.0.1:{server.port}",
            email_authserv="mx.city.example",
            email_imap=f"imap+plain://127.0.0.1:{mailbox.port}",
            email_imap_user=USER,
            email_imap_password=PASSWORD,
            attachments=f"file://{files}",
        ),
    ):  # fmt: skip

        async def listening() -> bool:
            return connects(port)

        async def answers(count: int) -> bool:
            return len(server.taken) >= count

        async def said() -> list[MessageReceived]:
            found = [
                r
                for r in sorted(await all_of(ground, "intake", INBOUND), key=lambda r: r.offset)
                if header_map(r.headers)["ce_type"] == MessageReceived.type
            ]
            return [MessageReceived.model_validate_json(r.value or b"") for r in found]

        await eventually(listening)
        server.refusals["ann@example.org"] = ["451 come again"]
        first = mail("A hole in the road", files=[("image/jpeg", picture.getvalue()), ("text/x-c", b"int main;")])
        for _ in range(2):  # The mail server did not hear our answer.
            assert (await hand_over(port, first))[0] == 250
        await eventually(lambda: answers(2))
        envelope, recipient, registered = server.taken[0]
        assert recipient == "ann@example.org"
        assert "Hole" in registered["Subject"]
        assert registered["In-Reply-To"] == "<1@example.org>"
        assert registered["Auto-Submitted"] == "auto-generated"
        (opened,) = {(m.conversation, m.text, m.contact.address, m.contact.name) for m in await said()}
        assert opened[1:] == ("Hole\n\nA hole in the road", "ann@example.org", "Ann Lee")
        kept, not_kept = (await said())[0].attachments
        assert (kept.startswith("email:"), not_kept) == (False, "email:document")

        # The answer to it goes on in the same conversation; of a stranger who got hold of it, it does not.
        answer = {"In-Reply-To": registered["Message-ID"], "References": f"<1@example.org> {registered['Message-ID']}"}
        quoted = "It is on Main street\n\nOn 1 July City wrote:\n> registered\n"
        assert (await hand_over(port, mail(quoted, message_id="<2@example.org>", headers=answer)))[0] == 250
        stranger = mail("Show me", sender="eve@example.org", message_id="<3@example.org>", headers=answer)
        assert (await hand_over(port, stranger, "eve@example.org"))[0] == 250
        forged = mail("Show me", message_id="<4@example.org>", headers={"In-Reply-To": "<1@example.org>"})
        assert (await hand_over(port, forged))[0] == 250
        found = await records_of(ground, "portal", MESSAGES, 5)
        kinds = types_of(found)
        assert (kinds.count(MessageRegistered.type), kinds.count(MessageAdded.type)) == (3, 1)
        later = {m.text: m for m in await said()}
        assert later["It is on Main street"].conversation == opened[0]
        assert {m.conversation for m in later.values() if "Show me" in m.text}.isdisjoint({opened[0]})

        # Under the citizen's own first mail it goes on where the address is proven, as was not the case above.
        proven = {"Authentication-Results": "mx.city.example; dmarc=pass", "References": "<1@example.org>"}
        assert (await hand_over(port, mail("And deep", message_id="<5@example.org>", headers=proven)))[0] == 250
        assert {m.conversation for m in await said() if m.text == "And deep"} == {opened[0]}
        denied = {"Authentication-Results": "mx.city.example; dmarc=fail", "References": "<1@example.org>"}
        assert (await hand_over(port, mail("Not I", message_id="<6@example.org>", headers=denied)))[0] == 554

        # Who asks for it in an answer to us is erased, with what is kept of the thread.
        assert (await hand_over(port, mail("Dark", sender="dan@example.org", message_id="<7@x>"), "dan@example.org"))[
            0
        ] == 250
        dans: list[EmailMessage] = []

        async def answered() -> bool:
            dans[:] = [letter for _, to, letter in server.taken if to == "dan@example.org"]
            return bool(dans)

        await eventually(answered)
        wish = {"In-Reply-To": dans[0]["Message-ID"]}
        erase = mail("/erase\n\n> registered", sender="dan@example.org", message_id="<8@x>", headers=wish)
        stolen = mail("/erase", sender="eve@example.org", message_id="<9@x>", headers=wish)
        assert (await hand_over(port, stolen, "eve@example.org"))[0] == 250
        assert (await hand_over(port, erase, "dan@example.org"))[0] == 250
        (erased,) = await records_of(ground, "operator", "intake.erasures", 1)
        citizen = CitizenErased.model_validate_json(erased.value or b"").citizen
        db = await asyncpg.connect(ground.urls["channels"])
        try:

            async def forgotten() -> bool:
                return not await db.fetch(OF_A_CITIZEN, citizen)

            await eventually(forgotten)
        finally:
            await db.close()

        # What lies in a mailbox is taken as what a mail server hands over.
        mailbox.add(mail("A dark lamp", sender="zoe@example.org", message_id="<10@x>"))

        async def read() -> bool:
            return bool(mailbox.flags)

        await eventually(read)
        assert mailbox.flags == {1: {b"\\Seen"}}
        assert "zoe@example.org" in {m.contact.address for m in await said()}

        # Programs are no citizens; nobody else's mailbox is here.
        count = len(await all_of(ground, "intake", INBOUND))
        vacation = mail("I am away", headers={"Auto-Submitted": "auto-replied", **answer})
        assert (await hand_over(port, vacation, ""))[0] == 250
        assert (await hand_over(port, mail(headers={"List-Id": "<x.example.org>"})))[0] == 554
        assert (await hand_over(port, mail(headers={"X-Loop": OURS})))[0] == 250
        assert (await hand_over(port, mail(sender="")))[0] == 554
        assert (await hand_over(port, b"X: " + b"y" * 70_000 + b"\r\n\r\nx"))[0] in (500, 554)
        assert (await hand_over(port, mail(), recipient="bob@city.example"))[0] == 550
        assert len(await all_of(ground, "intake", INBOUND)) == count

        # A mail that comes back is a notice that did not reach its citizen.
        assert (await hand_over(port, returned("delayed"), "", envelope))[0] == 250
        assert DeliveryFailed.type not in types_of(await all_of(ground, "portal", MESSAGES))
        assert (await hand_over(port, returned(), "", envelope))[0] == 250

        async def failed() -> bool:
            return DeliveryFailed.type in types_of(await all_of(ground, "portal", MESSAGES))

        await eventually(failed)
        (told,) = [
            DeliveryFailed.model_validate_json(r.value or b"")
            for r in await all_of(ground, "portal", MESSAGES)
            if header_map(r.headers)["ce_type"] == DeliveryFailed.type
        ]
        assert (told.channel, told.reason) == ("email", "the mail came back (5.1.1)")

        db = await asyncpg.connect(ground.urls["channels"])
        try:
            kept_of_threads = str(await db.fetch("SELECT conversation, opening, sealed FROM mail_thread"))
            assert "Hole" not in kept_of_threads
            assert "example.org" not in kept_of_threads
            assert await db.fetch(OF_A_CITIZEN.replace("= $1", "IS NOT NULL"))
        finally:
            await db.close()
