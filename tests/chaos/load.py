"""A seeded town: citizens write and judge, desks act, proposals are made and decided, time passes; some of it twice,
some of it garbage. What Kafka or the HTTP edge acknowledged goes into the account."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from channels.edge_key import EdgeKey, posted_id
from common.contracts.catalogue import Installation
from common.contracts.envelope import Envelope, Headers, derived_id, to_headers
from common.contracts.events import channel, clock, region, routing, rules
from common.contracts.events.base import Actor, Command, Event, Place
from common.contracts.patch import Patch, RowChange
from common.contracts.signing import Signer
from common.messaging.kafka import client_options
from common.runtime.settings import Settings

from tests.chaos.garbage import KINDS, garbage
from tests.chaos.seen import Seen
from tests.chaos.verify import Account, Index, balance, complaints

BEGIN = datetime(2011, 7, 5, 12, tzinfo=UTC)
STEP = timedelta(hours=6)
"""What one tick covers."""
MESSAGES, COMMANDS, GARBAGE_A_BEAT = 24, 8, 3
REPEATED = 0.2
"""Share of what is sent a second time."""
NORTH, SOUTH = (0.5, 1.5), (2.5,)
"""Longitudes of the areas of the two regions."""
TRIES = 30


@dataclass
class Town:
    """Sends as the principal `world`."""

    seed: int
    installation: Installation
    settings: Settings
    signer: Signer
    edge: str
    edge_key: EdgeKey
    """Of channels, so that the ids of posts are known before their answers."""
    account: Account = field(default_factory=Account)
    unacknowledged: int = 0

    async def start(self) -> None:
        self._draw = random.Random(self.seed)
        self._producer = AIOKafkaProducer(
            **client_options(self.settings), acks="all", enable_idempotence=True, max_request_size=2_000_000
        )
        await self._producer.start()
        # No connection is kept: each request meets the edge as it is now.
        alone = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._http = httpx.AsyncClient(base_url=self.edge, timeout=10, limits=alone)
        self._tasks: set[asyncio.Task[None]] = set()
        self._cases: list[tuple[str, str]] = []
        self._threads: list[tuple[str, str, bool]] = []
        self._secrets: dict[str, str] = {}
        self._proposals: list[str] = []
        self._minutes = 480
        self._number = 0

    async def stop(self) -> None:
        await self._producer.stop()
        await self._http.aclose()

    async def done(self) -> None:
        """Wait until everything under way was acknowledged or given up."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def complaints(self, seen: Sequence[Seen]) -> list[str]:
        return complaints(seen, self.account, self.installation)

    def counts(self, seen: Sequence[Seen]) -> dict[str, int]:
        return {
            "acknowledged": self.account.total + self.account.garbage,
            **balance(Index(seen), self.account),
            "dead": self.account.garbage,
            "commands": len(self.account.commands),
            "not acknowledged": self.unacknowledged,
        }

    def now(self, beat: int) -> datetime:
        return BEGIN + beat * STEP

    def beat(self, number: int) -> None:
        """Send one beat's worth, without waiting; a tick ends it."""
        for _ in range(MESSAGES):
            self._message(number)
        for _ in range(COMMANDS if self._cases else 0):
            self._command(number)
        for _ in range(GARBAGE_A_BEAT):
            self._garbage()
        if number % 4 == 2:
            self._propose(number)
        self._begin(self._tick(number))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _name(self, what: str) -> str:
        """A new id, the same for the same seed."""
        self._number += 1
        return derived_id("chaos", what, str(self.seed), str(self._number))

    # Citizens

    def _message(self, beat: int) -> None:
        draw = self._draw
        # A service that was away hears of ticks late and takes what is newer for the future: most are older than that.
        at = self.now(beat - 12 if draw.random() < 0.3 else -8) + draw.random() * STEP
        if self._threads and draw.random() < 0.15:
            name, conversation, by_http = draw.choice(self._threads)
        else:
            name, conversation, by_http = draw.choice(("web", "hotline")), self._name("thread"), draw.random() < 0.3
            self._threads.append((name, conversation, by_http))
        contact = channel.Contact(address=f"{conversation}@example.org")
        if draw.random() < 0.08:
            verdict = draw.choice(("confirmed", "reopened", "withdrawn"))
            event: channel.MessageReceived | channel.VerdictReceived = channel.VerdictReceived(
                conversation=conversation, contact=contact, verdict=verdict, text="x", sent_at=at
            )
        else:
            lon = draw.choice((*NORTH, *NORTH, *SOUTH, 70.0, None))
            place = Place(lat=0.5, lon=lon) if lon is not None else Place()
            event = channel.MessageReceived(
                conversation=conversation, contact=contact, text=f"A hole, {draw.random()}",
                category=draw.choice(("Pothole", "Pothole", "Street light", "Unicorn")), place=place, sent_at=at,
            )  # fmt: skip
        again = draw.random() < REPEATED
        if by_http and (conversation in self._secrets or isinstance(event, channel.MessageReceived)):
            key = self._name("key")
            source, id = "channels", posted_id(self.edge_key, name, conversation, event.type, key)
            self._begin(self._post(name, event, key, again))
        else:
            source, id = "world", self._name("message")
            envelope = Envelope(id, source, event.type, at, conversation, id)
            keys = [b"a wrong key" if draw.random() < 0.05 else conversation.encode()]
            keys += [conversation.encode()] if again else []
            self._begin(self._say(name, envelope, event, keys, draw.random() * 3))
        if isinstance(event, channel.MessageReceived):
            lon = event.place.lon
            where = "north" if lon in NORTH else "south" if lon in SOUTH else ""
            self._cases.append((derived_id("case", source, id), where))

    def _took(self, source: str, id: str, event: Event) -> None:
        kept = self.account.messages if isinstance(event, channel.MessageReceived) else self.account.verdicts
        kept.add((source, id))

    async def _say(self, name: str, envelope: Envelope, event: Event, keys: list[bytes], pause: float) -> None:
        """The same message once for each key, some seconds apart."""
        for number, key in enumerate(keys):
            await asyncio.sleep(pause * number)
            if await self._send(f"channel.{name}.inbound", key, to_headers(envelope), _body(event)):
                self._took(envelope.source, envelope.id, event)

    async def _post(
        self, name: str, event: channel.MessageReceived | channel.VerdictReceived, key: str, again: bool
    ) -> None:
        """POST until it is taken, and perhaps once more: the same idempotency key must be the same message.

        A later message of a conversation whose first was not answered yet is refused, and is not in the account.
        """
        what = "messages" if isinstance(event, channel.MessageReceived) else "verdicts"
        ids = set()
        for _ in range(2 if again else 1):
            for _ in range(TRIES):
                with contextlib.suppress(httpx.HTTPError):
                    headers = {"Idempotency-Key": key}
                    if event.conversation in self._secrets:
                        headers["Authorization"] = f"Bearer {self._secrets[event.conversation]}"
                    answer = await self._http.post(f"/v1/channels/{name}/{what}", content=_body(event), headers=headers)
                    if answer.status_code == 202:
                        self._secrets.setdefault(event.conversation, answer.json().get("secret", ""))
                        ids.add(str(answer.json()["event_id"]))
                    if answer.status_code < 500 and answer.status_code != 429:
                        break
                await asyncio.sleep(1)
            else:
                self.unacknowledged += 1
        for id in ids:
            self._took("channels", id, event)

    # Desks and centre

    def _command(self, beat: int) -> None:
        draw, at = self._draw, self.now(beat - 6)
        case_id, where = draw.choice(self._cases[-400:])
        if not where or draw.random() < 0.1:
            operator = Actor(id="operator:north", role="operator", scope="north")
            command: Command = routing.AnswerTriage(actor=operator, case_id=case_id, category="pothole", area="01")
            if draw.random() < 0.3:
                command = routing.DeclineTriage(actor=operator, case_id=case_id, reason="a joke")
            self._order("routing.commands", case_id, command, at)
            return
        actor = Actor(id=f"operator:{where}", role="operator", scope=where)
        if draw.random() < 0.05:
            actor = Actor(id="nobody", role="operator", scope=where)
        both = {"actor": actor, "case_id": case_id}
        other = draw.choice(self._cases[-50:])[0]
        command = draw.choice(
            (
                region.AnswerCase(**both, text="Done."),
                region.AnswerCase(**both, text="Done."),
                region.TransferCase(**both, to_authority=draw.choice(("yard-01", "yard-02", "yard-03", "lighting"))),
                region.ExtendCase(**both, reason="parts"),
                region.AskCitizen(**both, question="Where?"),
                region.DeferCase(**both, until=at + timedelta(days=2), reason="frost"),
                region.JoinCase(**both, into_case=other),
                region.StartWork(**both),
                region.AcceptCase(**both),
            )
        )
        self._order(f"region.{where}.commands", case_id, command, at)

    def _propose(self, beat: int) -> None:
        """A stricter deadline in the north; half of what was proposed before is accepted."""
        head = Actor(id="head:north", role="regional_head", scope="north")
        before = {"category": '"pothole"', "priority": "", "answer_minutes": str(self._minutes)}
        after = before | {"answer_minutes": str(self._minutes - 1), "extension_minutes": "480"}
        change = RowChange(op="set", row_id="pothole", before=before | {"extension_minutes": "480"}, after=after)
        patch = Patch(layer="north", base_number=1, table="deadline", changes=(change,))
        proposal = self._name("proposal")
        command = rules.ProposeChange(actor=head, proposal_id=proposal, title="Sooner", words="Sooner.", patch=patch)
        self._order("rules.commands", proposal, command, self.now(beat))
        decision = rules.DecideProposal(actor=head, proposal_id=proposal, accept=True, reason="yes")
        self._order("rules.commands", proposal, decision, self.now(beat))
        self._minutes -= 1

    def _order(self, topic: str, key: str, command: Command, at: datetime) -> None:
        event_id, body = self._name("command"), _body(command)
        envelope = self.signer.sign(topic, key, Envelope(event_id, "world", command.type, at, key, event_id), body)
        if self._draw.random() < 0.03:
            envelope = replace(envelope, signature="world:AAAA")
        self._begin(self._give(topic, key, envelope, body, self._draw.random() < REPEATED))

    async def _give(self, topic: str, key: str, envelope: Envelope, body: bytes, again: bool) -> None:
        for _ in range(2 if again else 1):
            if await self._send(topic, key.encode(), to_headers(envelope), body):
                self.account.commands.add((envelope.source, envelope.id))

    async def _tick(self, number: int) -> None:
        event = clock.TimePassed(since=self.now(number - 1), until=self.now(number))
        event_id = derived_id("tick", event.since.isoformat(), event.until.isoformat())
        body = _body(event)
        envelope = Envelope(event_id, "world", event.type, event.until, "clock", event_id)
        envelope = self.signer.sign("clock.ticks", "clock", envelope, body)
        for _ in range(2 if number % 10 == 0 else 1):
            await self._send("clock.ticks", b"clock", to_headers(envelope), body)

    # Garbage

    def _garbage(self) -> None:
        topic = self._draw.choice(list(KINDS))
        bad = garbage(self._draw, KINDS[topic], self._name("g"))
        self._begin(self._throw(topic, bad.key, bad.headers, bad.body))

    async def _throw(self, topic: str, key: bytes, headers: Headers, body: bytes | None) -> None:
        if await self._send(topic, key, headers, body):
            self.account.garbage += 1

    async def _send(self, topic: str, key: bytes, headers: Headers, body: bytes | None) -> bool:
        """True once Kafka has acknowledged."""
        try:
            await self._producer.send_and_wait(self.installation.physical(topic), value=body, key=key, headers=headers)
        except KafkaError:
            self.unacknowledged += 1
            return False
        return True


def _body(event: Event) -> bytes:
    return event.wire()
