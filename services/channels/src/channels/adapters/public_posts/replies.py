"""Replies out: the listening system fetches them, posts them, and says what became of each."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

from common.messaging.sealing import NotSealedHere
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from channels.adapters.public_posts import store as public_talk_store
from channels.adapters.public_posts.bearer import channel_for
from channels.adapters.public_posts.inbound import talk_sealer
from channels.adapters.public_posts.ndjson import MOST_OF_A_LINE, answer, lines_of
from channels.bodies import Refused, parse_json, words_of
from channels.delivery import store
from channels.delivery.keeping import Keeper
from channels.edge import Edge, source_of

SECRETS = frozenset({"link_code"})
"""Kinds of notices that open something to whoever reads them: never said in public."""
MOST_AT_ONCE = 500
LONGEST_WAIT_SECONDS = 20
LOOK_SECONDS = 0.5
MAX_NUMBER = 2**62


class ReceiptLine(BaseModel):
    """What became of a reply."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    reply_id: str = Field(min_length=1, max_length=200)
    delivered: bool
    reason: str | None = Field(default=None, max_length=300)


class Replies:
    """Of the channels that have a key."""

    def __init__(self, edge: Edge, keys: Mapping[str, bytes]) -> None:
        self._edge = edge
        self._keys = keys
        self._talks = talk_sealer(edge)
        self._notices = Keeper([], edge.key)

    async def get_replies(self, request: Request) -> Response:
        """Those without a receipt whose number is above `after`; waits up to `wait` seconds for the first.

        Raises Refused (400, 401, 503).
        """
        channel = channel_for(request, self._keys, self._edge.limits)
        after, limit = _number(request, "after", 0, MAX_NUMBER), _number(request, "limit", 100, MOST_AT_ONCE)
        until = time.monotonic() + _number(request, "wait", 0, LONGEST_WAIT_SECONDS)
        while True:
            found = await self._edge.query(lambda pool: store.to_be_fetched(pool, channel, after, limit))
            told = await self._told(channel, found)
            if told or time.monotonic() >= until:
                return answer(told)
            await asyncio.sleep(LOOK_SECONDS)

    async def post_receipts(self, request: Request) -> Response:
        """Each line is answered: `noted`, `unknown` (no such reply was fetched, or it has a receipt), or `refused`."""
        channel = channel_for(request, self._keys, self._edge.limits)
        lines = await lines_of(request)
        told: list[dict[str, Any]] = []
        with self._edge.places.one(source_of(request)):
            for number, line in lines:
                told.append({"line": number} | await self._note(channel, line))
        return answer(told)

    async def _told(self, channel: str, found: list[store.ToBeFetched]) -> list[dict[str, Any]]:
        """As lines. What cannot be said in public, or read, is settled as not delivered."""
        opened = []
        for one in found:
            try:
                out = self._notices.opened(one.notice_id, one.sealed)
            except NotSealedHere:
                await self._settle(channel, one.notice_id, "the edge's key was changed")
                continue
            if out.kind in SECRETS:
                await self._settle(channel, one.notice_id, "it is not for the public")
                continue
            opened.append((one, out))
        conversations = {out.conversation for _, out in opened}
        under = await self._edge.query(lambda pool: public_talk_store.talks_of(pool, conversations))
        told = []
        for one, out in opened:
            try:
                place = json.loads(self._talks.open_bytes(under[out.conversation], out.conversation))
            except (KeyError, NotSealedHere):
                # Of a conversation that was not begun by a post here: the address alone says whom it is for.
                network, _, author = out.address.partition(":")
                place = {"network": network, "in_reply_to": None, "url": None, "author": author}
            told.append(
                {"number": one.number, "reply_id": one.notice_id, **place, "text": out.text, "kind": out.kind,
                 "reference": out.reference, "language": out.language}
            )  # fmt: skip
        return told

    async def _note(self, channel: str, line: bytes) -> dict[str, Any]:
        if len(line) > MOST_OF_A_LINE:
            return {"state": "refused", "reason": f"the line is longer than {MOST_OF_A_LINE} bytes"}
        try:
            said = ReceiptLine.model_validate(parse_json(line))
        except ValidationError as error:
            return {"state": "refused", "reason": words_of(error)}
        except Refused as refused:
            return {"state": "refused", "reason": str(refused)}
        reason = None if said.delivered else said.reason or "the listening system could not post it"
        noted = await self._settle(channel, said.reply_id, reason)
        return {"reply_id": said.reply_id, "state": "noted" if noted else "unknown"}

    async def _settle(self, channel: str, notice_id: str, reason: str | None) -> bool:
        return await self._edge.query(lambda pool: store.settle_awaited(pool, channel, notice_id, reason))


def _number(request: Request, name: str, default: int, most: int) -> int:
    """Raises Refused (400)."""
    given = request.query_params.get(name, "")
    if not given:
        return default
    if not given.isdecimal() or len(given) > 20 or int(given) > most:
        raise Refused(400, f"{name} must be a whole number, {most} at most")
    return int(given)
