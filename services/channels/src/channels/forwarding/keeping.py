"""Takes cases of authorities that have an endpoint from the regions' topics into the table from which they are sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import asyncpg
from common.contracts.delivery import Delivery
from common.contracts.events import region
from common.contracts.events.intake import CitizenErased, ConversationErased

from channels.case_state import ENDED
from channels.forwarding import store
from channels.forwarding.forwarded import Forwarded

LEFT = ENDED | {"joined", "handed_over"}
"""States in which the authority has nothing more to do."""


class ForwardingKeeper:
    """Keeps what is to be sent, and ends what an authority has no more."""

    def __init__(self, authorities: Collection[str]) -> None:
        self._authorities = frozenset(authorities)

    @property
    def wanted(self) -> bool:
        """Whether any authority has an endpoint: else no case need be read."""
        return bool(self._authorities)

    async def keep(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> None:
        if not self.wanted:
            return
        new: list[tuple[Forwarded, str]] = []
        gone: set[str] = set()
        for delivery in batch:
            event = delivery.event
            if isinstance(event, region.CaseOpened) and event.authority in self._authorities:
                place = event.place
                case = Forwarded(
                    event.case_id, event.region, event.authority, event.reference, event.category, event.text,
                    place.address, place.lat, place.lon,
                )  # fmt: skip
                new.append((case, event.citizen))
            elif isinstance(event, region.CaseEvent) and (
                isinstance(event, region.CaseTransferred) or event.state in LEFT
            ):
                gone.add(event.case_id)
        if new:
            await store.add(db, new)
        if gone:
            await store.end(db, gone)
        erased = [d.event.citizen for d in batch if isinstance(d.event, CitizenErased)]
        if erased:
            await store.forget_erased(db, erased)
        for event in (d.event for d in batch if isinstance(d.event, ConversationErased)):
            await store.forget_in(db, event.citizen, event.cases)
