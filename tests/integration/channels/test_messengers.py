"""Citizens' talks with our bots: from the webhook to the topics and back."""

from __future__ import annotations

import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from common.contracts.attachments import attachment_of
from common.contracts.envelope import header_map
from common.contracts.events.base import Event
from common.contracts.events.channel import (
    Contact,
    ErasureRequested,
    MessageReceived,
    NoticeIssued,
    VerdictReceived,
    VoiceReceived,
)
from common.contracts.events.intake import DeliveryFailed, MessageRegistered
from common.contracts.signing import Verifier
from embedded.stack import Stack
from PIL import Image

from tests.bot_servers import TOKEN, FakeMax, FakeTelegram, FakeVk
from tests.conftest import FEDERATION, Ground, new_ground
from tests.end_to_end.system import NOW
from tests.integration.channels.test_delivery import issue
from tests.integration.channels.test_edge import edge
from tests.kafka import all_of, eventually, records_of, types_of

SECRET = {"X-Telegram-Bot-Api-Secret-Token": "s3cret"}
WEBHOOK, INBOUND = "/telegram/webhook", "channel.telegram.inbound"
DATE = int(NOW.timestamp())


def federation_with(folder: Path, *channels: str) -> Path:
    """The federation of tests with further channels."""
    copy = folder / "federation"
    shutil.copytree(FEDERATION, copy)
    head = copy / "federation.yaml"
    lines = "".join(f"  - {{id: {name}, title: {name.title()}}}\n" for name in channels)
    head.write_text(head.read_text().replace("channels:\n", f"channels:\n{lines}"))
    return copy


class Citizen:
    """Somebody with Telegram on the telephone."""

    def __init__(self, http: httpx.AsyncClient, chat: int) -> None:
        self._http = http
        self.person = {"id": chat, "is_bot": False, "first_name": "Ann", "language_code": "en"}
        self.chat = {"id": chat, "type": "private"}
        self._messages = 100

    async def says(self, kind: str = "message", message: int | None = None, **fields: object) -> dict[str, Any]:
        self._messages += 1
        said = {"message_id": message or self._messages, "date": DATE, "chat": self.chat, "from": self.person, **fields}
        return await self.sends({"update_id": self._messages, kind: said})

    async def presses(self, data: str, message: int) -> None:
        shown = {"message_id": message, "chat": self.chat, "date": DATE}
        query = {"id": f"query {data}", "from": self.person, "message": shown, "data": data, "chat_instance": "1"}
        await self.sends({"update_id": 1, "callback_query": query})

    async def sends(self, update: dict[str, Any]) -> dict[str, Any]:
        answer = await self._http.post(WEBHOOK, json=update, headers=SECRET)
        assert answer.status_code == 200, answer.text
        return update


async def inbound(ground: Ground, count: int, channel: str = "telegram") -> list[Event]:
    """What the bot made of a citizen's words so far, in the order of its times of arrival."""
    kinds = {t.type: t for t in (MessageReceived, VerdictReceived, VoiceReceived, ErasureRequested)}
    found = [
        (header_map(r.headers)["ce_type"], r)
        for r in await records_of(ground, "intake", f"channel.{channel}.inbound", count)
    ]
    return [kinds[kind].model_validate_json(r.value or b"") for kind, r in sorted(found, key=lambda one: one[1].offset)]


