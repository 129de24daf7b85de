"""What becomes of a mail: a message of its thread, a receipt that failed, or nothing."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from datetime import UTC, datetime
from typing import Literal

from common.contracts.events.channel import Contact, ErasureRequested, MessageReceived
from common.contracts.frozen import value
from common.messaging.postgres import DATABASE_AWAY
from common.runtime.http.rate_limit import RateLimit

from channels.adapters.email import store
from channels.adapters.email.addresses import same
from channels.adapters.email.authentication import proof_of
from channels.adapters.email.mailbox import CHANNEL, Mailbox, whose, whose_address
from channels.adapters.email.nature import Nature, nature_of
from channels.adapters.email.quoting import own_words
from channels.adapters.email.reading import Mail, Unreadable, read
from channels.adapters.email.thread import continued
from channels.bodies import Refused
from channels.bots.orders import order_in
from channels.bots.splitting import parts
from channels.edge import Edge

log = logging.getLogger(__name__)

MAX_TEXT, MOST_MESSAGES, MOST_FILES, MAX_NAME = 10_000, 5, 20, 200
"""Characters of a message, messages of a mail, files of a mail, characters of a name."""
BURST = 10
"""Mails of one sender at once after a quiet time."""
READ_AT_ONCE = 2
ERASE = "/erase"
"""What a citizen answers who wants everything about them erased, as to our bots."""
NOT_KEPT = f"{CHANNEL}:document"
"""In place of a file that is not kept: intake tells the citizen."""


@value
class Answer:
    """What the mail server is told of a mail."""

    become: Literal["taken", "noted", "refused", "later"]
    words: str
    """For people: in a mail server's log, or in the mail by which it tells the sender."""


