"""Facts wait for their tick; people's commands are carried out at once; at a tick all that waited is taken in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.events import clock
from common.contracts.events.base import Command, Event
from common.contracts.events.clock import RECORDS_AHEAD
from common.contracts.events.intake import CitizenErased, CitizensLinked, ConversationErased
from common.contracts.rights import HasPeople
from common.messaging.clock import tick_buffer
from common.messaging.clock.tick_buffer import buffered
from common.rulebook.book import ReleaseBook

from deliberation import case_store, erasure, erasure_store, linked_store, links
from deliberation.group_finder import GroupFinder
from deliberation.orders import ORDERS, Orders
from deliberation.pseudonyms import Pseudonyms
from deliberation.tick import FACTS, AtOnce, Ticks

MUCH = AtOnce()


class DeliberationHandler:
    """Everything deliberation does about a batch."""

    types: frozenset[type[Event]] = frozenset(
        {
            *FACTS,
            *case_store.HEARD,
            *ORDERS,
            CitizenErased,
            CitizensLinked,
            ConversationErased,
            clock.TimePassed,
            clock.TimeCorrected,
        }
    )

    def __init__(
        self,
        federation: HasPeople,
        book: ReleaseBook,
        check: Callable[[Delivery], str],
        names: Pseudonyms,
        at_once: AtOnce = MUCH,
        finder: GroupFinder | None = None,
    ) -> None:
        """`check` proves who signed a command."""
        self._names = names
        self._orders = Orders(federation, book, check, names)
        self._ticks = Ticks(book, names, at_once, finder or GroupFinder(names))

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        await tick_buffer.keep(db, [buffered(d, key=d.key) for d in batch if type(d.event) in FACTS])
        await case_store.hear(db, [d.event for d in batch if type(d.event) in case_store.HEARD])
        # A tick locks many proposals: all that the batch is about are locked at once, in one order.
        ticks = [d for d in batch if isinstance(d.event, clock.TimePassed)]
        more = self._ticks.unfinished if not ticks else None
        taken = [await self._ticks.take(db, tick) for tick in ([more] if more is not None else ticks)]
        orders = [d for d in batch if isinstance(d.event, Command)]
        named = [str(getattr(d.event, "proposal_id", "")) for d in orders]
        erased = [d.event.citizen for d in batch if isinstance(d.event, CitizenErased)]
        if erased:
            named += sorted(await erasure_store.touched(db, erased))
        for event in (d.event for d in batch if isinstance(d.event, ConversationErased)):
            named += sorted(await erasure_store.proposals_of(db, event.citizen, event.messages))
        linked = [d.event for d in batch if isinstance(d.event, CitizensLinked)]
        if linked:
            named += await linked_store.under_way(db)
            named += sorted(await erasure_store.touched(db, [one.citizen for one in linked]))
        proposals = await self._ticks.load(db, taken, named)
        emits: list[Emit] = []
        for delivery in batch:
            if isinstance(delivery.event, Command):
                emits += await self._orders.carry_out(db, delivery, proposals)
            elif isinstance(delivery.event, CitizenErased):
                emits += await erasure.obey(db, delivery.event, delivery.envelope, proposals, self._names)
            elif isinstance(delivery.event, ConversationErased):
                emits += await erasure.obey_of_conversation(
                    db, delivery.event, delivery.envelope, proposals, self._names
                )
            elif isinstance(delivery.event, CitizensLinked):
                emits += await links.obey(db, delivery.event, delivery.envelope, proposals, self._names)
            elif isinstance(delivery.event, clock.TimeCorrected):
                now = delivery.envelope.time
                await tick_buffer.not_ahead(db, now, now + RECORDS_AHEAD)
            elif isinstance(delivery.event, clock.TimePassed):
                emits += await self._ticks.go(db, delivery, taken.pop(0), proposals)
        if more is not None:
            emits += await self._ticks.go(db, more, taken.pop(0), proposals)
        await proposals.save(db)
        return emits
