"""How the world sends: signed commands and messages to topics, some messages to the HTTP edge, all acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
from common.contracts.catalogue import Installation
from common.contracts.envelope import Envelope, derived_id, to_headers
from common.contracts.events.base import Event
from common.contracts.ids import case_id_of, message_id_of
from common.contracts.signing import Signer
from common.messaging.kafka import new_producer
from common.runtime.settings import Settings

from world.citizens import CitizenRecord
from world.desks import DeskOrder

MAX_CONCURRENT_POSTS = 32
"""Posts under way at a time."""
TRIES = 8
EDGE = "channels"
"""The source of what came over the HTTP edge."""


class NotTaken(RuntimeError):
    """The HTTP edge refused a message for good, or did not take it after several tries."""


class Sender:
    """Sends as the principal `world`. Each method returns once everything is acknowledged."""

    def __init__(self, settings: Settings, installation: Installation, signer: Signer, edge: str | None) -> None:
        self._installation = installation
        self._signer = signer
        self._source = settings.name
        self._producer = new_producer(settings)
        self._http = httpx.AsyncClient(base_url=edge, timeout=30) if edge else None
        self._turn = asyncio.Semaphore(MAX_CONCURRENT_POSTS)

    async def start(self) -> None:
        await self._producer.start()

    async def stop(self) -> None:
        await self._producer.stop()
        if self._http is not None:
            await self._http.aclose()

    async def say(self, said: Sequence[CitizenRecord]) -> list[tuple[str, str]]:
        """What citizens say; returns (case id, message id) of each in order, as intake derives them."""
        posts, futures, sources = {}, [], []
        for i, one in enumerate(said):
            if one.by_http and self._http is not None:
                posts[i] = asyncio.ensure_future(self._post(one))
                sources.append((EDGE, ""))
                continue
            envelope = Envelope(one.id, self._source, one.event.type, one.at, one.conversation, one.id)
            futures.append(await self._put(f"channel.{one.channel}.inbound", envelope, _body(one.event)))
            sources.append((self._source, one.id))
        await asyncio.gather(*futures)
        for i, post in posts.items():
            sources[i] = (EDGE, await post)
        return [(case_id_of(*s), message_id_of(*s)) for s in sources]

    async def order(self, orders: Sequence[DeskOrder], seed: int) -> None:
        """What desks order."""
        futures = []
        for one in orders:
            names = ("world", str(seed), one.case_id, one.command.type, str(one.phase))
            event_id = derived_id(*names, one.about) if one.about else derived_id(*names)
            body = _body(one.command)
            envelope = Envelope(event_id, self._source, one.command.type, one.at, one.case_id, event_id)
            signed = self._signer.sign(one.topic, one.case_id, envelope, body)
            futures.append(await self._put(one.topic, signed, body))
        await asyncio.gather(*futures)

    async def tell(self, topic: str, envelope: Envelope, event: Event) -> None:
        """One fact, such as a tick; signed where it must be."""
        body = _body(event)
        if event.signed:
            envelope = self._signer.sign(topic, envelope.subject, envelope, body)
        await (await self._put(topic, envelope, body))

    async def _put(self, topic: str, envelope: Envelope, body: bytes) -> Any:
        return await self._producer.send(
            self._installation.physical(topic), value=body, key=envelope.subject.encode(), headers=to_headers(envelope)
        )

    async def _post(self, one: CitizenRecord) -> str:
        """The event's id that the edge gave; a repeated post is the same message by its idempotency key."""
        assert self._http is not None
        path, wrong = f"/v1/channels/{one.channel}/messages", ""
        for number in range(TRIES):
            async with self._turn:
                try:
                    answer = await self._http.post(path, content=_body(one.event), headers={"Idempotency-Key": one.id})
                    if answer.status_code == 202:
                        return str(answer.json()["event_id"])
                    wrong = f"{answer.status_code} {answer.text[:200]}"
                    if answer.status_code < 500 and answer.status_code != 429:
                        break
                except httpx.TransportError as error:
                    wrong = f"{type(error).__name__}: {error}"
            await asyncio.sleep(min(2.0, 0.1 * 2**number))
        raise NotTaken(f"POST {path} for request {one.row_id} of the log was not taken: {wrong}")


def _body(event: Event) -> bytes:
    return event.wire()
