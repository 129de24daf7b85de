"""Many citizens at once, each on a channel of its own kind and as that channel's protocol wants, in wall time.

A citizen says one thing after another, each until the far side has acknowledged it, however often it must be sent: the
same thing under the same name. Each holds a word that stands nowhere else, by which it is found again.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from aiokafka import AIOKafkaProducer
from common.contracts.catalogue import Installation
from common.contracts.envelope import derived_id
from common.contracts.events import channel, intake
from common.contracts.signing import Signer
from common.messaging.kafka import client_options
from common.runtime.settings import Settings

from tests.chaos.citizens import KINDS, Citizen, World
from tests.chaos.seen import Seen
from tests.chaos.verify import Index, faults_of_any_load, places_of
from tests.far_sides import FarSides

CHANNELS = tuple(sorted({kind.channel for kind in KINDS}))
THINKS_SECONDS = (0.2, 2.0)
AGAIN_SECONDS = 1.0
LAST_TRIES = 30
SAYS_AT_MOST = 3
"""Things about one matter; then the citizen begins another."""


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
        self._far = FarSides()
        self._ends = False
        self._speaking: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def far_sides(self) -> AsyncIterator[dict[str, str]]:
        """What stands behind the channels; gives the variables by which channels finds it."""
        async with self._far.running() as variables:
            yield variables

    def meet(self, settings: Settings, installation: Installation, edge: str) -> None:
        """Where they speak."""
        self._settings, self._installation, self._edge = settings, installation, edge

    async def start(self) -> None:
        producer = AIOKafkaProducer(**client_options(self._settings), acks="all", enable_idempotence=True)
        await producer.start()
        http = httpx.AsyncClient(base_url=self._edge, timeout=15, limits=httpx.Limits(max_connections=None))
        portal = Signer.load(self._settings.keys, "portal")
        assert portal is not None
        self._world = World(http, producer, self._installation, portal, self._far.lmtp_port)
        self._answering = asyncio.create_task(self._far.answer(http))

    async def stop(self) -> None:
        for task in (*self._speaking, self._answering):
            task.cancel()
        await asyncio.gather(*self._speaking, self._answering, return_exceptions=True)
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
            *self._far.said_twice(),
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

    def counts(self, seen: Sequence[Seen]) -> dict[str, int]:
        index = Index(seen)
        heard = _messages_by_word(index, self.acknowledged)
        places = Counter(p for word in self.acknowledged for m in heard.get(word, ()) for p in places_of(index, m))
        return {
            "citizens": self.size, "acknowledged": len(self.acknowledged),
            **{f"of {kind}": n for kind, n in sorted(Counter(self.acknowledged.values()).items())},
            **places, "sent again": self.sent_again, "not acknowledged": self.unacknowledged,
            **self._far.same_words_twice(),
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


DELIVERED = ("telegram", "vk", "max", "email", "sms", "posts")


def _word(of: str) -> str:
    """Letters that no pattern of redaction takes for anything, the same for the same text."""
    digest = hashlib.sha256(of.encode()).digest()
    return "".join(chr(ord("a") + byte % 26) for byte in digest[:14])
