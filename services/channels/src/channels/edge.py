"""What every HTTP edge needs to take a message: an answer of 2xx means that Kafka has it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import asyncpg
from common.contracts.events.channel import (
    MessageReceived,
    NoticeDelivered,
    Said,
)
from common.contracts.ids import case_id_of, message_id_of
from common.contracts.reference import reference_of
from common.messaging.clock import last_tick
from common.messaging.consume.time_bounds import MESSAGE_AGE, Timeliness
from common.messaging.failures import TransientError
from common.messaging.postgres import DATABASE_AWAY
from common.messaging.release_cache import Releases
from common.runtime.context import Context
from starlette.requests import Request

from channels import store
from channels.admission import Admission, Post
from channels.attachments.keeping import Attachments
from channels.bodies import Refused
from channels.case_state import CaseState
from channels.citizen_page import NewPage
from channels.edge_key import EdgeKey
from channels.edge_limits import EdgeLimits
from channels.post_places import Places
from channels.service_request import ServiceRequest
from channels.settings import ChannelsSettings
from channels.store import Claim, PostedMessage

log = logging.getLogger(__name__)

MAX_CONCURRENT_POSTS = 256
"""Posts whose body is there and whose answer is not; the next are told to come again."""
MAX_WAIT = 8.0
"""Seconds for Kafka to acknowledge; the sender is then told to try again."""
KEY_KEPT = timedelta(days=30)
MAX_NAME = 200
"""Characters of an id or number in a path."""

Found = TypeVar("Found")


class OthersConversation(Exception):
    """A post without a secret in a conversation that somebody else began."""


def source_of(request: Request) -> str:
    """Who sends, as far as limits go; the port has found it out."""
    return str(request.state.source)


class Edge:
    """Shared by the adapters of one process: its places, its key, its database, its files and Kafka."""

    def __init__(
        self, context: Context[ChannelsSettings], releases: Releases, key: EdgeKey, attachments: Attachments
    ) -> None:  # fmt: skip
        self.settings = context.settings
        self.federation = context.federation
        self.releases = releases
        self.key = key
        self.attachments = attachments
        self.channels = frozenset(c.id for c in context.federation.channels)
        self.places = Places(MAX_CONCURRENT_POSTS)
        self.limits = EdgeLimits(context.settings)
        self.pool = context.pool
        self.works = context.works
        self.verifier = context.verifier
        self.vouched: frozenset[str] = frozenset()
        """Channels that vouch for their senders by themselves: over plain HTTP nobody begins a conversation there."""
        self._context = context
        self._admission = Admission(context.pool)

    def case_id(self, event_id: str) -> str:
        """Of the case that a message opens, where it is the first of its conversation."""
        return case_id_of(self._context.name, event_id)

    def message_id(self, event_id: str) -> str:
        return message_id_of(self._context.name, event_id)

    async def take(
        self, channel: str, event: Said, event_id: str, *, body: bytes, key: str | None,
        claim: Claim | None, fingerprint: bytes | None, request: ServiceRequest | None = None,
        page: NewPage | None = None, limited: bool = True,
    ) -> None:  # fmt: skip
        """Publish what may speak in its conversation: returns once Kafka has it.

        `body` is a digest, remembered under `key`; `claim` is made where the sender proved to know no secret;
        `fingerprint` is of the secret that may ask for the message; `request` is what anybody may read of it; `page` is
        the citizen's own, where this begins one; `limited`: whoever is refused for saying too much sends it again.
        Raises OthersConversation, and Refused (422, 429, 503).
        """
        if not event.conversation.isprintable():
            # It is a header of the record, which intake takes from nobody else either.
            raise Refused(422, "conversation: give it a name of printable characters")
        if limited and claim is None:
            self.limits.say(channel, event.conversation)
        case_id = self.case_id(event_id) if isinstance(event, MessageReceived) else None
        case = CaseState(case_id, reference_of(case_id), event.sent_at) if case_id is not None else None
        message = PostedMessage(self.message_id(event_id), fingerprint, case_id)
        try:
            answer = await self._admission.ask(Post(claim, key, body, message, case, request, page))
        except (TransientError, *DATABASE_AWAY) as error:
            raise _not_taken(error) from error
        if answer == "others_conversation":
            raise OthersConversation
        if limited and claim is not None:
            # Whose the conversation is, is known only now: a stranger uses up nothing of it.
            self.limits.say(channel, event.conversation)
        if answer == "another_body":
            raise Refused(422, "this Idempotency-Key was used for another body: give each message its own")
        try:
            if isinstance(event, MessageReceived) and event.attachments:
                files = await self.attachments.under_way(channel, event.attachments, self.verifier)
                event = event.model_copy(update={"attachments": files})
            async with asyncio.timeout(MAX_WAIT):
                await self._context.publish(
                    f"channel.{channel}.inbound", event.conversation, event, id=event_id, time=event.sent_at, sign=True
                )
        except (TransientError, *DATABASE_AWAY) as error:
            raise _not_taken(error) from error

    async def was_shown(self, channel: str, notice_id: str) -> None:
        """Say that a notice reached its citizen. Raises TransientError when Kafka does not take it."""
        receipt, now = NoticeDelivered(notice_id=notice_id, delivered=True), await self.now()
        event_id = self.key.event_id("shown", channel, notice_id)
        await self._context.publish(
            f"channel.{channel}.receipts", notice_id, receipt, id=event_id, time=now, sign=True
        )  # fmt: skip

    async def ask(self, question: Callable[[asyncpg.Pool, str], Awaitable[Found | None]], name: str) -> Found | None:
        """What the database says of an id or number in a path; None for what can be none. Raises Refused (503)."""
        if len(name) > MAX_NAME or "\x00" in name:
            return None
        return await self.query(lambda pool: question(pool, name))

    async def query(self, question: Callable[[asyncpg.Pool], Awaitable[Found]]) -> Found:
        """What the database says. Raises Refused (503)."""
        try:
            return await question(self._context.pool)
        except DATABASE_AWAY as error:
            raise Refused(503, "the state cannot be read now: ask again") from error

    async def now(self) -> datetime:
        """The time a message gets that names none: the wall clock's, in a replay the last tick's."""
        if self.settings.time == "ticks":
            try:
                tick = await last_tick.latest(self._context.pool)
            except DATABASE_AWAY as error:
                raise Refused(503, "the message was not taken, send it again") from error
            if tick is not None:
                return tick.until
        return self._context.now()

    def check_time(self, moment: datetime) -> None:
        """Raises Refused (422) for a time that intake would not believe."""
        judge = Timeliness(self.settings.time)
        untimely = judge.untimely(moment, datetime.now(UTC), MESSAGE_AGE, timedelta())
        if untimely is not None:
            raise Refused(422, f"sent_at: {untimely}")

    async def forget_old_keys(self) -> None:
        """Idempotency keys are kept as long as a sender may reasonably try again."""
        await store.forget_keys(self._context.pool, KEY_KEPT)


def _not_taken(error: Exception) -> Refused:
    log.warning("a message was not taken: %s", error)
    return Refused(503, "the message may not have been taken: send it again with the same Idempotency-Key")
