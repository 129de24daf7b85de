"""What citizens are told when a case turns another way than to its answer, and what their word does then."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

from common.contracts.envelope import Envelope, to_headers
from common.contracts.events import channel, region, routing
from common.contracts.events.base import Actor, Event
from common.contracts.events.clock import TimePassed
from common.contracts.reference import reference_of
from common.messaging.kafka import Record

from tests.conftest import Ground
from tests.end_to_end.system import NOW, command, everything, fact, received
from tests.kafka import all_of, eventually, records_of, send

DESK = Actor(id="desk:yard-01", role="desk", scope="yard-01")
OTHER_DESK = Actor(id="desk:yard-02", role="desk", scope="yard-02")
OPERATOR = Actor(id="operator:north", role="operator", scope="north")


class Country:
    """One installation, as citizens and desks use it; the time is minutes after NOW."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._sent = 0
        self._minute = 0
        self.cases: dict[str, str] = {}
        """Case by conversation."""

    def _next(self) -> datetime:
        self._minute += 1
        return NOW + timedelta(minutes=self._minute)

    async def write(self, conversation: str, text: str, category: str = "Pothole", language: str = "en") -> None:
        """A message on the web channel; waits for the notice of a conversation's first one."""
        body = {**received(text, category=category), "conversation": conversation}
        body["contact"] = {"address": f"{conversation}@example.org", "language": language}
        await self._say(channel.MessageReceived, {**body, "sent_at": self._next().isoformat()})
        if conversation not in self.cases:
            told = await self.told(conversation, "registered")
            self.cases[conversation] = told.case_id

    async def judge(self, conversation: str, verdict: str) -> None:
        await self._say(
            channel.VerdictReceived,
            {
                "conversation": conversation, "contact": {"address": f"{conversation}@example.org"},
                "verdict": verdict, "sent_at": self._next().isoformat(),
            },
        )  # fmt: skip

    async def _say(self, event: type[Event], body: dict[str, object]) -> None:
        self._sent += 1
        envelope = Envelope(f"w-{self._sent}", "world", event.type, NOW, str(body["conversation"]), f"w-{self._sent}")
        record = (str(body["conversation"]), to_headers(envelope), json.dumps(body).encode())
        await send(self._ground, "world", "channel.web.inbound", [record])

    async def order(self, event: region.CaseCommand) -> None:
        await command(self._ground, "region.north.commands", event.case_id, event, at=self._next())

    async def _read(self, topic: str) -> list[Record]:
        return await all_of(self._ground, "world", topic)

    async def told(self, conversation: str, kind: str, times: int = 1) -> channel.NoticeIssued:
        """Waits until a conversation has had so many notices of a kind; returns the last."""
        found: list[channel.NoticeIssued] = []

        async def there() -> bool:
            records = await self._read("channel.web.outbound")
            notices = [channel.NoticeIssued.model_validate_json(r.value or b"") for r in records]
            found[:] = [n for n in notices if n.conversation == conversation and n.kind == kind]
            return len(found) >= times

        await eventually(there)
        assert len(found) == times
        return found[-1]

    async def delivered(self, conversation: str, kind: str) -> None:
        """The channel's word that the last notice of a kind reached the citizen."""
        notice = await self.told(conversation, kind)
        records = await self._read("channel.web.outbound")
        (notice_id,) = (
            dict(r.headers)["ce_id"].decode()
            for r in records
            if channel.NoticeIssued.model_validate_json(r.value or b"") == notice
        )
        receipt = channel.NoticeDelivered(notice_id=notice_id, delivered=True)
        envelope = Envelope(f"r-{notice_id}", "world", receipt.type, self._next(), notice_id, f"r-{notice_id}")
        record = (notice_id, to_headers(envelope), receipt.model_dump_json().encode())
        await send(self._ground, "world", "channel.web.receipts", [record])

    async def came(self, case_id: str, event: type[Event]) -> None:
        """Waits until the region has said so of a case."""

        async def there() -> bool:
            records = await self._read("region.north.cases")
            return any(r.key == case_id.encode() and dict(r.headers)["ce_type"] == event.type.encode() for r in records)

        await eventually(there)


