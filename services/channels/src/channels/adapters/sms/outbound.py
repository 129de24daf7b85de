"""What is said by SMS: notices, questions, answers to orders; where there are no buttons, the words to reply with."""

from __future__ import annotations

from datetime import timedelta

from common.messaging.postgres import DATABASE_AWAY

from channels.adapters.sms import store
from channels.adapters.sms.numbers import takes_answers
from channels.adapters.sms.twilio import Twilio
from channels.bots.buttons import Rows, choice_of
from channels.bots.messenger import File
from channels.bots.splitting import parts
from channels.bots.words import SMS_HINTS, said
from channels.delivery.deliverer import Awaited, Never, NotNow
from channels.edge import Edge

CHANNEL = "sms"
WAITED = timedelta(hours=48)
"""For the provider's word on what became of a message; operators try a telephone that is off for a day or two."""
PART_MARK = len("(99/99) ")


class Sms:
    """The messenger, as bots see it."""

    channel = CHANNEL

    def __init__(self, provider: Twilio, edge: Edge) -> None:
        self._provider = provider
        self._edge = edge

    async def say(
        self, chat: str, text: str, rows: Rows = (), *, language: str | None = None, ask_place: bool = False,
        once: str = "",
    ) -> Awaited | None:  # fmt: skip
        """A long text in numbered parts, since the network keeps no order of them. The provider knows no repetition.
        Of a notice (`once`) its later word says whether it arrived."""
        if not takes_answers(chat):
            raise Never("the sender is a name, to which no SMS can be sent")
        if await self.wants_none(chat):
            raise Never("the citizen wants no SMS")
        found = parts(text + self._hint(rows, language), self._provider.longest - PART_MARK)
        for number, part in enumerate(found, 1):
            whole = part if len(found) == 1 else f"({number}/{len(found)}) {part}"
            about = {"notice": once, "last": str(int(number == len(found)))} if once else None
            await self._provider.send(chat, whole, about=about)
        return Awaited(WAITED) if once else None

    async def download(self, file: File) -> bytes:
        return await self._provider.download(file)

    def whose(self, number: str) -> str:
        return self._edge.key.event_id("sms opt-out", number)

    async def wants_none(self, number: str) -> bool:
        try:
            return await store.wants_none(self._edge.pool, self.whose(number))
        except DATABASE_AWAY as error:
            raise NotNow("it cannot be read whether the citizen wants SMS") from error

    def _hint(self, rows: Rows, language: str | None) -> str:
        """What to write in place of pressing buttons."""
        choice = choice_of(rows[0][0].data) if rows else None
        hint = SMS_HINTS.get(choice.verb) if choice is not None else None
        if choice is None or hint is None:
            return ""
        spoken = said(hint, language, self._edge.federation.languages)
        return "\n" + spoken.format(reference=choice.reference or "")
