"""One running installation that all tests of this folder share, and what happens in it: desks act, time passes."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx
from common.contracts.envelope import Envelope, header_map, to_headers
from common.contracts.events import region, routing
from common.contracts.events.base import Actor, Event
from common.contracts.events.channel import NoticeDelivered, NoticeIssued
from common.contracts.events.clock import TimePassed

from tests.bot_servers import FakeTelegram
from tests.conftest import Ground
from tests.end_to_end.system import NOW, command, fact
from tests.kafka import all_of, eventually, send
from tests.mail_server import FakeMailServer

DESK = Actor(id="desk:yard-01", role="desk", scope="yard-01")
OPERATOR = Actor(id="operator:north", role="operator", scope="north")
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@dataclass
class Country:
    """The time is that of the last tick and a minute more with everything that happens."""

    ground: Ground
    http: httpx.AsyncClient
    telegram: FakeTelegram
    mail: FakeMailServer
    lmtp_port: int
    now: datetime = NOW
    _names: int = 1000
    _passed: datetime = NOW
    _acted: set[str] = field(default_factory=set)

    def next(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    def name(self) -> int:
        """A number that nobody else has."""
        self._names += 1
        return self._names

    async def order(self, event: region.CaseCommand) -> None:
        await command(self.ground, "region.north.commands", event.case_id, event, at=self.next())

    async def answer(self, case_id: str, words: str = "It is done now.") -> None:
        await self.order(region.StartWork(actor=DESK, case_id=case_id))
        await self.order(region.AnswerCase(actor=DESK, case_id=case_id, text=words))

    async def place(self, case_id: str, category: str = "pothole") -> None:
        """A person at the triage desk says what the words are about and where."""
        await self.told_to_triage(case_id)
        placed = routing.AnswerTriage(actor=OPERATOR, case_id=case_id, category=category, area="01")
        await command(self.ground, "routing.commands", case_id, placed, at=self.next())

    async def told_to_triage(self, case_id: str) -> None:
        """Waits until a person is asked about a message."""
        await self._said("routing.triage", case_id, routing.TriageRequested)

    async def came(self, case_id: str, event: type[Event], times: int = 1) -> None:
        """Waits until the region has said so of a case."""
        await self._said("region.north.cases", case_id, event, times)

    async def _said(self, topic: str, case_id: str, event: type[Event], times: int = 1) -> None:
        async def there() -> bool:
            records = await all_of(self.ground, "portal", topic)
            found = [r for r in records if r.key == case_id.encode() and header_map(r.headers)["ce_type"] == event.type]
            return len(found) >= times

        await eventually(there)

    async def heard(self, case_id: str, kind: type[Event], times: int = 1) -> list[Event]:
        """Waits for what others hear of the citizen's words about a case; the words of one kind, in their order."""
        found: list[Event] = []

        async def there() -> bool:
            records = await all_of(self.ground, "routing", "intake.messages")
            found[:] = [
                kind.model_validate_json(r.value or b"")
                for r in records
                if r.key == case_id.encode() and header_map(r.headers)["ce_type"] == kind.type
            ]
            return len(found) >= times

        await eventually(there)
        return found

    async def notices(self, channel: str, mine: Callable[[NoticeIssued], bool]) -> list[tuple[str, NoticeIssued]]:
        """What one citizen was told, with the ids, in the order of its times."""
        records = await all_of(self.ground, "world", f"channel.{channel}.outbound")
        records = sorted(records, key=lambda one: header_map(one.headers)["ce_time"])
        found = [
            (header_map(r.headers)["ce_id"], NoticeIssued.model_validate_json(r.value or b""))
            for r in records
            if header_map(r.headers)["ce_type"] == NoticeIssued.type
        ]
        return [(name, notice) for name, notice in found if mine(notice)]

    async def receipt(self, channel: str, notice_id: str) -> None:
        if notice_id in self._acted:
            return
        self._acted.add(notice_id)
        said = NoticeDelivered(notice_id=notice_id, delivered=True)
        envelope = Envelope(f"r-{notice_id}", "world", said.type, self.next(), notice_id, f"r-{notice_id}")
        record = (notice_id, to_headers(envelope), said.model_dump_json().encode())
        await send(self.ground, "world", f"channel.{channel}.receipts", [record])

    async def pass_time(self, days: float) -> None:
        until = max(self.now, self._passed) + timedelta(days=days)
        tick = TimePassed(since=self._passed, until=until)
        await fact(self.ground, "world", "clock.ticks", "clock", tick, until)
        self._passed = self.now = until
