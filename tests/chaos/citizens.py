"""Citizens, each on a channel of its own kind, who say things as that channel's protocol wants."""

from __future__ import annotations

import hashlib
import json
import random
import smtplib
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from common.contracts.catalogue import Installation
from common.contracts.envelope import Envelope, to_headers
from common.contracts.events import channel
from common.contracts.events.base import Place
from common.contracts.hotline_pass import pass_for
from common.contracts.signing import Signer

from tests.far_sides import LISTENER, SECRET
from tests.mail_server import hand_over
from tests.mails import mail
from tests.sms_server import Telephone

LONGITUDES = (0.5, 0.5, 1.5, 2.5)
"""Of the areas of both regions."""


@dataclass
class World:
    """What citizens speak through."""

    http: httpx.AsyncClient
    producer: AIOKafkaProducer
    installation: Installation
    portal: Signer
    """That signs the passes of the hotline's operators."""
    lmtp_port: int
    shifts: dict[str, str] = field(default_factory=dict)
    """Of the hotline's operators, the cookie of each one's browser."""


class Citizen(ABC):
    """One person on one channel. `say` is True once the far side has acknowledged."""

    channel: ClassVar[str]
    at: datetime
    """When what is said now was said first; what is sent again is the same."""

    def __init__(self, world: World, number: int, draw: random.Random) -> None:
        self.world, self.number, self.draw = world, number, draw
        self.lon = draw.choice(LONGITUDES)
        self.begin()

    def begin(self) -> None:
        """Another matter."""
        self.matter = f"{self.channel}-{self.number}-{self.draw.getrandbits(40)}"
        self.said = 0

    @abstractmethod
    async def say(self, name: str, words: str) -> bool:
        """Say words under a name that is the same however often they are sent."""

    async def post(self, path: str, **request: Any) -> httpx.Response | None:
        """The answer; None where there was none."""
        try:
            return await self.world.http.post(path, **request)
        except httpx.HTTPError:
            return None


class ByJson(Citizen):
    """Over the JSON edge, with the secret that the first answer gave."""

    channel = "web"

    def begin(self) -> None:
        super().begin()
        self.secret = ""

    async def say(self, name: str, words: str) -> bool:
        body = {"conversation": self.matter, "contact": {"address": f"{self.matter}@example.org"}, "text": words}
        if not self.said:
            body |= {"category": "Pothole", "place": {"lat": 0.5, "lon": self.lon}}
        headers = {"Idempotency-Key": name} | ({"Authorization": f"Bearer {self.secret}"} if self.secret else {})
        answer = await self.post("/v1/channels/web/messages", json=body, headers=headers)
        if answer is None or answer.status_code != 202:
            return False
        self.secret = self.secret or answer.json()["secret"]
        return True


class ByReportForm(Citizen):
    """By the form for a phone; each thing is a report of its own."""

    channel = "web"

    async def say(self, name: str, words: str) -> bool:
        once = hashlib.sha256(name.encode()).hexdigest()[:16]
        fields = {"words": words, "category": "pothole", "lat": "0.5", "lon": str(self.lon), "once": once}
        answer = await self.post("/report", data=fields | {"contact": f"{self.matter}@example.org"})
        return answer is not None and answer.status_code == 303


class ByOpen311(Citizen):
    """By GeoReport v2; each thing is a report of its own."""

    channel = "open311"

    async def say(self, name: str, words: str) -> bool:
        form = {
            "service_code": "pothole", "lat": "0.5", "long": str(self.lon), "description": words,
            "email": f"{self.matter}@example.org",
        }  # fmt: skip
        answer = await self.post("/open311/v2/requests.json", data=form, headers={"Idempotency-Key": name})
        return answer is not None and answer.status_code == 201


class ByTelegram(Citizen):
    """Through the bot's webhook."""

    channel = "telegram"

    async def say(self, name: str, words: str) -> bool:
        person = {"id": 1_000 + self.number, "first_name": "Ann", "language_code": "en"}
        message = {
            "message_id": _number(name), "date": int(self.at.timestamp()),
            "chat": {"id": person["id"], "type": "private"},
            "from": person, "text": words,
        }  # fmt: skip
        answer = await self.post(
            "/telegram/webhook", json={"update_id": _number(name), "message": message},
            headers={"X-Telegram-Bot-Api-Secret-Token": SECRET},
        )  # fmt: skip
        return answer is not None and answer.status_code == 200


class ByVk(Citizen):
    """Through the community's callback."""

    channel = "vk"

    async def say(self, name: str, words: str) -> bool:
        person = 1_000 + self.number
        message = {
            "id": _number(name), "conversation_message_id": _number(name), "date": int(self.at.timestamp()),
            "from_id": person,
            "peer_id": person, "text": words,
        }  # fmt: skip
        update = {
            "type": "message_new", "object": {"message": message, "client_info": {"lang_id": 3}}, "group_id": 9,
            "event_id": name, "v": "5.199", "secret": SECRET,
        }  # fmt: skip
        answer = await self.post("/vk/callback", json=update)
        return answer is not None and answer.status_code == 200 and answer.text == "ok"


