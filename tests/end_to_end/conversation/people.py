"""Citizens on each channel, as they speak there and hear there: one class a channel."""

from __future__ import annotations

import abc
import json
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any, Literal

from common.contracts.envelope import Envelope, to_headers
from common.contracts.events.base import Event
from common.contracts.events.channel import Contact, MessageReceived, NoticeIssued, VerdictReceived
from common.contracts.events.intake import MessageRegistered
from common.contracts.events.region import CaseAccepted, MessageJoined

from tests.bot_servers import TOKEN
from tests.end_to_end.conversation.country import PIXEL, Country
from tests.kafka import eventually, send
from tests.mail_server import hand_over
from tests.mails import mail

Verdict = Literal["confirmed", "reopened", "withdrawn"]
HERE = {"lat": 0.5, "lon": 0.5}
SECRET = "s3cret"


class Citizen(abc.ABC):
    """Somebody in one conversation."""

    channel: str
    chooses_category = True
    """On a form; elsewhere a person at the triage desk says what the words are about."""
    sends_places = False
    """By themselves, after the words."""

    def __init__(self, country: Country, language: str = "en") -> None:
        self.country, self.language, number = country, language, country.name()
        self.conversation = str(number)
        self.address = f"+1 617 555 {number}"
        self._known: set[str] = set()
        """Notices that were waited for before."""

    def mine(self, notice: NoticeIssued) -> bool:
        return notice.conversation == self.conversation

    @abc.abstractmethod
    async def says(self, text: str = "", **more: Any) -> str:
        """A message; returns its sender's name of it. `more`: `category`, `place` (a pin), `picture`, `edits` (an
        earlier message by that name), `sound` (a voice message)."""

    @abc.abstractmethod
    async def judges(self, verdict: Verdict, reference: str, words: str = "") -> None: ...

    async def reads(self, notice_id: str, notice: NoticeIssued) -> None:
        """The notice has arrived; whose channel has no deliverer of ours says so itself."""
        await self.country.receipt(self.channel, notice_id)

    async def told(self, kind: str, times: int = 1) -> NoticeIssued:
        """Waits until a notice of a kind has come for the so-manieth time, reads all, and returns it."""
        found: list[tuple[str, NoticeIssued]] = []

        async def there() -> bool:
            notices = await self.country.notices(self.channel, self.mine)
            found[:] = [one for one in notices if one[1].kind == kind]
            return len(found) >= times

        try:
            await eventually(there)
        except TimeoutError as error:
            heard = [n.kind for _, n in await self.country.notices(self.channel, self.mine)]
            raise TimeoutError(f"{self.channel}: {len(found)} of {kind}, not {times}; told was {heard}") from error
        assert len(found) == times, f"{self.channel}: {kind} came {len(found)} times"
        for one in found:
            await self.reads(*one)
        newest = [notice for name, notice in found if name not in self._known]
        self._known |= {name for name, _ in found}
        return (newest or [found[-1][1]])[-1]

    async def reports(self, text: str, category: str = "Pothole", times: int = 1) -> str:
        """A message with a category and a place, until an authority has the case; returns the case."""
        if self.chooses_category:
            await self.says(text, category=category, place=HERE)
        else:
            await self.says(text)
        case_id = (await self.told("registered", times)).case_id
        if self.sends_places:
            await self.says(place=HERE)
        if not self.chooses_category:
            await self.country.place(case_id, category.lower().replace(" ", "-"))
        await self.country.came(case_id, CaseAccepted)
        if self.sends_places:
            # Whatever joins after a question is its reply.
            await self.country.came(case_id, MessageJoined)
        (said,) = await self.country.heard(case_id, MessageRegistered)
        assert isinstance(said, MessageRegistered)
        assert said.channel == self.channel
        assert text in said.text
        return case_id


class OnTopic(Citizen):
    """Whose channel an integrator has plugged in: records on its topics."""

    channel = "partner"

    async def says(self, text: str = "", **more: Any) -> str:
        return await self._publish(MessageReceived, {
            "text": text, "category": more.get("category"), "place": more.get("place", {}),
            "replaces": more.get("edits"), "attachments": ["photo.jpg"] if more.get("picture") else [],
        })  # fmt: skip

    async def judges(self, verdict: Verdict, reference: str, words: str = "") -> None:
        await self._publish(VerdictReceived, {"verdict": verdict, "case_reference": reference, "text": words})

    async def _publish(self, event: type[Event], body: Mapping[str, Any]) -> str:
        name, at = f"w-{self.country.name()}", self.country.next()
        contact = Contact(address=self.address, language=self.language).model_dump()
        whole = {"conversation": self.conversation, "contact": contact, "sent_at": at.isoformat(), **body}
        envelope = Envelope(name, "partner", event.type, at, self.conversation, name)
        record = (self.conversation, to_headers(envelope), json.dumps(whole).encode())
        await send(self.country.ground, "world", f"channel.{self.channel}.inbound", [record])
        return name


