"""Personal data planted in everything that citizens give to forms, bots, mail, SMS, posts and the hotline."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from channels.adapters.public_posts.post import PublicPost
from common.contracts.hotline_pass import pass_for
from common.contracts.signing import Signer
from PIL import Image

from tests.end_to_end.planting import Planted, struck_text
from tests.end_to_end.system import NOW
from tests.far_sides import LISTENER, SECRET, FarSides
from tests.kafka import eventually
from tests.mail_server import hand_over
from tests.mails import mail
from tests.sms_server import Telephone

CHANNELS = ("telegram", "vk", "max", "sms", "posts")
"""Beside those that the federation of the tests has."""
OPERATOR = "operator:north"
TELEGRAM, MAX = 6_175_550_197, 9_161_234_567
"""Numbers of people, which are looked for as telephone numbers are."""
VK = 1_987_654_321
"""Greater ones are chats of several people."""


@dataclass
class Edges:
    """Where citizens speak, with what stands behind the channels."""

    http: httpx.AsyncClient
    far: FarSides
    portal: Signer
    planted: Planted

    async def plant(self) -> None:
        await self._by_report()
        await self._by_open311_updates()
        await self._by_telegram()
        await self._by_vk()
        await self._by_max()
        await self._by_mail()
        await self._by_sms()
        await self._by_posts()
        await self._by_call()

    async def _by_report(self) -> None:
        """The form, the page of whoever sent it, what is wrong on both, and the erasure at the end."""
        word, http = self.planted.word, self.http
        sent = {
            "words": struck_text(), "address": struck_text()[:150], "category": "pothole", "lat": "0.5", "lon": "0.5",
            "contact": f"{word('report contact')}@example.org", "once": "d" * 16, "language": "en",
            word("report name of a field"): word("report field"),
        }  # fmt: skip
        headers = {"user-agent": word("report agent"), "referer": f"https://{word('report referer')}.example/"}
        files = {"file": (f"{word('report file')}.jpg", self._picture("report exif"), "image/jpeg")}
        taken = await http.post("/report", data=sent, files=files, headers=headers)
        assert taken.status_code == 303, taken.text
        wrong = sent | {"once": word("report once"), "contact": word("report wrong contact"), "words": "..."}
        assert (await http.post("/report", data=wrong)).status_code == 422
        page = taken.headers["location"].partition("?")[0]
        added = {"act": "add", "words": struck_text(), "once": "e" * 16, "language": "en"}
        files = {"file": (f"{word('page file')}.jpg", self._picture("page exif"), "image/jpeg")}
        assert (await http.post(page, data=added, files=files)).status_code == 303
        strange = added | {"act": word("page act"), "once": "f" * 16, word("page name of a field"): word("page field")}
        assert (await http.post(page, data=strange)).status_code == 422
        assert (await http.get(f"/c/{word('page secret')}")).status_code == 404
        assert (await http.get(f"{page}/files/{word('page file id')}")).status_code == 404

    async def _by_open311_updates(self) -> None:
        """Of whoever posted a request, and of somebody else."""
        word, http = self.planted.word, self.http
        report = {"service_code": "Pothole", "lat": "0.5", "long": "0.5", "description": struck_text()}
        report |= {"email": f"{word('open311 mail')}@example.org"}
        taken = await http.post("/open311/v2/requests.json", data=report)
        assert taken.status_code == 201, taken.text
        names = ("api_key", "email", "first_name", "last_name", "phone", "media_url", "device_id", "title", "update_id")
        later = {name: word(f"update {name}") for name in names}
        later |= {"description": struck_text(), "status": "OPEN", "updated_datetime": datetime.now(UTC).isoformat()}
        for name in (taken.json()[0].get("service_request_id"), taken.json()[0].get("token"), word("update request")):
            said = later | {"service_request_id": name or ""}
            answer = await http.post("/open311/v2/servicerequestupdates.json", data=said)
            assert answer.status_code < 500, answer.text

    async def _by_telegram(self) -> None:
        word = self.planted.word
        person = {
            "id": TELEGRAM, "is_bot": False, "first_name": word("telegram name"), "language_code": "en",
            "last_name": word("telegram last name"), "username": word("telegram user"),
        }  # fmt: skip
        chat = {"id": TELEGRAM, "type": "private", **{n: person[n] for n in ("first_name", "last_name", "username")}}
        self.far.telegram.files["photo"] = self._picture("telegram exif")
        contact = {"phone_number": "+16175550199", "first_name": word("telegram contact"), "user_id": TELEGRAM}
        said: list[dict[str, Any]] = [
            {"text": struck_text(), "forward_origin": {"sender_user_name": word("telegram forwarded")}},
            {"caption": struck_text(), "photo": [{"file_id": "photo"}]},
            {"document": {"file_id": word("telegram file"), "file_name": word("telegram document")}},
            {"contact": contact, "text": "This is I"},
            {"venue": {"title": word("telegram venue"), "address": struck_text()}, "location": HERE},
            {"text": "So", "reply_to_message": {"message_id": 1, "chat": chat, "text": word("telegram quoted")}},
            {"text": f"/start {word('telegram start')}"},
            {word("telegram name of a field"): word("telegram field")},
        ]  # fmt: skip
        for number, fields in enumerate(said, 1):
            message = {"message_id": number, "date": int(NOW.timestamp()), "chat": chat, "from": person, **fields}
            await self._telegram({"update_id": number, "message": message})
        pressed = {
            "id": word("telegram press"), "from": person, "data": word("telegram button"),
            "chat_instance": word("telegram chat"),
        }  # fmt: skip
        await self._telegram({"update_id": 90, "callback_query": pressed})

    async def _telegram(self, update: dict[str, Any]) -> None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        answer = await self.http.post("/telegram/webhook", json=update, headers=headers)
        assert answer.status_code == 200, answer.text

    async def _by_vk(self) -> None:
        word = self.planted.word
        photo = {
            "type": "photo",
            "photo": {"sizes": [{"url": f"{self.far.vk.url}/files/photo", "width": 9, "height": 9}]},
        }
        self.far.vk.files["photo"] = self._picture("vk exif")
        told = {
            "type": "doc",
            "doc": {"title": word("vk document"), "url": f"{self.far.vk.url}/files/{word('vk file')}"},
        }
        for number, fields in enumerate(
            (
                {"text": struck_text(), "attachments": [photo, told], "ref": word("vk ref")},
                {"text": struck_text(), "geo": {"coordinates": HERE, "place": {"title": word("vk place")}}},
                {"text": "", "payload": json.dumps({"button": word("vk button")})},
                {"text": "So", "fwd_messages": [{"from_id": VK, "text": word("vk forwarded")}]},
            ),
            1,
        ):  # fmt: skip
            message = {
                "id": number, "conversation_message_id": number, "date": int(NOW.timestamp()), "from_id": VK,
                "peer_id": VK, **fields,
            }  # fmt: skip
            update = {
                "type": "message_new", "object": {"message": message, "client_info": {"lang_id": 3}}, "group_id": 9,
                "event_id": word(f"vk event {number}"), "v": "5.199", "secret": SECRET,
            }  # fmt: skip
            assert (await self.http.post("/vk/callback", json=update)).text == "ok"

    async def _by_max(self) -> None:
        word = self.planted.word
        person = {
            "user_id": MAX, "first_name": word("max name"), "last_name": word("max last name"), "is_bot": False,
            "username": word("max user"),
        }  # fmt: skip
        card = {"vcf_info": f"BEGIN:VCARD\r\nFN:{word('max contact')}\r\nEND:VCARD"}
        file = {"url": word("max url"), "token": word("max token")}
        attached = [
            {"type": "contact", "payload": card},
            {"type": "file", "filename": word("max file"), "payload": file},
        ]
        for number, body in enumerate(({"text": struck_text()}, {"text": struck_text(), "attachments": attached})):
            at = int(NOW.timestamp() * 1000) + number
            message = {
                "sender": person, "recipient": {"chat_id": MAX, "chat_type": "dialog", "user_id": 7}, "timestamp": at,
                "body": {"mid": word(f"max message {number}"), **body},
            }  # fmt: skip
            update = {"update_type": "message_created", "timestamp": at, "user_locale": "en", "message": message}
            answer = await self.http.post("/max/webhook", json=update, headers={"X-Max-Bot-Api-Secret": SECRET})
            assert answer.status_code == 200, answer.text

    async def _by_mail(self) -> None:
        """A mail, one of a stranger who answers it, a program's, and one that is no mail."""
        word = self.planted.word
        address = f"{word('mail address')}@example.org"
        given = {
            "Reply-To": f"{word('mail reply to')}@example.org", "Cc": f"{word('mail copy')}@example.org",
            "X-Mailer": word("mail program"), "Received": f"from {word('mail host')}.example by mx",
            "References": f"<{word('mail references')}@example.org>", "Thread-Topic": word("mail topic"),
        }  # fmt: skip
        letter = mail(
            struck_text(), sender=f"{word('mail name')} <{address}>", subject=struck_text(), headers=given,
            message_id=f"<{word('mail id')}@example.org>", files=[("image/jpeg", self._picture("mail exif"))],
        )  # fmt: skip
        letter = letter.replace(b'filename="file"', f'filename="{word("mail file")}"'.encode())
        assert (await hand_over(self.far.lmtp_port, letter, address))[0] == 250
        stranger = f"{word('mail stranger')}@example.org"
        answer = mail(
            struck_text(), sender=stranger, message_id=f"<{word('mail answer')}@example.org>",
            headers={"In-Reply-To": f"<{word('mail in reply')}@example.org>"},
        )  # fmt: skip
        assert (await hand_over(self.far.lmtp_port, answer, stranger))[0] == 250
        program = mail(struck_text(), sender=stranger, headers={"Auto-Submitted": f"auto-{word('mail automatic')}"})
        await hand_over(self.far.lmtp_port, program, stranger)
        await hand_over(self.far.lmtp_port, f"From: {word('mail garbage')}\r\n\r\n".encode(), stranger)

    async def _by_sms(self) -> None:
        word = self.planted.word
        ann = Telephone(self.http, "+16175550199")
        more = {"FromCity": word("sms city"), "ProfileName": word("sms profile"), "FromZip": word("sms zip")}
        assert (await ann.writes(struck_text(), sid=word("sms id"), **more)).status_code == 200
        media = {"NumMedia": "1", "MediaUrl0": f"{self.far.sms.url}/files/{word('sms media')}"}
        assert (await ann.writes(struck_text(), **media, MediaContentType0="image/jpeg")).status_code == 200
        assert (await Telephone(self.http, word("sms sender's name")).writes("A hole")).status_code == 200

    async def _by_posts(self) -> None:
        planted = self.planted
        given = {
            "network": "vk", "edited_at": None, "parent": None, "thread": None, "place.lat": 0.5, "place.lon": 0.5,
            "place.area": None, "language": "en", "url": f"https://{planted.word('post host')}.example/1",
            "media[]": f"https://{planted.word('post media')}.example/1",
        }  # fmt: skip
        first = planted.model(PublicPost, "post", given, NOW)
        comment = planted.model(PublicPost, "comment", given | {"parent": first["id"]}, NOW)
        wrong = planted.model(PublicPost, "wrong post", given | {"posted_at": planted.word("post date")}, NOW)
        lines = "\n".join(map(json.dumps, (first, comment, wrong))) + f"\n{planted.word('post garbage')}"
        headers = LISTENER | {"content-type": "application/x-ndjson"}
        answer = await self.http.post("/posts/posts", content=lines, headers=headers)
        states = [json.loads(line)["state"] for line in answer.text.splitlines()]
        assert states == ["taken", "taken", "refused", "refused"], answer.text
        receipt = {"reply_id": planted.word("reply"), "delivered": False, "reason": planted.word("reply reason")}
        await self.http.post("/posts/posts/receipts", content=json.dumps(receipt), headers=headers)

    async def _by_call(self) -> None:
        word, http = self.planted.word, self.http
        until = datetime.now(UTC) + timedelta(minutes=5)
        entered = await http.post("/hotline/enter", data={"pass": pass_for(OPERATOR, until, "nonce", self.portal)})
        cookie = {"cookie": entered.headers["set-cookie"].partition(";")[0]}
        begun = await http.post("/hotline/calls", data={"number": "+1 617 555 0198"}, headers=cookie)
        call = begun.headers["location"].partition("?")[0]
        matter = {
            "words": struck_text(), "category": "pothole", "address": struck_text()[:150], "spoken": "en",
            "name": word("call name"), "mail": f"{word('call mail')}@example.org", "once": "a" * 16, "do": "record",
            word("call name of a field"): word("call field"),
        }  # fmt: skip
        assert (await http.post(call, data=matter, headers=cookie)).status_code == 303
        wrong = matter | {"once": word("call once"), "category": word("call category")}
        assert (await http.post(call, data=wrong, headers=cookie)).status_code == 422
        references: list[str] = []

        async def registered() -> bool:
            page = await http.get(call, headers=cookie)
            references[:] = re.findall(r'name="case" value="([^"]+)"', page.text)
            return bool(references)

        await eventually(registered)
        more = {"case": references[0], "once": "b" * 16, "act": "add", "words": struck_text()}
        assert (await http.post(call, data=more, headers=cookie)).status_code == 303
        assert (
            await http.post("/hotline/calls", data={"number": word("call number")}, headers=cookie)
        ).status_code == 422

    def _picture(self, where: str) -> bytes:
        """A photo whose description and maker are planted."""
        exif, made = Image.Exif(), BytesIO()
        exif[0x010E] = self.planted.word(f"{where} description")
        exif[0x010F] = self.planted.word(f"{where} maker")
        Image.new("RGB", (8, 8)).save(made, "JPEG", exif=exif, comment=self.planted.word(f"{where} comment").encode())
        return made.getvalue()


HERE = {"latitude": 0.5, "longitude": 0.5}


@asynccontextmanager
async def far_sides(files: Path) -> AsyncIterator[tuple[FarSides, dict[str, str]]]:
    """What stands behind the channels, with the settings by which they find it; files lie in a folder that is there."""
    far = FarSides()
    async with far.running() as variables:
        settings = {name.removeprefix("OTKLIK_").lower(): value for name, value in variables.items()}
        yield far, settings | {"attachments": files.as_uri()}
