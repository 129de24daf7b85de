"""The loop of one authority: sends it its cases, asks what became of them, and orders what its desk would."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta

import httpx
from common.contracts.envelope import derived_id
from common.contracts.events.base import Actor
from common.contracts.events.region import CaseCommand
from common.federation.country import Authority
from common.messaging.failures import TransientError
from common.runtime.context import Context

from channels.bodies import Refused
from channels.edge import Edge
from channels.forwarding import store
from channels.forwarding.endpoint import Away, EndpointClient
from channels.forwarding.forwarded import Forwarded, NotUnderstood, Told, commands, form, received, told
from channels.settings import ChannelsSettings

log = logging.getLogger(__name__)

AT_ONCE = 50
"""Cases of one round."""
LEASE = timedelta(minutes=30)
LOOK_SECONDS = 0.5
LONGEST = timedelta(hours=1)


class Forwarder:
    """One authority's."""

    def __init__(
        self, context: Context[ChannelsSettings], edge: Edge, authority: Authority, desk: Actor, api_key: str
    ) -> None:
        self._context = context
        self._edge = edge
        self._authority = authority
        self._desk = desk
        self._api_key = api_key
        self._work = context.works.watch(f"forward to {authority.id}")
        self._there = context.works.watch(f"reach the endpoint of {authority.id}")
        self._every = timedelta(seconds=context.settings.forwarding_seconds)

    async def run(self) -> None:
        """Until it is cancelled: what was under way then is tried again once its lease is over."""
        assert self._authority.open311 is not None
        async with httpx.AsyncClient(follow_redirects=False) as http:
            client = EndpointClient(http, self._authority.open311)
            while True:
                found: list[Forwarded] = []
                with self._work.attempt():
                    found = await store.claim(self._context.pool, self._authority.id, AT_ONCE, LEASE)
                    await self._round(client, found)
                if not found:
                    await asyncio.sleep(LOOK_SECONDS)

    async def _round(self, client: EndpointClient, found: list[Forwarded]) -> None:
        for case in found:
            if case.request_id is None:
                await self._guarded([case], self._send(client, case))
        if there := [case for case in found if case.request_id is not None]:
            await self._guarded(there, self._ask(client, there))

    async def _guarded(self, cases: list[Forwarded], step: Awaitable[None]) -> None:
        try:
            await step
            self._there.done()
        except (Away, NotUnderstood, TransientError, Refused) as error:
            if isinstance(error, Away):
                self._there.failed(error)
            log.warning("the endpoint of %s: %s; %d cases wait", self._authority.id, error, len(cases))
            await store.put_off(self._context.pool, [case.case_id for case in cases], LONGEST)

    async def _send(self, client: EndpointClient, case: Forwarded) -> None:
        """The report, or the question which number its token has."""
        if case.token is None:
            key = derived_id("forwarded", self._context.name, case.case_id)
            number, token = received(await client.post(form(case, self._authority, self._api_key), key))
        else:
            number, token = received(await client.number_of(case.token))
            token = token or case.token
        taken = replace(case, request_id=number, token=None if number else token)
        if number is not None:
            await self._order(case, None)
        await store.save(self._context.pool, taken, self._every)

    async def _ask(self, client: EndpointClient, cases: list[Forwarded]) -> None:
        numbers = {case.request_id: case for case in cases if case.request_id is not None}
        news = told(await client.ask(numbers))
        for number, case in numbers.items():
            said = news.get(number)
            if said is None:
                await store.save(self._context.pool, case, self._every)
                continue
            await self._order(case, said)
            begun = case.begun or bool(said.notes)
            await store.save(self._context.pool, replace(case, begun=begun), self._every, ended=said.status == "closed")

    async def _order(self, case: Forwarded, news: Told | None) -> None:
        """Repeated, the same word gives the same order, which a region takes once."""
        for command in commands(case, news, self._authority, self._desk):
            await self._publish(case, command)

    async def _publish(self, case: Forwarded, command: CaseCommand) -> None:
        name = derived_id("forwarding", self._context.name, case.case_id, command.type, command.model_dump_json())
        await self._context.publish(
            f"region.{case.region}.commands", case.case_id, command, id=name, time=await self._edge.now(), sign=True
        )
