"""Lines in: each is taken, known already, refused with its reason, or to be sent again; none disturbs another."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import asyncpg
from common.contracts.events.channel import MessageReceived
from common.contracts.frozen import value
from common.messaging.sealing import Sealer
from common.messaging.works import left_undone
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from channels.adapters.public_posts import store
from channels.adapters.public_posts.bearer import channel_for, key_name
from channels.adapters.public_posts.ndjson import MOST_OF_A_LINE, answer, lines_of
from channels.adapters.public_posts.post import PublicPost, message_of
from channels.adapters.public_posts.store import Talk
from channels.bodies import Refused, parse_json, words_of
from channels.edge import Edge, source_of
from channels.edge_key import fingerprint
from channels.store import posted_among

LINES_A_UNIT = 16
"""So many lines count as one more request under the key."""
AT_ONCE = 64
"""Conversations of one request that are published at a time."""
THREADS_KEPT = timedelta(days=180)
TALK = "public talk"
"""What replies are put under is sealed for this."""


@value
class _Line:
    """A line that could be read."""

    number: int
    post: PublicPost
    event: MessageReceived
    event_id: str


async def forget_old_threads(pool: asyncpg.Pool) -> None:
    """Of posts that nobody comments on any more."""
    await store.forget_old(pool, THREADS_KEPT)


def talk_sealer(edge: Edge) -> Sealer:
    return edge.key.sealer(TALK)


class Inbound:
    """What the listening system found."""

    def __init__(self, edge: Edge, keys: Mapping[str, bytes]) -> None:
        self._edge = edge
        self._keys = keys
        self._sealer = talk_sealer(edge)

    async def post_lines(self, request: Request) -> Response:
        """Every line is answered, in their order. Raises Refused (401, 413, 415, 429, 503) for the request as a
        whole."""
        channel = channel_for(request, self._keys, self._edge.limits)
        lines = await lines_of(request)
        self._edge.limits.charge(key_name(channel), len(lines) / LINES_A_UNIT)
        with self._edge.places.one(source_of(request)):
            told: dict[int, dict[str, Any]] = {}
            posts: list[tuple[int, PublicPost]] = []
            for number, line in lines:
                try:
                    posts.append((number, self._read(line)))
                except Refused as refused:
                    told[number] = {"line": number, "state": "refused", "reason": str(refused)}
            read = await self._lines(channel, posts)
            before = await self._edge.query(
                lambda pool: posted_among(pool, {self._edge.message_id(one.event_id) for one in read})
            )
            for one, said in await self._take_all(channel, read, set(before)):
                told[one.number] = {"line": one.number, "id": one.post.id} | said
            await self._note(channel, [one for one in read if told[one.number]["state"] in ("taken", "repeated")])
        return answer(told[number] for number, _ in lines)

    def _read(self, line: bytes) -> PublicPost:
        """Raises Refused."""
        if len(line) > MOST_OF_A_LINE:
            raise Refused(413, f"the line is longer than {MOST_OF_A_LINE} bytes")
        try:
            post = PublicPost.model_validate(parse_json(line))
        except ValidationError as error:
            raise Refused(422, words_of(error)) from error
        self._edge.check_time(post.edited_at or post.posted_at)
        return post

    async def _lines(self, channel: str, posts: Sequence[tuple[int, PublicPost]]) -> list[_Line]:
        """With the conversation of each: its author's, in the thread that it belongs to. A comment on a comment belongs
        to that one's thread, where that one came before it. Raises Refused (503)."""
        name = self._edge.key.event_id
        parents = {name("public post", channel, p.network, p.parent) for _, p in posts if p.parent is not None}
        threads = await self._edge.query(lambda pool: store.threads_of(pool, parents))
        new: dict[str, str] = {}
        found = []
        for number, post in posts:
            own = name("public post", channel, post.network, post.id)
            if post.thread is not None:
                root = name("public post", channel, post.network, post.thread)
            elif post.parent is not None:
                parent = name("public post", channel, post.network, post.parent)
                root = threads.get(parent, parent)
            else:
                root = own
            threads[own] = new[own] = root
            conversation = name("public conversation", channel, root, post.address)
            first = name("public message", channel, conversation, own)
            event_id = first
            if post.edited_at is not None:
                event_id = name("public edit", channel, conversation, own, post.edited_at.isoformat())
            event = message_of(post, conversation, first if post.edited_at is not None else None)
            found.append(_Line(number, post, event, event_id))
        await self._edge.query(lambda pool: store.keep_threads(pool, new))
        return found

    async def _take_all(
        self, channel: str, lines: Sequence[_Line], before: set[str]
    ) -> list[tuple[_Line, dict[str, Any]]]:
        """Those of one conversation one after another, so that they keep their order."""
        talks: dict[str, list[_Line]] = defaultdict(list)
        for one in lines:
            talks[one.event.conversation].append(one)
        room = asyncio.Semaphore(AT_ONCE)

        async def talk(of: list[_Line]) -> list[tuple[_Line, dict[str, Any]]]:
            async with room:
                return [(one, await self._take(channel, one, before)) for one in of]

        return [one for told in await asyncio.gather(*map(talk, talks.values())) for one in told]

    async def _take(self, channel: str, line: _Line, before: set[str]) -> dict[str, Any]:
        """Also what was taken before is published again: that was perhaps where it failed."""
        event, message_id = line.event, self._edge.message_id(line.event_id)
        whose = fingerprint(self._edge.key.secret(channel, event.conversation))
        body = hashlib.sha256(event.model_dump_json().encode()).digest()
        try:
            await self._edge.take(
                channel, event, line.event_id, body=body, key=line.event_id, claim=None, fingerprint=whose
            )
        except Refused as refused:
            if refused.status == 422:
                other = "this id came before with another content: of an edited post give edited_at too"
                return {"state": "refused", "reason": other}
            return {"state": "again", "reason": str(refused)}
        known = message_id in before
        before.add(message_id)
        return {"state": "repeated" if known else "taken", "message_id": message_id}

    async def _note(self, channel: str, taken: Sequence[_Line]) -> None:
        """What replies to each author are put under. Kafka has the posts, so a failure is none of theirs: it is noted
        with the next one."""
        talks = []
        for one in taken:
            post, conversation = one.post, one.event.conversation
            under = {"network": post.network, "in_reply_to": post.id, "url": post.url, "author": post.author.handle}
            sealed = self._sealer.seal_bytes(json.dumps(under).encode(), conversation)
            whose = fingerprint(self._edge.key.secret(channel, conversation))
            talks.append(Talk(conversation, whose, sealed, post.posted_at))
        with left_undone("note_what_replies_go_under"):
            await store.keep_talks(self._edge.pool, talks)