class ByMax(Citizen):
    """Through the bot's webhook."""

    channel = "max"

    async def say(self, name: str, words: str) -> bool:
        person = {"user_id": 1_000 + self.number, "first_name": "Ann", "is_bot": False}
        now = int(self.at.timestamp() * 1000)
        message = {
            "sender": person, "recipient": {"chat_id": 1_000 + self.number, "chat_type": "dialog", "user_id": 7},
            "timestamp": now, "body": {"mid": name, "text": words},
        }  # fmt: skip
        update = {"update_type": "message_created", "timestamp": now, "user_locale": "en", "message": message}
        answer = await self.post("/max/webhook", json=update, headers={"X-Max-Bot-Api-Secret": SECRET})
        return answer is not None and answer.status_code == 200


class ByTopic(Citizen):
    """As an integrator does, from an idempotent producer."""

    channel = "hotline"

    async def say(self, name: str, words: str) -> bool:
        place = Place() if self.said else Place(lat=0.5, lon=self.lon)
        event = channel.MessageReceived(
            conversation=self.matter, contact=channel.Contact(address=f"{self.matter}@example.org"), text=words,
            category=None if self.said else "Pothole", place=place, sent_at=self.at,
        )  # fmt: skip
        envelope = Envelope(name, "world", event.type, self.at, self.matter, name)
        topic = self.world.installation.physical(f"channel.{self.channel}.inbound")
        try:
            await self.world.producer.send_and_wait(
                topic, value=event.wire(), key=self.matter.encode(), headers=to_headers(envelope)
            )
        except KafkaError:
            return False
        return True


class ByMail(Citizen):
    """Through the mail server that hands over by LMTP; each thing is a thread of its own."""

    channel = "email"

    async def say(self, name: str, words: str) -> bool:
        letter = mail(words, sender=f"{self.matter}@example.org", message_id=f"<{name}@example.org>")
        try:
            code, _ = await hand_over(self.world.lmtp_port, letter, f"{self.matter}@example.org")
        except (smtplib.SMTPException, OSError):
            return False
        return code == 250


class BySms(Citizen):
    """Through the webhook of the provider of SMS."""

    channel = "sms"

    async def say(self, name: str, words: str) -> bool:
        try:
            answer = await Telephone(self.world.http, f"+1617556{self.number:04d}").writes(words, sid=f"SM{name}")
        except httpx.HTTPError:
            return False
        return answer.status_code == 200


class ByPost(Citizen):
    """In public; found and posted by a system of social listening. Each thing but the first is a comment."""

    channel = "posts"

    def begin(self) -> None:
        super().begin()
        self.root = ""

    async def say(self, name: str, words: str) -> bool:
        line = {
            "network": "vk", "id": name, "author": {"handle": f"citizen{self.number}"}, "text": words,
            "posted_at": self.at.isoformat(), "parent": self.root or None, "thread": self.root or None,
        }  # fmt: skip
        answer = await self.post(
            "/posts/posts", content=json.dumps(line), headers=LISTENER | {"content-type": "application/x-ndjson"}
        )
        if answer is None or answer.status_code != 200 or answer.json()["state"] not in ("taken", "repeated"):
            return False
        self.root = self.root or name
        return True


class ByCall(Citizen):
    """At the telephone, with an operator at the form of the hotline; each thing is a report of its own."""

    channel = "hotline"
    operator = "operator:north"

    def begin(self) -> None:
        super().begin()
        self.call = ""

    async def say(self, name: str, words: str) -> bool:
        if self.operator not in self.world.shifts and not await self._enter():
            return False
        as_operator = {"cookie": self.world.shifts[self.operator]}
        if not self.call:
            number = {"number": f"+1617557{self.number:04d}"}
            begun = await self.post("/hotline/calls", data=number, headers=as_operator)
            if begun is None or begun.status_code != 303:
                return False
            self.call = begun.headers["location"].partition("?")[0]
        once = hashlib.sha256(name.encode()).hexdigest()[:16]
        matter = {
            "words": words, "category": "pothole", "lat": "0.5", "lon": str(self.lon), "spoken": "en", "once": once,
            "do": "record",
        }  # fmt: skip
        answer = await self.post(self.call, data=matter, headers=as_operator)
        return answer is not None and answer.status_code == 303

    async def _enter(self) -> bool:
        nonce, until = f"{self.draw.getrandbits(60)}", datetime.now(UTC) + timedelta(minutes=5)
        given = pass_for(self.operator, until, nonce, self.world.portal)
        answer = await self.post("/hotline/enter", data={"pass": given})
        if answer is None or answer.status_code != 303:
            return False
        self.world.shifts[self.operator] = answer.headers["set-cookie"].partition(";")[0]
        return True


KINDS: tuple[type[Citizen], ...] = (
    ByJson, ByReportForm, ByOpen311, ByTelegram, ByVk, ByMax, ByTopic, ByMail, BySms, ByPost, ByCall,
)  # fmt: skip


def _number(name: str) -> int:
    """A messenger's own number of a message."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:12], 16)
