"""A messenger's bot: what it hears becomes records of the channel, and it asks for what is missing."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import asyncpg
from common.contracts.events.base import Place
from common.contracts.events.channel import (
    Contact,
    ErasureRequested,
    MessageReceived,
    Said,
    SupportReceived,
    VerdictReceived,
    VoiceReceived,
)
from common.messaging.failures import TransientError
from common.messaging.postgres import DATABASE_AWAY
from common.messaging.works import left_undone

from channels import store as posts
from channels.bodies import Refused
from channels.bots import store
from channels.bots.buttons import ERASURE, Choice, Rows, choice_of, ratings, under
from channels.bots.following import Following
from channels.bots.messenger import File, Heard, Messenger, Pressed, Reply
from channels.bots.talk import Asks, Talk, after_message, after_notice, is_address
from channels.bots.words import (
    ANOTHER_MATTER,
    ASK_PLACE,
    ASK_WORDS,
    ERASE,
    ERASING,
    GREETING,
    KEPT,
    NOT_UNDERSTOOD,
    RATE,
    THANKS,
    WHY_AGAINST,
    WHY_REOPEN,
    said,
)
from channels.delivery.deliverer import Awaited, Never, NotNow, Outgoing
from channels.edge import Edge
from channels.edge_key import fingerprint

log = logging.getLogger(__name__)

T = TypeVar("T")

SAY_SECONDS = 5.0
"""How long the messenger's own request waits for what the bot says by itself."""
TALKS_KEPT = timedelta(days=60)
MAX_TEXT, MAX_REASON, MAX_NAME, MAX_LANGUAGE = 10_000, 4_000, 200, 12
"""Characters, as the records of a channel hold."""
START, FORGET = "/start", "/erase"


