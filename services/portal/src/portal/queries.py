"""SQL of what the pages ask, answered by indexes and counters whatever the number of cases.

Some questions are not. Cases of a rare state alone: an index on the state would cost every change of every case a
rewrite of all indexes, so the table is read, some tens of milliseconds at 60,000 cases. Proposals are searched whole,
as are disputes that nobody has settled: people make few. A history is read with all its events.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.contracts.case_life import BY_AUTHORITY, OPEN
from common.contracts.events import intake, region

from portal.case_fold import CaseView
from portal.cell_counts import Count, Window
from portal.item_fold import Item
from portal.snapshot import SnapshotPool
from portal.store import COUNTED, item_of
from portal.voice_store import VoiceReader

PAGE = 50
"""Rows on one page of a list."""
LOOKED_AT = 1000
"""Cases of a cell that say where its cases are."""
HISTORY = 500
"""Events of a case on one page."""
FIRST = 20
"""Of the oldest events, which hold what a case began with."""
OFTEN = frozenset(
    {intake.MessageAdded.type, intake.AttachmentGiven.type, region.MessageJoined.type, region.CommandRefused.type,
     intake.DeliveryFailed.type, intake.DeliverySucceeded.type, intake.NoticeRedirected.type,
     intake.OtherAddressNoted.type}
)  # fmt: skip
"""What a citizen's further messages make of a case's history."""
UNDECIDED = ("checked", "in_deliberation", "to_be_decided", "accepted", "on_trial")
"""States of proposals that may still become rules."""


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """What a list of cases is narrowed to; None: everything. `after` is the cursor of the page before."""

    region: str | None = None
    state: str | None = None
    authority: str | None = None
    category: str | None = None
    overdue: bool = False
    reference: str | None = None
    """The beginning of a reference."""
    after: tuple[datetime, str] | None = None
    """Receipt and id of the last case already shown: neither ever changes, so no case is missed or seen twice."""


class Reader:
    """What the pages ask."""

    def __init__(self, pool: SnapshotPool) -> None:
        self._pool = pool
        self.voices = VoiceReader(pool)

    async def clock(self) -> datetime | None:
        found: datetime | None = await self._pool.fetchval("SELECT until FROM clock")
        return found

    async def tallies(self) -> list[dict[str, Any]]:
        """The counters of every area, one row each."""
        return [dict(r) for r in await self._pool.fetch("SELECT * FROM area_tally ORDER BY region, area")]

    async def days(self, types: Sequence[str], limit: int = 200) -> list[dict[str, Any]]:
        """Counts by day and type of the `limit` days up to the last on which anything of them happened."""
        rows = await self._pool.fetch(
            "SELECT day, type, sum(count)::bigint AS count FROM day_count WHERE type = ANY($1::text[])"
            " AND day > (SELECT max(last) FROM unnest($1::text[]) AS t(type),"
            " LATERAL (SELECT max(d.day) AS last FROM day_count AS d WHERE d.type = t.type) AS found) - $2::integer"
            " GROUP BY day, type ORDER BY day",
            list(types),
            limit,
        )
        return [dict(r) for r in rows]

    async def recent(self, limit: int) -> list[dict[str, Any]]:
        """The events that arrived last, newest first."""
        rows = await self._pool.fetch(
            "SELECT e.case_id, e.type, e.time, e.data, v.reference, v.region, v.category"
            " FROM (SELECT * FROM case_event ORDER BY arrival DESC LIMIT $1) AS e"
            " LEFT JOIN case_view AS v USING (case_id) ORDER BY e.arrival DESC",
            limit,
        )
        return [{**dict(r), "data": json.loads(r["data"])} for r in rows]

    async def cases(self, query: CaseQuery, limit: int = PAGE + 1) -> list[CaseView]:
        """Newest receipt first."""
        at, case_id = query.after or (None, None)
        async with self._pool.acquire() as db, db.transaction():
            # One statement serves every filter; planned anew for what was asked, it takes the index that fits.
            await db.execute("SET LOCAL plan_cache_mode = force_custom_plan")
            rows = await db.fetch(
                "SELECT * FROM case_view WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR state = $2)"
                " AND ($3::text IS NULL OR authority = $3) AND ($4::text IS NULL OR category = $4)"
                " AND (NOT $5::boolean OR overdue)"
                ' AND ($6::text IS NULL OR (reference COLLATE "C" >= $6 AND reference COLLATE "C" < $6 || \'~\'))'
                " AND ($7::timestamptz IS NULL OR (received_at, case_id) < ($7, $8::text))"
                " ORDER BY received_at DESC, case_id DESC LIMIT $9",
                query.region, query.state, query.authority, query.category, query.overdue,
                query.reference.upper() if query.reference else None, at, case_id, limit,
            )  # fmt: skip
        return [CaseView(**dict(r)) for r in rows]

    async def case(self, name: str) -> CaseView | None:
        """A case by its id or its reference."""
        row = await self._pool.fetchrow(
            'SELECT * FROM case_view WHERE case_id = $1 OR reference COLLATE "C" = upper($1)', name
        )
        return CaseView(**dict(row)) if row else None

    async def cases_of(self, case_ids: Sequence[str]) -> list[CaseView]:
        rows = await self._pool.fetch(
            "SELECT * FROM case_view WHERE case_id = ANY($1::text[]) ORDER BY received_at, case_id", list(case_ids)
        )
        return [CaseView(**dict(r)) for r in rows]

    async def references(self, case_ids: Iterable[str]) -> dict[str, str]:
        """The references of these cases, by id; without those that are not known."""
        wanted = sorted(set(case_ids))
        return {case.case_id: case.reference for case in await self.cases_of(wanted)} if wanted else {}

    async def cell_ends(self, category: str, area: str | None, but: str, limit: int = 6) -> list[CaseView]:
        """The last cases of a category in an area (None: anywhere) that came to an end, newest first."""
        async with self._pool.acquire() as db, db.transaction():
            await db.execute("SET LOCAL plan_cache_mode = force_custom_plan")
            rows = await db.fetch(
                "SELECT * FROM case_view WHERE category = $1 AND ($2::text IS NULL OR area = $2) AND case_id <> $3"
                " AND state = ANY($5::text[]) ORDER BY received_at DESC LIMIT $4",
                category, area, but, limit, sorted(BY_AUTHORITY),
            )  # fmt: skip
        return [CaseView(**dict(r)) for r in rows]

    async def ends_of_cells(self, cells: Iterable[tuple[str, str]], limit: int = 6) -> dict[tuple[str, str], list[str]]:
        """Of each category and area, whom its last cases that came to an end were with, newest first; without those
        that had none."""
        wanted = sorted(set(cells))
        rows = await self._pool.fetch(
            "SELECT cell.category, cell.area, ended.authority"
            " FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS cell (category, area, place)"
            " CROSS JOIN LATERAL (SELECT authority, received_at, case_id FROM case_view"
            " WHERE category = cell.category AND area = cell.area AND state = ANY($4::text[]) AND authority IS NOT NULL"
            " ORDER BY received_at DESC, case_id DESC LIMIT $3) AS ended"
            " ORDER BY cell.place, ended.received_at DESC, ended.case_id DESC",
            [category for category, _ in wanted], [area for _, area in wanted], limit, sorted(BY_AUTHORITY),
        )  # fmt: skip
        found: dict[tuple[str, str], list[str]] = {}
        for row in rows:
            found.setdefault((row["category"], row["area"]), []).append(row["authority"])
        return found

    async def cell_authorities(self, category: str, area: str) -> list[tuple[str, int]]:
        """Where the newest cases of a category in an area, LOOKED_AT of them, are or ended, most first."""
        rows = await self._pool.fetch(
            "SELECT authority, count(*) AS cases FROM (SELECT authority FROM case_view WHERE category = $1"
            " AND area = $2 AND authority IS NOT NULL ORDER BY received_at DESC, case_id DESC LIMIT $3) AS newest"
            " GROUP BY authority ORDER BY cases DESC, authority LIMIT 6",
            category, area, LOOKED_AT,
        )  # fmt: skip
        return [(r["authority"], r["cases"]) for r in rows]

    async def cell_counts(self, windows: Sequence[Window]) -> dict[int, Count]:
        """How the cases of each window stand by now, by its place; those that joined another do not count."""
        rows = await self._pool.fetch(
            "SELECT w.place, count(*) AS cases, count(*) FILTER (WHERE v.transfers > 0) AS passed_on,"
            " count(*) FILTER (WHERE v.authority = w.target) AS at_target,"
            " count(*) FILTER (WHERE v.authority = w.held) AS at_current"
            " FROM unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],"
            " $7::timestamptz[]) AS w(place, category, area, held, target, first, until)"
            " JOIN case_view AS v ON v.category = w.category AND v.area = w.area AND v.received_at >= w.first"
            " AND v.received_at < w.until AND v.state <> 'joined' GROUP BY w.place",
            list(range(len(windows))), [w.cell.category for w in windows], [w.cell.area for w in windows],
            [w.cell.current for w in windows], [w.cell.target for w in windows], [w.first for w in windows],
            [w.until for w in windows],
        )  # fmt: skip
        return {r["place"]: Count(r["cases"], r["passed_on"], r["at_target"], r["at_current"]) for r in rows}

    async def history(self, case_id: str) -> list[dict[str, Any]]:
        """In order: the newest events, and of what citizens cannot multiply as much more, by which a case stands."""
        rows = await self._pool.fetch(
            "SELECT * FROM case_event WHERE arrival IN ("
            "(SELECT arrival FROM case_event WHERE case_id = $1 ORDER BY time DESC, arrival DESC LIMIT $2)"
            " UNION (SELECT arrival FROM case_event WHERE case_id = $1 AND type <> ALL($3::text[])"
            " ORDER BY time DESC, arrival DESC LIMIT $2)"
            " UNION (SELECT arrival FROM case_event WHERE case_id = $1 ORDER BY time, arrival LIMIT $4))"
            " ORDER BY LEAST(time, taken_back_at - interval '1 microsecond'), appended_at, arrival",
            case_id, HISTORY, sorted(OFTEN), FIRST,
        )  # fmt: skip
        return [{**dict(r), "data": json.loads(r["data"])} for r in rows]

    async def older(self, case_id: str, before: int) -> tuple[list[dict[str, Any]], int | None]:
        """The events of a case that arrived before another, the newest of them, in order; and where still older ones
        begin, None for none."""
        rows = await self._pool.fetch(
            "WITH own AS MATERIALIZED (SELECT arrival FROM case_event WHERE case_id = $1)"
            " SELECT e.* FROM (SELECT arrival FROM own WHERE arrival < $2 ORDER BY arrival DESC LIMIT $3) AS newest"
            " JOIN case_event AS e USING (arrival) ORDER BY arrival DESC",
            case_id, before, HISTORY + 1,
        )  # fmt: skip
        shown = rows[:HISTORY][::-1]
        found = [{**dict(r), "data": json.loads(r["data"])} for r in shown]
        return found, shown[0]["arrival"] if len(rows) > HISTORY else None

    async def before_all(self, case_id: str, history: Sequence[Mapping[str, Any]]) -> int | None:
        """Where events of a case begin that its history leaves out; None where it leaves out none."""
        if len(history) < HISTORY:
            return None
        arrivals = [event["arrival"] for event in history]
        found: int | None = await self._pool.fetchval(
            "WITH own AS MATERIALIZED (SELECT arrival FROM case_event WHERE case_id = $1)"
            " SELECT max(arrival) FROM own WHERE arrival NOT IN (SELECT unnest($2::bigint[]))",
            case_id,
            arrivals,
        )
        return None if found is None else found + 1

    async def caused_by(self, case_id: str, order: str) -> list[tuple[str, dict[str, Any]]]:
        """Type and body of the events of a case that an order brought about, in order."""
        rows = await self._pool.fetch(
            "SELECT type, data FROM case_event WHERE case_id = $1 AND causation_id = $2 ORDER BY arrival",
            case_id,
            order,
        )
        return [(r["type"], json.loads(r["data"])) for r in rows]

    async def items(self, kind: str, state: str | None = None, limit: int = 200) -> list[Item]:
        """Newest first."""
        if state is None:
            rows = await self._pool.fetch("SELECT * FROM item WHERE kind = $1 ORDER BY time DESC LIMIT $2", kind, limit)
        else:
            rows = await self._pool.fetch(
                "SELECT * FROM item WHERE kind = $1 AND state = $2 ORDER BY time DESC LIMIT $3", kind, state, limit
            )
        return [item_of(r) for r in rows]

    async def undecided_proposals(self, limit: int = 200) -> list[Item]:
        """Proposals that may still become rules, newest first."""
        rows = await self._pool.fetch(
            "SELECT * FROM item WHERE kind = 'proposal' AND state = ANY($1::text[]) ORDER BY time DESC LIMIT $2",
            list(UNDECIDED), limit,
        )  # fmt: skip
        return [item_of(r) for r in rows]

    async def released_proposals(self, limit: int) -> list[Item]:
        """Proposals that releases were made for, newest first."""
        rows = await self._pool.fetch(
            "SELECT * FROM item WHERE kind = 'proposal' AND jsonb_path_exists(data, '$.steps[*].number')"
            " ORDER BY time DESC LIMIT $1",
            limit,
        )
        return [item_of(r) for r in rows]

    async def proposals_about(self, layer: str, table: str, row_id: str, limit: int = 50) -> list[Item]:
        """Proposals that would change a row, or did, newest first."""
        rows = await self._pool.fetch(
            "SELECT * FROM item WHERE kind = 'proposal' AND data #>> '{patch,layer}' = $1"
            " AND data #>> '{patch,table}' = $2 AND data #> '{patch,changes}' @> $3::jsonb"
            " ORDER BY time DESC LIMIT $4",
            layer, table, json.dumps([{"row_id": row_id}]), limit,
        )  # fmt: skip
        return [item_of(r) for r in rows]

    async def disputes(self, limit: int) -> list[dict[str, Any]]:
        """Cases of which it is open whose they are, the oldest dispute first: reference, holder, claim, arbiter."""
        rows = await self._pool.fetch(
            "SELECT c.reference, c.region, c.authority, i.time, i.data->>'claimed_authority' AS claimed_authority,"
            " i.data->>'claimed_region' AS claimed_region, i.data->>'arbiter' AS arbiter, i.data->>'reason' AS reason"
            " FROM item AS i JOIN case_view AS c ON c.case_id = i.id"
            " WHERE i.kind = 'dispute' AND i.state = 'open' AND c.state = ANY($1::text[]) ORDER BY i.time LIMIT $2",
            sorted(OPEN), limit,
        )  # fmt: skip
        return [dict(row) for row in rows]

    async def thanks(self, authority: str) -> int:
        """How many messages said thanks to an authority."""
        found: int = await self._pool.fetchval(
            "SELECT count(*) FROM case_view WHERE authority = $1 AND due_at IS NULL AND state = 'thanked'", authority
        )
        return found

    async def oldest_items(self, kind: str, state: str, limit: int) -> list[Item]:
        rows = await self._pool.fetch(
            "SELECT * FROM item WHERE kind = $1 AND state = $2"
            " ORDER BY data->>'matter' IS NOT DISTINCT FROM 'emergency' DESC, time LIMIT $3",
            kind, state, limit,
        )  # fmt: skip
        return [item_of(r) for r in rows]

    async def item_states(self, kind: str) -> dict[str, int]:
        """How many items of a kind are in each state."""
        assert kind in COUNTED
        rows = await self._pool.fetch("SELECT state, items AS n FROM item_count WHERE kind = $1 AND items > 0", kind)
        return {r["state"]: r["n"] for r in rows}

    async def open_letters(self) -> dict[str, int]:
        """Open dead letters by service."""
        rows = await self._pool.fetch(
            "SELECT data->>'service' AS service, count(*) AS n FROM item"
            " WHERE kind = 'dead_letter' AND state = 'open' GROUP BY 1 ORDER BY 1"
        )
        return {r["service"]: r["n"] for r in rows}

    async def counted_by_state(self, kind: str) -> dict[str, int]:
        """How many items of a kind are in each state, counted now: of kinds of which there are few."""
        rows = await self._pool.fetch("SELECT state, count(*) AS n FROM item WHERE kind = $1 GROUP BY 1", kind)
        return {r["state"]: r["n"] for r in rows}

    async def of_loop(self, kind: str, loop: str, limit: int) -> list[Item]:
        """Findings or proposals of a loop, newest first."""
        rows = await self._pool.fetch(
            "SELECT * FROM item WHERE kind = $1 AND data->>'loop' = $2 ORDER BY time DESC LIMIT $3", kind, loop, limit
        )
        return [item_of(r) for r in rows]

    async def loops_heard_of(self) -> dict[str, dict[str, int]]:
        """How many findings and proposals there are of each loop."""
        rows = await self._pool.fetch(
            "SELECT data->>'loop' AS loop, kind, count(*) AS n FROM item"
            " WHERE kind IN ('finding', 'proposal') AND data->>'loop' IS NOT NULL GROUP BY 1, 2"
        )
        found: dict[str, dict[str, int]] = {}
        for row in rows:
            found.setdefault(row["loop"], {})[row["kind"]] = row["n"]
        return found

    async def item(self, kind: str, item_id: str) -> Item | None:
        row = await self._pool.fetchrow("SELECT * FROM item WHERE kind = $1 AND id = $2", kind, item_id)
        return item_of(row) if row else None

    async def items_named(self, kind: str, ids: Sequence[str]) -> list[Item]:
        """Those of a kind that have one of these ids."""
        rows = await self._pool.fetch("SELECT * FROM item WHERE kind = $1 AND id = ANY($2::text[])", kind, list(ids))
        return [item_of(r) for r in rows]

    async def links(self, limit: int = 15) -> list[dict[str, Any]]:
        """The last links of the chain, newest first."""
        rows = await self._pool.fetch("SELECT * FROM chain_link ORDER BY number DESC LIMIT $1", limit)
        return [dict(r) for r in rows]
