"""The proposals that a transaction is about: locked, changed in memory, saved once."""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg
from common.contracts.reference import reference_of

from deliberation import store
from deliberation.model import Deliberation

SHORTEST, LONGEST = 6, 10
"""Characters of a reference after its mark."""
MARK = "P-"


class Proposals:
    def __init__(self, held: Iterable[Deliberation]) -> None:
        self._held = {d.proposal_id: d for d in held}
        self._ids = {d.reference: d.proposal_id for d in self._held.values()}
        self._changed: set[str] = set()

    def all(self) -> list[Deliberation]:
        """In the order of their ids."""
        return [self._held[name] for name in sorted(self._held)]

    def find(self, name: str) -> Deliberation | None:
        """By id, or by reference in any letter case."""
        return self._held.get(name) or self._held.get(self._ids.get(name.upper(), ""))

    def named(self, proposal_id: str) -> Deliberation:
        """One that is held, by its id."""
        return self._held[proposal_id]

    def put(self, deliberation: Deliberation) -> None:
        self._held[deliberation.proposal_id] = deliberation
        self._ids[deliberation.reference] = deliberation.proposal_id
        self._changed.add(deliberation.proposal_id)

    async def save(self, db: asyncpg.Connection) -> None:
        await store.save(db, [self._held[name] for name in sorted(self._changed)])

    async def new_reference(self, db: asyncpg.Connection, proposal_id: str) -> str:
        """The shortest one that no other proposal has."""
        whole = reference_of(proposal_id).replace("-", "")
        candidates = [f"{MARK}{whole[:length]}" for length in range(SHORTEST, LONGEST + 1)]
        taken = await store.taken_references(db, candidates) | self._ids.keys()
        return next((c for c in candidates if c not in taken), f"{MARK}{whole}")
