"""Reads of cases what their citizen is shown at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import asyncpg

from channels import history_store
from channels.case_history import HistoryEntry
from channels.case_state import CaseState
from channels.case_steps import DECIDING, CaseSteps, joined_at, newest, of_lead, steps_of

MOST_STEPS = 50
"""Steps of a case that are shown at a time."""


async def read_steps(
    pool: asyncpg.Pool, cases: Sequence[CaseState], fingerprint: bytes, most: int = MOST_STEPS
) -> dict[str, CaseSteps]:
    """By case, for a secret's holder: in two queries, whatever their number."""
    ids = sorted({name for one in cases for name in (one.case_id, one.into_case) if name is not None})
    read = _by_case(await history_store.newest_of(pool, ids, fingerprint, most + 1))
    # Of what was read whole, nothing else can decide.
    long = [name for name, entries in read.items() if len(entries) > most]
    deciding = _by_case(await history_store.last_of(pool, long, DECIDING, fingerprint)) if long else {}
    return {one.case_id: steps_of(one.case_id, one.into_case, read, deciding, most) for one in cases}


async def read_older(
    pool: asyncpg.Pool, case: CaseState, fingerprint: bytes, before: str, most: int = MOST_STEPS
) -> tuple[Sequence[HistoryEntry], str | None] | None:
    """The steps before this one, and before which of them there are more; None where the case has no such step."""
    both = [name for name in (case.case_id, case.into_case) if name is not None]
    cut = await history_store.step_of(pool, both, before, fingerprint)
    if cut is None:
        return None
    leads: list[HistoryEntry] = []
    if cut.case_id != case.case_id:
        joins = await history_store.last_of(pool, [case.case_id], DECIDING, fingerprint)
        since = joined_at(joins, case.into_case)
        if since is None or cut.at < since:
            return None
        found = await history_store.newest_of(pool, [cut.case_id], fingerprint, most + 1, cut)
        leads = of_lead(found, since)[-most - 1 :]
        cut = None
    own = await history_store.newest_of(pool, [case.case_id], fingerprint, most + 1, cut)
    return newest(own[-most - 1 :], leads, most)


def _by_case(entries: Iterable[HistoryEntry]) -> Mapping[str, list[HistoryEntry]]:
    found: dict[str, list[HistoryEntry]] = defaultdict(list)
    for one in entries:
        found[one.case_id].append(one)
    return found
