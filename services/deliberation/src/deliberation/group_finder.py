"""Opinion groups are found beside the counting: in a thread, from what was published up to the number a tick named.

A tick asks for them once all of it is counted, and the next one publishes them, having waited for them where that must
be. What they are found from is kept and does not change, so they are the same whenever a process was stopped.
"""

from __future__ import annotations

import asyncio

import asyncpg
from common.messaging.works import Work

from deliberation import judgement_store
from deliberation.opinions import Found, Opinions
from deliberation.pseudonyms import Pseudonyms

Asked = tuple[str, int]
"""A proposal, and the number up to which."""
PAUSE_SECONDS = 0.5
"""Between two looks at what is asked for."""


class GroupFinder:
    """What is found is kept until it is published; what is lost with a process is found again."""

    def __init__(self, names: Pseudonyms) -> None:
        self._names = names
        self._found: dict[Asked, Found] = {}
        self._one = asyncio.Lock()
        """So that a proposal is worked at once, and memory is taken for one."""

    async def run(self, pool: asyncpg.Pool, work: Work) -> None:
        """Find whatever is asked for, until cancelled."""
        while True:
            with work.attempt():
                asked = await judgement_store.due(pool)
                for gone in self._found.keys() - set(asked):
                    del self._found[gone]
                for one in asked:
                    await self.found(pool, *one)
            await asyncio.sleep(PAUSE_SECONDS)

    async def found(self, db: asyncpg.Connection | asyncpg.Pool, proposal_id: str, number: int) -> Found:
        """The groups of a proposal up to a number that `db` sees."""
        async with self._one:
            asked = proposal_id, number
            if asked not in self._found:
                self._found[asked] = await self._find(db, proposal_id, number)
            return self._found[asked]

    async def _find(self, db: asyncpg.Connection | asyncpg.Pool, proposal_id: str, number: int) -> Found:
        # An erased citizen may stand under the published name in one row and, back again, under the own one in another.
        own = {self._names.of(proposal_id, c, "citizen"): c for c in await judgement_store.erased(db)}
        opinions = Opinions(own)
        async for voices in judgement_store.voices(db, proposal_id, number):
            await asyncio.to_thread(opinions.voices, voices)
        async for judgements in judgement_store.judgements(db, proposal_id, number):
            await asyncio.to_thread(opinions.judgements, judgements)
        return await asyncio.to_thread(opinions.found)
