"""Orders to erase citizens: prove who gave each, decide, delete, tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.events.intake import CitizenErased, EraseCitizen, IntakeCommandRefused
from common.contracts.refusals import coded
from common.contracts.rights import HasPeople
from common.contracts.signing import SignatureRefused

from intake import erasure_store
from intake.erasing import erase

TOPIC = "intake.erasures"


class ErasureHandler:
    """`check` proves who signed a command."""

    def __init__(self, federation: HasPeople, check: Callable[[Delivery], str]) -> None:
        self._federation = federation
        self._check = check

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        """After all else of the batch: what it says of the citizen goes too."""
        return [emit for d in batch if isinstance(d.event, EraseCitizen) for emit in [await self._obey(d, d.event, db)]]

    async def _obey(self, delivery: Delivery, order: EraseCitizen, db: asyncpg.Connection) -> Emit:
        cause, citizen = delivery.envelope, order.citizen
        said: CitizenErased | str
        try:
            principal = self._check(delivery)
        except SignatureRefused as error:
            said = error.reason
        else:
            known = await erasure_store.known(db, citizen)
            said = erase(self._federation, order, principal, known, cause.time)
        if isinstance(said, CitizenErased):
            await erasure_store.forget(db, citizen, said.erased_at)
            return Emit(TOPIC, citizen, said, cause, cause.time)
        refused = IntakeCommandRefused(
            citizen=citizen, command=order.type, command_id=cause.id, actor=order.actor.id, **coded(said)
        )
        return Emit(TOPIC, citizen, refused, cause, cause.time)