async def test_a_citizen_is_asked_and_answers_is_joined_passed_on_declined_withdrawn_and_told_each_time(
    ground: Ground, tmp_path: Path
) -> None:
    async with everything(ground, tmp_path):
        country = Country(ground)
        for conversation, language in (("asked", "ru-RU"), ("joined", "en"), ("passed", "en"), ("back", "en")):
            await country.write(conversation, f"A hole ({conversation})", language=language)
            await country.came(country.cases[conversation], region.CaseAccepted)
        asked, joined, passed = (country.cases[c] for c in ("asked", "joined", "passed"))

        await country.order(region.AskCitizen(actor=DESK, case_id=asked, question="Какой дом?"))
        question = await country.told("asked", "asked")
        assert question.text == f"Вопрос по обращению {reference_of(asked)}: Какой дом? Пожалуйста, ответьте здесь."
        assert question.notice == "extended"
        await country.delivered("asked", "asked")
        await country.came(asked, region.CitizenReached)
        await country.write("asked", "Дом 5", language="ru-RU")
        resumed = await country.told("asked", "resumed")
        assert f"работа по обращению {reference_of(asked)} продолжается. Ответ вы получите до " in resumed.text
        await country.write("asked", "Ещё одно", language="ru-RU")
        assert "добавлено" in (await country.told("asked", "added")).text

        await country.order(region.JoinCase(actor=DESK, case_id=joined, into_case=asked))
        assert reference_of(asked) in (await country.told("joined", "joined")).text
        await country.order(region.StartWork(actor=DESK, case_id=asked))
        await country.order(region.AnswerCase(actor=DESK, case_id=asked, text="Done."))
        await country.told("asked", "answered")
        assert (await country.told("joined", "answered")).text == f"Answer to {reference_of(joined)}: Done."
        await country.judge("asked", "reopened")
        assert "снова открыто" in (await country.told("asked", "reopened")).text
        await country.order(region.StartWork(actor=DESK, case_id=asked))
        await country.order(region.AnswerCase(actor=DESK, case_id=asked, text="Really done."))
        await country.told("asked", "answered", times=2)
        await country.judge("asked", "confirmed")
        assert "закрыто" in (await country.told("asked", "confirmed")).text

        await country.order(region.TransferCase(actor=DESK, case_id=passed, to_authority="yard-02"))
        assert "Yard 02" in (await country.told("passed", "transferred")).text
        await country.order(region.AcceptCase(actor=OTHER_DESK, case_id=passed))
        await country.order(region.DeclineCase(actor=OTHER_DESK, case_id=passed, ground="Private ground."))
        assert (await country.told("passed", "declined")).notice == "refused"

        await country.judge("back", "confirmed")
        assert "changes nothing" in (await country.told("back", "verdict_refused")).text
        await country.judge("back", "withdrawn")
        await country.told("back", "withdrawn")

        await country.write("unheard", "A light is out", category="Street light", language="ru-RU")
        unheard = country.cases["unheard"]
        await country.came(unheard, region.CaseAccepted)
        await country.order(region.AskCitizen(actor=OPERATOR, case_id=unheard, question="Какой столб?"))
        await country.delivered("unheard", "asked")
        await country.came(unheard, region.CitizenReached)
        # In the time of the first tick the citizen is reminded, in that of the second the term is over.
        for since, until in ((NOW, NOW + timedelta(days=5)), (NOW + timedelta(days=5), NOW + timedelta(days=14))):
            await fact(ground, "world", "clock.ticks", "clock", TimePassed(since=since, until=until), until)
        reminder = await country.told("unheard", "reminded_closing")
        assert "Какой столб? Пожалуйста, ответьте здесь до 11 июля 2011" in reminder.text
        assert "закрыто" in (await country.told("unheard", "closed_unheard")).text
        await country.came(unheard, region.CaseDeclined)

        await country.write("nowhere", "Something", category="Unicorn")
        # Routing hears of it beside the citizen.
        await records_of(ground, "world", "routing.triage", 1)
        decline = routing.DeclineTriage(actor=OPERATOR, case_id=country.cases["nowhere"], reason="Not a city matter.")
        await command(ground, "routing.commands", decline.case_id, decline)
        assert (await country.told("nowhere", "unplaced")).text.endswith("will not be dealt with: Not a city matter.")