class Inbound:
    """Mails of one installation, whichever way they come."""

    def __init__(self, edge: Edge, mailbox: Mailbox) -> None:
        self._edge = edge
        self._mailbox = mailbox
        self._rate = RateLimit(edge.settings.email_hourly / 3600, BURST)
        self._cyrillic = "ru" in edge.federation.languages
        self._reading = asyncio.Semaphore(READ_AT_ONCE)

    def is_ours(self, address: str) -> bool:
        return self._mailbox.ours.tag_of(address) is not None

    async def take(self, data: bytes, sender: str, recipient: str) -> Answer:
        """`sender` and `recipient` of the envelope. Returns once Kafka has what a citizen said; nothing is raised."""
        try:
            async with self._reading:
                mail = await asyncio.to_thread(read, data, cyrillic=self._cyrillic)
            return await self._judge(mail, sender, recipient)
        except Unreadable as unreadable:
            return Answer("refused", f"{unreadable}: send it again as a plain mail")
        except Refused as refused:
            passing = refused.status in (429, 503)
            return Answer("later" if passing else "refused", str(refused))
        except DATABASE_AWAY:
            return Answer("later", "the mail cannot be taken now")

    async def _judge(self, mail: Mail, sender: str, recipient: str) -> Answer:
        proof = proof_of(mail, self._edge.settings.email_authserv)
        nature = nature_of(mail, sender, own=self._mailbox.ours.any_of((sender, *mail.senders)))
        if nature.kind == "failed":
            return await self._came_back(nature, recipient)
        if nature.kind in ("list", "automatic") and sender:
            words = "mails of lists and programs are not taken here: write by hand"
            return Answer("refused", words)
        if nature.kind != "citizen":
            log.info("a mail of kind %s was passed over", nature.kind)
            return Answer("noted", f"passed over as {nature.kind}")
        if len(mail.senders) != 1:
            return Answer("refused", "the mail must have one sender, with an address that can be answered")
        wait = self._rate.wait(same(mail.senders[0]), time.monotonic())
        if wait > 0:
            return Answer("later", "too many mails from this sender: they are taken one after another")
        if proof == "fail":
            return Answer("refused", "the domain of the sender says that the mail is not theirs (DMARC)")
        return await self._take(mail, mail.senders[0], proven=proof == "pass")

    async def _came_back(self, nature: Nature, recipient: str) -> Answer:
        tag = self._mailbox.ours.tag_of(recipient)
        reason = f"the mail came back ({nature.status})" if nature.status else "the mail came back"
        became = await store.came_back(self._edge.pool, tag, reason) if tag else "unknown"
        if became == "too_early":
            return Answer("later", "the mail that came back is still being sent")
        if became == "unknown":
            log.info("a mail came back that is not known here")
        return Answer("noted", "noted that a mail came back")

    async def _take(self, mail: Mail, address: str, *, proven: bool) -> Answer:
        """`proven`: our mail server says that the address is the sender's."""
        named = self._conversation_named(mail, address)
        if named is not None and own_words(mail.text, reply=True).casefold() == ERASE:
            return await self._erase(mail, address, named)
        if named is not None and order_in(own_words(mail.text, reply=True)) == "stop":
            return await self._stop(address)
        joined = named or (await self._conversation_begun(mail, address) if proven else None)
        texts = self._texts(mail, begins=joined is None)
        if len(texts) > MOST_MESSAGES:
            most = MAX_TEXT * MOST_MESSAGES
            return Answer("refused", f"the words are longer than {most} characters: send them as a PDF")
        if not any(texts) and not mail.files:
            return Answer("refused", "the mail holds neither words nor a file")
        own = self._own_id(mail, address)
        conversation = joined or self._edge.key.event_id("email conversation", same(address), own)
        names = await self._kept(mail, address)
        sent_at = await self._sent_at(mail)
        await self._keep_thread(mail, address, conversation, sent_at)
        contact = _contact(mail, address)
        for number, text in enumerate(texts):
            message = MessageReceived(
                conversation=conversation, contact=contact, text=text, sent_at=sent_at,
                attachments=names if number == 0 else (),
            )  # fmt: skip
            event_id = self._edge.key.event_id("email", same(address), own, str(number))
            await self._edge.take(
                CHANNEL, message, event_id, body=hashlib.sha256(own.encode()).digest(), key=None, claim=None,
                fingerprint=whose(self._edge, conversation),
            )  # fmt: skip
        return Answer("taken", "taken")

    def _conversation_named(self, mail: Mail, address: str) -> str | None:
        """That of the nearest mail of ours which it answers."""
        found = (self._mailbox.keys.conversation_of(one, address) for one in mail.references)
        return next((one for one in found if one is not None), None)

    async def _conversation_begun(self, mail: Mail, address: str) -> str | None:
        """Of a mail that goes on under the sender's own, before there was an answer. Whoever got a copy knows that
        one's Message-ID too: so only where the address is proven."""
        openings = [_opening(self._edge, address, one) for one in mail.references]
        found = await store.thread_opened_by(self._edge.pool, openings) if openings else None
        thread = self._mailbox.opened(*found) if found is not None else None
        return thread.conversation or None if thread is not None else None

    async def _stop(self, address: str) -> Answer:
        """Whoever has the address answers a mail of ours that they want no more of those which they did not ask for."""
        try:
            await store.opt_out(self._edge.pool, whose_address(self._edge, address))
        except DATABASE_AWAY:
            return Answer("later", "the mail was not taken: it is taken later")
        return Answer("noted", "no more mails go to this address unasked")

    async def _erase(self, mail: Mail, address: str, conversation: str) -> Answer:
        """The citizen asks for it in an answer to a mail of ours, which nobody else has."""
        wish = ErasureRequested(
            conversation=conversation, contact=_contact(mail, address), sent_at=await self._sent_at(mail)
        )
        own = self._own_id(mail, address)
        await self._edge.take(
            CHANNEL, wish, self._edge.key.event_id("email erasure", same(address), own), key=None, claim=None,
            body=hashlib.sha256(own.encode()).digest(), fingerprint=whose(self._edge, conversation),
        )  # fmt: skip
        return Answer("taken", "taken")

    def _texts(self, mail: Mail, *, begins: bool) -> list[str]:
        """The words, in as many messages as they need: those of a thread's first mail under its subject."""
        text = own_words(mail.text, reply=bool(mail.references))
        if begins and mail.subject and not text.lower().startswith(mail.subject.lower()):
            text = f"{mail.subject}\n\n{text}".strip()
        return parts(text, MAX_TEXT)

    def _own_id(self, mail: Mail, address: str) -> str:
        """By which the mail is known however often it is handed over. Some programs give two mails one Message-ID, and
        anybody can give a mail that of another's: what it says belongs to it."""
        return self._edge.key.event_id("mail", same(address), mail.message_id or mail.header("date"), mail.body.hex())

    async def _kept(self, mail: Mail, address: str) -> tuple[str, ...]:
        """Names of the files; what is not kept has a name that says so. Raises Refused (429, 503)."""
        names: list[str] = []
        for file in mail.files:
            if len(names) == MOST_FILES:
                return (*names[:-1], NOT_KEPT)
            names.append(await self._kept_file(file.kind, file.data, address))
        return tuple(names)

    async def _kept_file(self, kind: str, data: bytes, address: str) -> str:
        files = self._edge.attachments
        if not files.kept_here:
            return f"{CHANNEL}:{kind}"
        try:
            return (await files.keep(CHANNEL, data, f"{CHANNEL} {same(address)}", "talk")).name
        except Refused as refused:
            if refused.status in (429, 503):
                raise
            return f"{CHANNEL}:{kind}"

    async def _sent_at(self, mail: Mail) -> datetime:
        """When our mail server got it. What cannot be believed, or lies ahead, is now; in a replay it is always now."""
        now = await self._edge.now()
        given = mail.received_at
        if self._edge.settings.time == "ticks" or given is None or given > now:
            return now
        try:
            self._edge.check_time(given)
        except Refused:
            return now
        return given.astimezone(UTC)

    async def _keep_thread(self, mail: Mail, address: str, conversation: str, said_at: datetime) -> None:
        """Before Kafka has the words: the answer to them shall find the thread."""
        known_by = whose(self._edge, conversation)
        before = self._mailbox.opened(known_by, await store.thread_of(self._edge.pool, known_by))
        thread = continued(before, conversation, mail.subject, mail.message_id, mail.references)
        if thread == before:
            return
        opening = _opening(self._edge, address, mail.message_id) if mail.message_id is not None else None
        await store.keep_thread(self._edge.pool, known_by, opening, self._mailbox.sealed(known_by, thread), said_at)


def _contact(mail: Mail, address: str) -> Contact:
    return Contact(address=address, name=mail.name[:MAX_NAME] if mail.name else None, language=mail.language)


def _opening(edge: Edge, address: str, message_id: str) -> bytes:
    return bytes.fromhex(edge.key.event_id("mail opening", same(address), message_id).replace("-", ""))