async def test_citizens_and_bots_from_the_first_words_to_the_erasure(stack: Stack, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    async with (
        new_ground(stack, tmp_path, federation_with(tmp_path, "telegram", "vk", "max")) as ground,
        FakeTelegram().running() as fake,
        FakeVk().running() as vk,
        FakeMax().running() as max_,
        edge(
            ground,
            telegram_token=TOKEN,
            telegram_secret="s3cret",
            telegram_url=fake.url,
            telegram_name="our_bot",
            vk_token=TOKEN,
            vk_secret="s3cret",
            vk_group=9,
            vk_confirmation="abc123",
            vk_url=vk.url,
            max_token=TOKEN,
            max_secret="s3cret",
            max_url=max_.url,
            attachments=f"file://{files}",
        ) as (http, _),
    ):
        ann, bob = Citizen(http, 42), Citizen(http, 43)
        fake.blocked.add(43)

        async def told(words: str, count: int = 1) -> list[dict[str, Any]]:
            async def so_often() -> bool:
                return sum(words in sent["text"] for sent in fake.sent()) >= count

            await eventually(so_often)
            return [sent for sent in fake.sent() if words in sent["text"]]

        # Whoever does not know the secret posts nothing, by whichever door.
        for wrong in ({}, {"X-Telegram-Bot-Api-Secret-Token": "guess"}):
            assert (await http.post(WEBHOOK, json={"update_id": 1}, headers=wrong)).status_code == 403
        forged = {"conversation": "42", "contact": {"address": "42"}, "text": "I am Ann", "sent_at": NOW.isoformat()}
        assert (await http.post("/v1/channels/telegram/messages", json=forged)).status_code == 401
        assert (await http.post(WEBHOOK, content=b"{", headers=SECRET)).status_code == 400

        # Whoever comes by the link of a report's page is told how it stands; any other link is a greeting.
        report = {"words": "A hole", "lat": "0.5", "lon": "0.5", "contact": "dan@example.org", "once": "a" * 16}
        mine = (await http.post("/report", data=report)).headers["location"]

        async def linked() -> bool:
            return "https://t.me/our_bot?start=" in (await http.get(mine)).text

        await eventually(linked)
        code = (await http.get(mine)).text.partition("https://t.me/our_bot?start=")[2].partition('"')[0]
        assert (await http.get(f"/c/{code}")).status_code == 404
        dan = Citizen(http, 45)
        await dan.says(text="/start promo")
        await dan.says(text=f"/start {code}")
        await told("Tell us what is wrong and where")
        await told(": it is registered.")

        # Words first: the number is told, and the place is asked for, once.
        await ann.says(text="/start")
        first = await ann.says(text="A hole in the road")
        await ann.sends(first)
        await told("registered as")
        assert len(await told("Where is it?")) == 1
        await ann.says(location={"latitude": 0.5, "longitude": 0.5})
        await ann.says("edited_message", message=first["message"]["message_id"], text="A deep hole", edit_date=DATE + 1)
        picture = BytesIO()
        Image.new("RGB", (40, 30)).save(picture, "JPEG")
        fake.files["photo"] = picture.getvalue()
        await ann.says(photo=[{"file_id": "small"}, {"file_id": "photo"}], caption="This one")
        await ann.says(document={"file_id": "gone"})
        said = await inbound(ground, 6)
        assert {header_map(r.headers)["ce_id"] for r in await all_of(ground, "intake", INBOUND)} >= {
            e.replaces for e in said if isinstance(e, MessageReceived) and e.replaces
        }
        messages = [e for e in said if isinstance(e, MessageReceived)]
        assert [m.text for m in messages] == ["A hole in the road"] * 2 + ["", "A deep hole", "This one", ""]
        assert {(m.conversation, m.contact.address, m.contact.language) for m in messages} == {("42", "42", "en")}
        assert (messages[2].place.lat, messages[2].place.lon) == (0.5, 0.5)
        kept = attachment_of(messages[4].attachments[0], "telegram", Verifier.load(ground.keys))
        assert kept is not None
        assert (kept.media_type, messages[5].attachments) == ("image/jpeg", ("telegram:document",))
        registered = await records_of(ground, "portal", "intake.messages", 6)
        assert types_of(registered).count(MessageRegistered.type) == 2
        assert len([sent for sent in fake.sent() if "Where is it?" in sent["text"]]) == 1

        # An answer is judged by a button, then rated; an objection to a proposal needs its reason.
        contact = Contact(address="42", language="en")
        answer = NoticeIssued(
            case_id="own", reference="K-1", conversation="42", contact=contact, notice="answered", kind="answered",
            text="The hole is filled",
        )  # fmt: skip
        await issue(ground, "telegram", ("answer", answer))
        (shown,) = await told("The hole is filled")
        assert [b["callback_data"] for (b,) in shown["reply_markup"]["inline_keyboard"]] == [
            "confirm:K-1",
            "reopen:K-1",
        ]
        await ann.presses("confirm:K-1", 7)
        stars = fake.sent("editMessageReplyMarkup")[-1]
        assert (stars["message_id"], len(stars["reply_markup"]["inline_keyboard"][0])) == (7, 5)
        await ann.presses("rate4:K-1", 7)
        assert fake.sent("editMessageReplyMarkup")[-1]["reply_markup"] == {"inline_keyboard": []}
        await ann.presses("object:P-1", 8)
        await told("Why are you against P-1?")
        await ann.says(text="Too far away")
        await ann.presses("support:P-2", 9)
        await ann.says(text="/erase")
        assert (await told("will be erased"))[0]["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "erase"
        await ann.presses("erase", 10)
        confirmed, rated, against, support, erasure = (await inbound(ground, 11))[6:]
        assert isinstance(confirmed, VerdictReceived)
        assert isinstance(rated, VerdictReceived)
        assert [(v.verdict, v.rating) for v in (confirmed, rated)] == [("confirmed", None), ("confirmed", 4)]
        assert isinstance(against, VoiceReceived)
        assert isinstance(support, VoiceReceived)
        assert (against.proposal, against.stance, against.text) == ("P-1", "object", "Too far away")
        assert (support.proposal, support.stance) == ("P-2", "support")
        assert isinstance(erasure, ErasureRequested)

        # Whoever thanks for an answer at once names no place, though one was asked for before.
        cat = Citizen(http, 44)
        await cat.says(text="A hole at the bridge")
        await told("Where is it?", 2)
        fake.replies["The bridge is mended"] = lambda: cat.says(text="Thank you, that was quick")
        mended = NoticeIssued(
            case_id="hers", reference="K-2", conversation="44", contact=Contact(address="44", language="en"),
            notice="answered", kind="answered", text="The bridge is mended",
        )  # fmt: skip
        await issue(ground, "telegram", ("mended", mended))
        hers = [e for e in await inbound(ground, 13) if isinstance(e, MessageReceived) and e.conversation == "44"]
        assert [(e.text, e.place.address) for e in hers] == [
            ("A hole at the bridge", None),
            ("Thank you, that was quick", None),
        ]

        # Who has blocked the bot is not tried again, and that is told.
        await bob.says(text="Dark street")

        async def failed() -> bool:
            found = await all_of(ground, "portal", "intake.messages")
            return DeliveryFailed.type in types_of(found)

        await eventually(failed)

        # Whoever says too much is heard later, which the messenger is told; others are heard.
        flo = {"id": 46, "type": "private", "is_bot": False, "first_name": "Flo"}
        flood = {"update_id": 1, "message": {"message_id": 1, "date": DATE, "text": "/start", "chat": flo, "from": flo}}
        answers = [await http.post(WEBHOOK, json=flood, headers=SECRET) for _ in range(40)]
        assert (answers[0].status_code, answers[-1].status_code) == (200, 429)
        assert 0 < int(answers[-1].headers["retry-after"]) <= 5
        assert (answers[-1].json()["ok"], answers[-1].json()["error_code"]) == (False, 429)
        await cat.says(text="/start")

        await talk_over_vk(ground, http, vk)
        await talk_over_max(ground, http, max_)


async def talk_over_vk(ground: Ground, http: httpx.AsyncClient, fake: FakeVk) -> None:
    """Words, an edit and a button; who knows no secret says nothing."""

    async def posts(kind: str, what: object, **changes: object) -> httpx.Response:
        update = {
            "type": kind,
            "object": what,
            "group_id": 9,
            "event_id": f"{kind} 1",
            "v": "5.199",
            "secret": "s3cret",
        }
        return await http.post("/vk/callback", json={k: v for k, v in (update | changes).items() if v is not None})

    first = await posts("confirmation", None, secret=None)
    assert (first.status_code, first.text) == (200, "abc123")
    message = {"id": 1, "conversation_message_id": 1, "date": DATE, "from_id": 42, "peer_id": 42, "text": "A hole"}
    new = {"message": message, "client_info": {"lang_id": 0}}
    opening = message | {
        "conversation_message_id": 9,
        "text": "Начать",
        "payload": '{"command":"start"}',
        "ref": "promo",
    }
    for wrong in ({"secret": "guess"}, {"secret": None}, {"group_id": 8}):
        assert (await posts("message_new", new, **wrong)).status_code == 403
    assert (await posts("message_new", new | {"message": opening})).text == "ok"
    answer = await posts("message_new", new)
    assert (answer.status_code, answer.text) == (200, "ok")
    assert (await posts("message_edit", message | {"text": "A deep hole", "update_time": DATE + 1})).text == "ok"
    assert (await posts("message_edit", message | {"conversation_message_id": 8, "text": ""})).text == "ok"
    pressed = {"user_id": 42, "peer_id": 42, "event_id": "e", "payload": {"button": "confirm:K-1"}}
    assert (await posts("message_event", pressed)).text == "ok"
    assert (await posts("group_join", {"user_id": 42})).text == "ok"
    said, edit, verdict = await inbound(ground, 3, "vk")
    assert isinstance(said, MessageReceived)
    assert isinstance(edit, MessageReceived)
    assert isinstance(verdict, VerdictReceived)
    assert (said.conversation, said.contact.language, said.replaces) == ("42", "ru", None)
    assert edit.replaces is not None

    async def told() -> bool:
        asked = [sent["message"].startswith("Где это?") for sent in fake.sent()]
        return True in asked and False in asked  # The bot's own question, and the notice of the case's number.

    await eventually(told)
    assert fake.sent("messages.sendMessageEventAnswer")


async def talk_over_max(ground: Ground, http: httpx.AsyncClient, fake: FakeMax) -> None:
    """Words that are taken back, and the erasure; who knows no secret says nothing."""
    person = {"user_id": 42, "first_name": "Ann", "is_bot": False}

    async def posts(kind: str, **fields: object) -> int:
        update = {"update_type": kind, "timestamp": DATE * 1000, "user_locale": "en", **fields}
        answer = await http.post("/max/webhook", json=update, headers={"X-Max-Bot-Api-Secret": "s3cret"})
        return answer.status_code

    assert (await http.post("/max/webhook", json={})).status_code == 403
    recipient = {"chat_id": 5, "chat_type": "dialog", "user_id": 7}
    said = {"sender": person, "recipient": recipient, "timestamp": DATE * 1000, "body": {"mid": "m1", "text": "A hole"}}
    assert await posts("bot_started", chat_id=5, user=person, payload="promo") == 200
    assert await posts("message_created", message=said) == 200
    for name in ("m1", "never said"):
        assert await posts("message_removed", message_id=name, chat_id=5, user_id=42) == 200

    async def told() -> bool:
        return any("registered as" in body["text"] for _, body in fake.sent())

    # The erasure not before: what waits to be told goes with the citizen.
    await eventually(told)
    shown = said | {"sender": {"user_id": 7, "is_bot": True}, "body": {"mid": "m2", "text": "Erase it?"}}
    callback = {"timestamp": 1, "callback_id": "c", "user": person, "payload": "erase"}
    assert await posts("message_callback", message=shown, callback=callback) == 200
    message, removal, erasure = await inbound(ground, 3, "max")
    assert isinstance(message, MessageReceived)
    assert isinstance(removal, MessageReceived)
    assert (message.text, removal.text) == ("A hole", "")
    assert removal.replaces is not None
    assert isinstance(erasure, ErasureRequested)
    assert [query for query, _ in fake.sent("answers")] == [{"callback_id": "c"}]
