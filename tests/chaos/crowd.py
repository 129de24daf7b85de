"""Many citizens at once, each on a channel of its own kind and as that channel's protocol wants, in wall time.

A citizen says one thing after another, each until the far side has acknowledged it, however often it must be sent: the
same thing under the same name. Each holds a word that stands nowhere else, by which it is found again.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from common.contracts.catalogue import Installation
from common.contracts.envelope import Envelope, derived_id, to_headers
from common.contracts.events import channel, intake
from common.contracts.events.base import Place
from common.messaging.kafka import client_options
from common.runtime.settings import Settings

from tests.bot_servers import TOKEN, FakeMax, FakeTelegram, FakeVk
from tests.chaos.seen import Seen
from tests.chaos.verify import Index, faults_of_any_load, places_of

CHANNELS = ("web", "open311", "telegram", "vk", "max", "hotline")
SECRET = "s3cret"
LONGITUDES = (0.5, 0.5, 1.5, 2.5)
"""Of the areas of both regions."""
THINKS_SECONDS = (0.2, 2.0)
AGAIN_SECONDS = 1.0
LAST_TRIES = 30
SAYS_AT_MOST = 3
"""Things about one matter; then the citizen begins another."""


@dataclass
class World:
    """What citizens speak through."""

    http: httpx.AsyncClient
    producer: AIOKafkaProducer
    installation: Installation


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


KINDS: tuple[type[Citizen], ...] = (ByJson, ByReportForm, ByOpen311, ByTelegram, ByVk, ByMax, ByTopic)


@dataclass
class Crowd:
    """All of them. They begin with the first beat and end with the last."""

    seed: int
    size: int
    acknowledged: dict[str, str] = field(default_factory=dict)
    """By word: the kind of citizen that said it."""
    unacknowledged: int = 0
    sent_again: int = 0

    def __post_init__(self) -> None:
        self._telegram, self._vk, self._max = FakeTelegram(), FakeVk(), FakeMax()
        self._ends = False
        self._speaking: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def far_sides(self) -> AsyncIterator[dict[str, str]]:
        """The messengers' servers; gives the variables by which channels finds them."""
        async with self._telegram.running(), self._vk.running(), self._max.running():
            yield {
                "OTKLIK_TELEGRAM_TOKEN": TOKEN, "OTKLIK_TELEGRAM_SECRET": SECRET,
                "OTKLIK_TELEGRAM_URL": self._telegram.url, "OTKLIK_VK_TOKEN": TOKEN, "OTKLIK_VK_SECRET": SECRET,
                "OTKLIK_VK_GROUP": "9", "OTKLIK_VK_CONFIRMATION": "abc123", "OTKLIK_VK_URL": self._vk.url,
                "OTKLIK_MAX_TOKEN": TOKEN, "OTKLIK_MAX_SECRET": SECRET, "OTKLIK_MAX_URL": self._max.url,
            }  # fmt: skip

    def meet(self, settings: Settings, installation: Installation, edge: str) -> None:
        """Where they speak."""
        self._settings, self._installation, self._edge = settings, installation, edge

    async def start(self) -> None:
        producer = AIOKafkaProducer(**client_options(self._settings), acks="all", enable_idempotence=True)
        await producer.start()
        http = httpx.AsyncClient(base_url=self._edge, timeout=15, limits=httpx.Limits(max_connections=None))
        self._world = World(http, producer, self._installation)

    async def stop(self) -> None:
        for task in self._speaking:
            task.cancel()
        await asyncio.gather(*self._speaking, return_exceptions=True)
        await self._world.producer.stop()
        await self._world.http.aclose()

    def beat(self, number: int) -> None:
        if not self._speaking:
            for one in range(self.size):
                draw = random.Random(f"{self.seed} {one}")
                citizen = KINDS[one % len(KINDS)](self._world, one, draw)
                self._speaking.append(asyncio.create_task(self._speak(citizen)))

    async def done(self) -> None:
        self._ends = True
        await asyncio.gather(*self._speaking)

    async def _speak(self, citizen: Citizen) -> None:
        await asyncio.sleep(citizen.draw.uniform(0, THINKS_SECONDS[1]))
        while not self._ends:
            word = _word(f"{self.seed} {citizen.matter} {citizen.said}")
            if not await self._until_taken(citizen, derived_id("crowd", str(self.seed), word), word):
                self.unacknowledged += 1
                return
            self.acknowledged[word] = type(citizen).__name__
            citizen.said += 1
            if citizen.said >= SAYS_AT_MOST:
                citizen.begin()
            await asyncio.sleep(citizen.draw.uniform(*THINKS_SECONDS))

    async def _until_taken(self, citizen: Citizen, name: str, word: str) -> bool:
        """False when it is not taken though the system is whole again."""
        citizen.at, tries = datetime.now(UTC), LAST_TRIES
        while not await citizen.say(name, f"A hole in the road, {word}"):
            self.sent_again += 1
            tries -= self._ends
            if not tries:
                return False
            await asyncio.sleep(AGAIN_SECONDS)
        return True

    def complaints(self, seen: Sequence[Seen]) -> list[str]:
        """What any load must keep, each acknowledged word in one place, and each citizen told once."""
        index = Index(seen)
        return [
            *faults_of_any_load(seen, index, self._installation),
            *self._not_in_one_place(index),
            *_deliveries(seen),
            *self._said_twice(),
        ]

    def _not_in_one_place(self, index: Index) -> list[str]:
        found = []
        heard = _messages_by_word(index, self.acknowledged)
        for word, kind in sorted(self.acknowledged.items()):
            messages = heard.get(word, [])
            places = [place for message in messages for place in places_of(index, message)]
            if len(messages) != 1 or len(places) != 1:
                found.append(f"{word}, said {kind}, is {len(messages)} messages, {' and '.join(places) or 'nowhere'}")
        return found

    def _said_twice(self) -> list[str]:
        """Of messengers that know a notice by its name, whatever was killed."""
        again = Counter((call["peer_id"], call["random_id"]) for call in self._vk.sent())
        return [f"vk: peer {peer} was told {n} times under one name" for (peer, _), n in again.items() if n > 1]

    def counts(self, seen: Sequence[Seen]) -> dict[str, int]:
        index = Index(seen)
        heard = _messages_by_word(index, self.acknowledged)
        places = Counter(p for word in self.acknowledged for m in heard.get(word, ()) for p in places_of(index, m))
        telegram = Counter((call["chat_id"], call["text"]) for call in self._telegram.sent())
        return {
            "citizens": self.size, "acknowledged": len(self.acknowledged),
            **{f"of {kind}": n for kind, n in sorted(Counter(self.acknowledged.values()).items())},
            **places, "sent again": self.sent_again, "not acknowledged": self.unacknowledged,
            "same words twice in Telegram": sum(n - 1 for n in telegram.values()),
        }  # fmt: skip


