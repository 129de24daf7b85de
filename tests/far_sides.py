"""What stands behind the channels of citizens: messengers, a mail server, a provider of SMS, a system of listening."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from embedded.processes import free_port

from tests.bot_servers import TOKEN, FakeMax, FakeTelegram, FakeVk
from tests.mail_server import FakeMailServer
from tests.mails import OURS
from tests.sms_server import ACCOUNT, SENDER, SMS_TOKEN, WEBHOOK, FakeTwilio, provider_says

SECRET = "s3cret"
LISTENING_KEY = "k" * 16
LISTENER = {"Authorization": f"Bearer {LISTENING_KEY}"}
LOOKS_SECONDS = 0.5


@dataclass
class FarSides:
    """Each keeps what it was sent."""

    telegram: FakeTelegram = field(default_factory=FakeTelegram)
    vk: FakeVk = field(default_factory=FakeVk)
    max: FakeMax = field(default_factory=FakeMax)
    mail: FakeMailServer = field(default_factory=FakeMailServer)
    sms: FakeTwilio = field(default_factory=FakeTwilio)
    lmtp_port: int = field(default_factory=free_port)
    replies: set[str] = field(default_factory=set)
    """To public posts, each by its id, once its receipt was noted."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[dict[str, str]]:
        """Gives the variables by which channels finds them."""
        async with (
            self.telegram.running(), self.vk.running(), self.max.running(), self.mail.running(), self.sms.running(),
        ):  # fmt: skip
            yield {
                "OTKLIK_TELEGRAM_TOKEN": TOKEN, "OTKLIK_TELEGRAM_SECRET": SECRET,
                "OTKLIK_TELEGRAM_URL": self.telegram.url, "OTKLIK_VK_TOKEN": TOKEN, "OTKLIK_VK_SECRET": SECRET,
                "OTKLIK_VK_GROUP": "9", "OTKLIK_VK_CONFIRMATION": "abc123", "OTKLIK_VK_URL": self.vk.url,
                "OTKLIK_MAX_TOKEN": TOKEN, "OTKLIK_MAX_SECRET": SECRET, "OTKLIK_MAX_URL": self.max.url,
                "OTKLIK_EMAIL_ADDRESSES": OURS, "OTKLIK_EMAIL_LMTP_PORT": str(self.lmtp_port),
                "OTKLIK_EMAIL_SMTP": f"smtp+plain://127.0.0.1:{self.mail.port}",
                "OTKLIK_SMS_ACCOUNT": ACCOUNT, "OTKLIK_SMS_TOKEN": SMS_TOKEN, "OTKLIK_SMS_SENDER": SENDER,
                "OTKLIK_SMS_WEBHOOK": WEBHOOK, "OTKLIK_SMS_URL": self.sms.url,
                "OTKLIK_POSTS_KEYS": f"posts={LISTENING_KEY}",
            }  # fmt: skip

    async def answer(self, http: httpx.AsyncClient) -> None:
        """Until it is cancelled: the provider says that SMS arrived, the listening system posts replies."""
        said = 0
        while True:
            with contextlib.suppress(httpx.HTTPError):
                said += await self._say_that_sms_arrived(http, said)
            with contextlib.suppress(httpx.HTTPError):
                await self._post_replies(http)
            await asyncio.sleep(LOOKS_SECONDS)

    async def _say_that_sms_arrived(self, http: httpx.AsyncClient, said: int) -> int:
        """Of those after the first `said`; returns of how many it was heard, in order."""
        heard = 0
        for one in self.sms.sent[said:]:
            if "StatusCallback" in one:
                answer = await provider_says(http, one, "delivered")
                if answer.status_code != 204:
                    break
            heard += 1
        return heard

    async def _post_replies(self, http: httpx.AsyncClient) -> None:
        answer = await http.get("/posts/posts/replies", headers=LISTENER)
        if answer.status_code != 200 or not answer.text:
            return
        ids = [json.loads(line)["reply_id"] for line in answer.text.splitlines()]
        lines = "\n".join(json.dumps({"reply_id": one, "delivered": True}) for one in ids)
        headers = LISTENER | {"content-type": "application/x-ndjson"}
        noted = await http.post("/posts/posts/receipts", content=lines, headers=headers)
        if noted.status_code == 200:
            self.replies |= set(ids)

    def said_twice(self) -> list[str]:
        """Of those that know a notice by its name, whatever was killed."""
        again = Counter((call["peer_id"], call["random_id"]) for call in self.vk.sent())
        return [f"vk: peer {peer} was told {n} times under one name" for (peer, _), n in again.items() if n > 1]

    def same_words_twice(self) -> dict[str, int]:
        """Of those that know no repetitions; a mail has one name, by which mail servers drop its repetition."""
        telegram = Counter((call["chat_id"], call["text"]) for call in self.telegram.sent())
        sms = Counter((one["To"], one["Body"]) for one in self.sms.sent)
        mails = Counter(letter["Message-ID"] for _, _, letter in self.mail.taken)
        return {
            f"same words twice in {name}": sum(n - 1 for n in counted.values())
            for name, counted in (("Telegram", telegram), ("SMS", sms), ("e-mail, under one name", mails))
        }