class Bot:
    """Of one messenger. Raises Refused (429, 503) where the messenger should send the same again."""

    def __init__(self, edge: Edge, messenger: Messenger, *, sends_again: bool = True) -> None:
        """`sends_again`: what is not taken comes again for hours. Else words are taken however many there are, and what
        the bot would say by itself alone is limited."""
        self._edge = edge
        self._sends_again = sends_again
        self._messenger = messenger
        self._following = Following(edge)

    async def hear(self, heard: Heard) -> None:
        """Returns once Kafka has it; what the bot asks then may fail without harm."""
        if self._sends_again:
            self._edge.limits.must_be_due(self.channel, heard.chat)
        command = heard.text.strip().split("@")[0].casefold()
        if heard.opens or command == START:
            await self.greet(heard.chat, heard.language, heard.link)
            return
        standing = await self._following.told(heard.link, heard.language)
        if standing is not None:
            await self._say(heard.chat, standing, heard.language)
        if command == FORGET:
            await self.ask_erasure(heard.chat, heard.language)
        elif not heard.text.strip() and heard.place == Place() and not heard.files and heard.edit is None:
            self._edge.limits.say(self.channel, heard.chat)
            await self._say(heard.chat, NOT_UNDERSTOOD, heard.language)
        else:
            await self._take_message(heard)

    async def greet(self, chat: str, language: str | None, link: str = "") -> None:
        """The first word to whoever opens the talk: how their cases stand where they came by the link of their page."""
        self._edge.limits.say(self.channel, chat)
        await self._say(chat, await self._following.told(link, language) or GREETING, language)

    async def ask_erasure(self, chat: str, language: str | None) -> None:
        """Whether everything about the citizen shall be erased: nothing is, before they say so."""
        self._edge.limits.say(self.channel, chat)
        await self._say(chat, ERASE, language, ERASURE)

    async def press(self, pressed: Pressed) -> Reply:
        """What the citizen is told of it."""
        choice = choice_of(pressed.data)
        if choice is None:
            return self._reply(pressed, NOT_UNDERSTOOD)
        if choice.verb == "keep":
            return self._reply(pressed, KEPT)
        if choice.verb == "object":
            await self._talk(store.await_reason(self._edge.pool, self._whose(pressed.chat), choice.reference))
            why = self._said(WHY_AGAINST, pressed.language).format(reference=choice.reference)
            return Reply("", asks=why)
        event = await self._chosen(choice, pressed)
        event_id = self._edge.key.event_id(self.channel, pressed.chat, pressed.message, pressed.data)
        await self._take(event, event_id, key=event_id, body=pressed.data)
        match choice.verb:
            case "confirm":
                return self._reply(pressed, RATE, ratings(choice.reference))
            case "reopen":
                return replace(self._reply(pressed, THANKS), asks=self._said(WHY_REOPEN, pressed.language))
            case "erase":
                return self._reply(pressed, ERASING)
            case _:
                return self._reply(pressed, THANKS)

    @property
    def channel(self) -> str:
        return self._messenger.channel

    async def deliver(self, out: Outgoing) -> Awaited | None:
        """A notice with its buttons."""
        rows = () if out.unasked else under(out.kind, out.reference, about_case=out.case_id is not None)

        def step(talk: Talk) -> tuple[Talk, None]:
            return after_notice(talk, out.notice, out.kind), None

        # Before it is said: a reply may be here sooner than the messenger's word that the notice is delivered, and must
        # not be taken for what was asked before. That it is not noted is no reason not to say it.
        with left_undone("note_in_a_talk"):
            await store.change(self._edge.pool, self._whose(out.address), step)
        return await self._messenger.say(out.address, out.text, rows, language=out.language, once=out.notice_id)

    async def _take_message(self, heard: Heard) -> None:
        whose, keys = self._whose(heard.chat), self._edge.key
        talk = await self._talk(store.talk_of(self._edge.pool, whose))
        own = keys.event_id(self.channel, heard.chat, heard.message)
        event_id = own if heard.edit is None else keys.event_id(self.channel, heard.chat, heard.message, heard.edit)
        contact, text = _contact(heard), heard.text[:MAX_TEXT]
        if talk.objects_to is not None and text.strip() and heard.edit is None:
            voice = VoiceReceived(
                conversation=heard.chat, contact=contact, proposal=talk.objects_to, stance="object",
                text=text[:MAX_REASON], sent_at=heard.sent_at,
            )  # fmt: skip
            await self._take(voice, event_id)
            await self._talk(store.await_reason(self._edge.pool, whose, None))
            return
        replaces = own if heard.edit is not None and await self._was_said(heard.chat, own) else None
        if replaces is None and heard.edit is not None and not text.strip():
            return  # What was never said here was taken back.
        place = heard.place
        if place == Place() and heard.edit is None and is_address(talk, text.strip()):
            # What was said before the question comes again where the messenger repeats it: it is no answer.
            place = Place() if await self._was_said(heard.chat, own) else Place(address=text.strip())
        message = MessageReceived(
            conversation=heard.chat, contact=contact, text=text, place=place, sent_at=heard.sent_at,
            attachments=tuple([await self._kept(one, heard.chat) for one in heard.files]),
            replaces=replaces,
        )  # fmt: skip
        await self._take(message, event_id)
        if heard.edit is not None:
            return
        with left_undone("ask_for_words_or_place"):
            asks = await store.change(
                self._edge.pool, whose,
                lambda known: after_message(known, words=bool(text.strip()), place=place != Place()),
            )  # fmt: skip
            await self._ask(asks, heard)

    async def _ask(self, asks: Asks | None, heard: Heard) -> None:
        if asks == "words":
            await self._say(heard.chat, ASK_WORDS, heard.language)
        elif asks == "place":
            await self._say(heard.chat, ASK_PLACE, heard.language, ask_place=True)

    async def _kept(self, file: File, chat: str) -> str:
        """The name of a kept file. One that is not kept has a name that says so, and intake tells the citizen."""
        files, not_kept = self._edge.attachments, f"{self.channel}:{file.kind}"
        if not files.kept_here:
            return not_kept
        try:
            async with files.fetching:
                data = await self._messenger.download(file)
                return (await files.keep(self.channel, data, f"{self.channel} {chat}", "talk")).name
        except Never:
            return not_kept
        except NotNow as error:
            raise Refused(503, "a file could not be fetched: send the update again") from error
        except Refused as refused:
            if refused.status in (429, 503):
                raise Refused(503, "a file could not be kept: send the update again") from refused
            return not_kept

    async def _chosen(self, choice: Choice, pressed: Pressed) -> Said:
        """The record of a button."""
        contact, now = _contact(pressed), await self._edge.now()
        if choice.verb == "erase":
            return ErasureRequested(conversation=pressed.chat, contact=contact, sent_at=now)
        if choice.verb == "support":
            return VoiceReceived(
                conversation=pressed.chat, contact=contact, proposal=choice.reference, stance="support", sent_at=now
            )
        if choice.verb in ("about", "another"):
            # Intake reads a case's number, and these words, as the answer to its question.
            words = choice.reference if choice.verb == "about" and choice.reference else ANOTHER_MATTER
            return MessageReceived(conversation=pressed.chat, contact=contact, text=words, sent_at=now)
        if choice.verb in ("same", "apart"):
            return SupportReceived(
                conversation=pressed.chat, contact=contact, case_reference=choice.reference,
                supports=choice.verb == "same", sent_at=now,
            )  # fmt: skip
        return VerdictReceived(
            conversation=pressed.chat, contact=contact, verdict="reopened" if choice.verb == "reopen" else "confirmed",
            case_reference=choice.reference, rating=choice.rating, sent_at=now,
        )  # fmt: skip

    async def _was_said(self, chat: str, event_id: str) -> bool:
        """Whether a message of this talk was taken, under the id of its event."""
        whose = fingerprint(self._edge.key.secret(self.channel, chat))
        message_id = self._edge.message_id(event_id)
        return await self._talk(posts.was_posted(self._edge.pool, message_id, whose)) is not None

    async def _take(self, event: Said, event_id: str, *, key: str | None = None, body: str = "") -> None:
        whose = fingerprint(self._edge.key.secret(self.channel, event.conversation))
        digest = hashlib.sha256(body.encode()).digest()
        await self._edge.take(
            self.channel, event, event_id, body=digest, key=key, claim=None, fingerprint=whose,
            limited=self._sends_again,
        )  # fmt: skip

    async def _say(
        self, chat: str, text: str, language: str | None, rows: Rows = (), *, ask_place: bool = False
    ) -> None:  # fmt: skip
        """Something of the bot's own: Kafka has what the citizen said, so no failure matters to them."""
        try:
            async with asyncio.timeout(SAY_SECONDS):
                await self._messenger.say(
                    chat, self._said(text, language), rows, language=language, ask_place=ask_place
                )
        except (NotNow, Never, TimeoutError, TransientError) as error:
            log.warning("the bot of %s could not ask: %s", self.channel, type(error).__name__)

    def _reply(self, pressed: Pressed, text: str, rows: Rows = ()) -> Reply:
        return Reply(self._said(text, pressed.language), rows)

    def _said(self, text: str, language: str | None) -> str:
        return said(text, language, self._edge.federation.languages)

    def _whose(self, chat: str) -> str:
        return self._edge.key.event_id("talk", self.channel, chat)

    async def _talk(self, question: Awaitable[T]) -> T:
        """Raises Refused (503) while the database is away."""
        try:
            return await question
        except DATABASE_AWAY as error:
            raise Refused(503, "the update was not taken: send it again") from error


def _contact(of: Heard | Pressed) -> Contact:
    name, language = of.name, of.language
    return Contact(
        address=of.chat, name=name[:MAX_NAME] if name else None,
        language=language if language and len(language) <= MAX_LANGUAGE else None,
    )  # fmt: skip


async def forget_old_talks(pool: asyncpg.Pool) -> None:
    """Those in which nobody spoke for long."""
    await store.forget_talks(pool, TALKS_KEPT)