def _messages_by_word(index: Index, words: dict[str, str]) -> dict[str, list[str]]:
    """Ids of messages whose text holds one of these words."""
    found: dict[str, list[str]] = defaultdict(list)
    for kind in (intake.MessageRegistered.type, intake.MessageAdded.type):
        for one in index.of_type[kind]:
            fields = one.fields()
            for word in fields["text"].split():
                if word in words:
                    found[word].append(fields["message_id"])
    return found


def _deliveries(seen: Sequence[Seen]) -> list[str]:
    """Every notice of a channel that delivers by itself has one word on its delivery, and it arrived."""
    notices = {
        one.id: one for one in seen if one.type == channel.NoticeIssued.type and one.topic.split(".")[1] in DELIVERED
    }
    receipts: dict[str, list[bool]] = defaultdict(list)
    for one in seen:
        if one.type == channel.NoticeDelivered.type:
            receipts[one.fields()["notice_id"]].append(one.fields()["delivered"])
    found = []
    for id, one in notices.items():
        if set(receipts[id]) != {True}:
            found.append(f"{one.position}: the notice has receipts {receipts[id]}")
    return found


DELIVERED = ("telegram", "vk", "max")


def _word(of: str) -> str:
    """Letters that no pattern of redaction takes for anything, the same for the same text."""
    digest = hashlib.sha256(of.encode()).digest()
    return "".join(chr(ord("a") + byte % 26) for byte in digest[:14])


def _number(name: str) -> int:
    """A messenger's own number of a message."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:12], 16)
