"""SQL of the open cases: who waits for what."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import asyncpg
from common.contracts.events import region
from common.contracts.events.base import Event

from deliberation.model import OpenCase

ENDS = (region.CaseConfirmed, region.CaseDeclined, region.CaseWithdrawn, region.CaseJoined)
HEARD: frozenset[type[Event]] = frozenset(
    {
        region.CaseOpenedWithCitizen, region.PriorityRaisedSummary, region.CaseAnswered, region.CaseReopened,
        region.CaseTransferred, *ENDS,
    }
)  # fmt: skip
Key = tuple[str, str]


async def hear(db: asyncpg.Connection, events: Collection[Event]) -> None:
    """Keep what transitions, in the order of each case, leave of the open cases."""
    opened: dict[Key, region.CaseOpenedWithCitizen] = {}
    answered: dict[Key, bool] = {}
    raised: dict[Key, int] = {}
    ended: set[Key] = set()
    for event in events:
        if not isinstance(event, region.CaseEvent):
            continue
        key = event.region, event.case_id
        if isinstance(event, region.CaseOpenedWithCitizen):
            opened[key] = event
            ended.discard(key)
            answered[key] = False
            raised.pop(key, None)
        elif isinstance(event, region.PriorityRaisedSummary):
            raised[key] = event.priority
        elif isinstance(event, ENDS) or (isinstance(event, region.CaseTransferred) and event.to_region is not None):
            opened.pop(key, None)
            answered.pop(key, None)
            ended.add(key)
        elif isinstance(event, region.CaseAnswered | region.CaseReopened):
            answered[key] = isinstance(event, region.CaseAnswered)
    await _add(db, opened, answered)
    known = {key: is_so for key, is_so in answered.items() if key not in opened}
    if known:
        await db.execute(
            "UPDATE open_case AS c SET answered = n.a FROM unnest($1::text[], $2::text[], $3::bool[]) AS n(r, i, a)"
            " WHERE c.region = n.r AND c.case_id = n.i",
            [r for r, _ in known], [i for _, i in known], list(known.values()),
        )  # fmt: skip
    if raised:
        await db.execute(
            "UPDATE open_case AS c SET priority = n.p FROM unnest($1::text[], $2::text[], $3::int[]) AS n(r, i, p)"
            " WHERE c.region = n.r AND c.case_id = n.i",
            [r for r, _ in raised], [i for _, i in raised], list(raised.values()),
        )  # fmt: skip
    if ended:
        await db.execute(
            "DELETE FROM open_case AS c USING unnest($1::text[], $2::text[]) AS n(r, i)"
            " WHERE c.region = n.r AND c.case_id = n.i",
            [r for r, _ in ended], [i for _, i in ended],
        )  # fmt: skip


async def _add(
    db: asyncpg.Connection, opened: Mapping[Key, region.CaseOpenedWithCitizen], answered: Mapping[Key, bool]
) -> None:
    if not opened:
        return
    rows = [
        (*key, e.area, e.category, e.priority, e.citizen, answered.get(key, False)) for key, e in sorted(opened.items())
    ]
    await db.execute(
        "INSERT INTO open_case (region, case_id, area, category, priority, citizen, answered) SELECT *"
        " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::bool[])"
        " ON CONFLICT (region, case_id) DO UPDATE SET answered = EXCLUDED.answered",
        *(list(column) for column in zip(*rows, strict=True)),
    )


async def kinds(db: asyncpg.Connection) -> list[OpenCase]:
    """Each combination of place, category and priority that an open case has."""
    rows = await db.fetch("SELECT DISTINCT area, category, priority, region FROM open_case WHERE NOT answered")
    return [OpenCase(**row) for row in rows]


async def citizens(db: asyncpg.Connection, touched: Collection[OpenCase]) -> list[str]:
    """Who waits for cases of these kinds, each once, in order."""
    rows = await db.fetch(
        "SELECT DISTINCT c.citizen FROM open_case AS c"
        " JOIN unnest($1::text[], $2::text[], $3::int[], $4::text[]) AS n(a, k, p, r)"
        " ON c.area = n.a AND c.category = n.k AND c.priority = n.p AND c.region = n.r"
        " WHERE NOT c.answered ORDER BY c.citizen",
        [t.area for t in touched], [t.category for t in touched], [t.priority for t in touched],
        [t.region for t in touched],
    )  # fmt: skip
    return [row["citizen"] for row in rows]
