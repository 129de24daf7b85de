"""Citizens are told a bounded number at a tick, so that one proposal with very many voices holds up no tick."""

from __future__ import annotations

from datetime import datetime

import asyncpg
from common.contracts.delivery import Emit
from common.contracts.envelope import derived_id

from deliberation import store, telling_store
from deliberation.news import to_be_told
from deliberation.proposals import Proposals

NOTICES = "deliberation.notices"


async def tell(db: asyncpg.Connection, proposals: Proposals, now: datetime, most: int) -> list[Emit]:
    """Tell those who are next, what has waited longest first."""
    emits: list[Emit] = []
    while (left := most - len(emits)) > 0 and (one := await telling_store.first(db)) is not None:
        about = proposals.find(one.proposal_id)
        if about is None:
            about = (await store.read(db, [one.proposal_id]))[0]
        citizens = await telling_store.next_citizens(db, one, about.author_citizen, left)
        for citizen in citizens:
            # One cause may tell a citizen several things, at several ticks: the id says which.
            name = derived_id("told", one.cause.id, one.proposal_id, one.news.kind, citizen)
            event = to_be_told(about, citizen, one.news)
            emits.append(Emit(NOTICES, citizen, event, one.cause, now, correlation_id=one.proposal_id, id=name))
        if len(citizens) < left:
            await telling_store.done(db, one)
        else:
            await telling_store.told_up_to(db, one, citizens[-1])
    return emits