class OnWeb(Citizen):
    """Over HTTP, with the conversation's secret."""

    channel = "web"

    def __init__(self, country: Country, language: str = "en") -> None:
        super().__init__(country, language)
        self.address = f"ann{self.conversation}@example.org"
        self._secret = ""
        self.last = ""
        """The message that was posted last."""

    async def says(self, text: str = "", **more: Any) -> str:
        names = []
        if more.get("picture"):
            kept = await self.country.http.post(
                f"/v1/attachments/{self.channel}", content=PIXEL, headers={"Content-Type": "image/png"}
            )
            assert kept.status_code == 201, kept.text
            names.append(kept.json()["name"])
        return await self._post("messages", {
            "text": text, "category": more.get("category"), "place": more.get("place", {}),
            "replaces": more.get("edits"), "attachments": names,
        })  # fmt: skip

    async def judges(self, verdict: Verdict, reference: str, words: str = "") -> None:
        await self._post("verdicts", {"verdict": verdict, "case_reference": reference, "text": words})

    async def _post(self, what: str, body: Mapping[str, Any]) -> str:
        contact = {"address": self.address, "language": self.language}
        whole = {"conversation": self.conversation, "contact": contact, "sent_at": self.country.next().isoformat()}
        headers = {"Idempotency-Key": str(self.country.name())}
        if self._secret:
            headers["Authorization"] = f"Bearer {self._secret}"
        answer = await self.country.http.post(
            f"/v1/channels/{self.channel}/{what}", json={**whole, **body}, headers=headers
        )
        assert answer.status_code == 202, answer.text
        self._secret = answer.json().get("secret") or self._secret
        self.last = answer.json()["message_id"]
        return self.last

    async def status(self, message_id: str) -> dict[str, Any]:
        """What anybody with the secret is told over HTTP of what became of a message."""
        answer = await self.country.http.get(
            f"/v1/messages/{message_id}", headers={"Authorization": f"Bearer {self._secret}"}
        )
        return answer.json() if answer.status_code == 200 else {}


class OnTelegram(Citizen):
    """In a talk with the bot: everything comes by its webhook and goes to its server."""

    channel = "telegram"
    chooses_category = False
    sends_places = True

    async def says(self, text: str = "", **more: Any) -> str:
        fields: dict[str, Any] = {"text": text} if text else {}
        if "place" in more:
            fields["location"] = {"latitude": more["place"]["lat"], "longitude": more["place"]["lon"]}
        for kind in ("picture", "sound"):
            if more.get(kind):
                file = f"{kind}-{self.country.name()}"
                self.country.telegram.files[file] = PIXEL if kind == "picture" else b"OggS"
                fields |= {"photo": [{"file_id": file}]} if kind == "picture" else {"voice": {"file_id": file}}
        edits = more.get("edits")
        number, at = edits or str(self.country.name()), int(self.country.next().timestamp())
        if edits:
            fields["edit_date"] = at
        message = {"message_id": int(number), "date": at, "chat": self._chat, "from": self._person, **fields}
        await self._update({"edited_message" if edits else "message": message})
        return number

    async def judges(self, verdict: Verdict, reference: str, words: str = "") -> None:
        """By the buttons under the answer; who takes a matter back writes it."""
        if verdict == "withdrawn":
            await self.says("I withdraw it")
            return
        shown = {"message_id": self.country.name(), "chat": self._chat, "date": int(self.country.now.timestamp())}
        data = f"{'confirm' if verdict == 'confirmed' else 'reopen'}:{reference}"
        pressed = {"id": str(self.country.name()), "from": self._person, "message": shown, "data": data}
        await self._update({"callback_query": {**pressed, "chat_instance": "1"}})

    async def reads(self, notice_id: str, notice: NoticeIssued) -> None:
        """The bot's own server has it, which the channel tells by itself."""

        async def sent() -> bool:
            return any(
                str(one["chat_id"]) == self.conversation and one["text"] == notice.text
                for one in self.country.telegram.sent()
            )

        await eventually(sent)

    @property
    def _chat(self) -> dict[str, Any]:
        return {"id": int(self.conversation), "type": "private"}

    @property
    def _person(self) -> dict[str, Any]:
        return {"id": int(self.conversation), "is_bot": False, "first_name": "Ann", "language_code": self.language}

    async def _update(self, update: dict[str, Any]) -> None:
        answer = await self.country.http.post(
            "/telegram/webhook", json={"update_id": self.country.name(), **update},
            headers={"X-Telegram-Bot-Api-Secret-Token": SECRET},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text


class ByMail(Citizen):
    """By e-mail: a mail is handed over by the mail server, and the answer comes to the same thread."""

    channel = "email"
    chooses_category = False

    def __init__(self, country: Country, language: str = "en") -> None:
        super().__init__(country, language)
        self.address = f"ann{self.conversation}@example.org"

    def mine(self, notice: NoticeIssued) -> bool:
        return notice.contact.address == self.address

    async def says(self, text: str = "", **more: Any) -> str:
        name = f"<{self.country.name()}@example.org>"
        last = self._mails()
        headers = {"Content-Language": self.language} | ({"In-Reply-To": str(last[-1]["Message-ID"])} if last else {})
        files = [("image/png", PIXEL)] if more.get("picture") else []
        sent = mail(text, sender=self.address, subject="", message_id=name, headers=headers, files=files)
        code, words = await hand_over(self.country.lmtp_port, sent, parseaddr(self.address)[1])
        assert code == 250, words
        return name

    async def judges(self, verdict: Verdict, reference: str, words: str = "") -> None:
        await self.says({"confirmed": "Solved", "reopened": "Not solved", "withdrawn": "I withdraw it"}[verdict])

    async def reads(self, notice_id: str, notice: NoticeIssued) -> None:
        """Their mail server has it, which the channel tells by itself."""

        async def taken() -> bool:
            return any(notice.text in one.get_content().replace("\r\n", "\n") for one in self._mails())

        await eventually(taken)

    def _mails(self) -> list[EmailMessage]:
        mine = parseaddr(self.address)[1].lower()
        return [one for _, recipient, one in self.country.mail.taken if recipient == mine]


CHANNELS = (OnWeb, OnTelegram, OnTopic, ByMail)
BOT = {"telegram_token": TOKEN, "telegram_secret": SECRET}
