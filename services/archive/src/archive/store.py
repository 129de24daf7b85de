"""SQL of the archive: the journal, its sealed segments, and proposals that wait for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import asyncpg
from common.messaging.postgres import copy_in, while_open

from archive.rows import PastRow

COLUMNS = list(PastRow._fields)
TIMES = ("happened_at", "received_at", "due_at")
AS_TEXT = ", ".join(f"(extract(epoch FROM {c}) * 1000000)::bigint AS {c}" if c in TIMES else c for c in COLUMNS)


Asks = Literal["backtest", "score"]


@dataclass(frozen=True, slots=True)
class WaitingProposal:
    """`envelope` is JSON of the envelope of the event that the answer follows from; `ends`, once they were asked for,
    as archive.ends writes them."""

    asks: Asks
    proposal_id: str
    as_of: datetime
    envelope: str
    body: str
    """JSON of the ProposalChecked."""
    since: datetime | None = None
    """Of a change to be scored: when it came into force."""
    ends: str | None = None


async def add(db: asyncpg.Connection, rows: Sequence[PastRow]) -> None:
    """The fence of the batch makes it once a record."""
    if rows:
        await copy_in(db, "journal", columns=COLUMNS, records=rows)


async def journal_bytes(db: asyncpg.Connection) -> int:
    """How much the journal takes, without reading it."""
    return int(await db.fetchval("SELECT pg_relation_size('journal')"))


async def lock_journal(db: asyncpg.Connection) -> None:
    """Nobody adds to the journal until the transaction ends, and what was added is seen."""
    await db.execute("LOCK TABLE journal IN ACCESS EXCLUSIVE MODE")


async def copy_out(db: asyncpg.Connection, file: Path) -> int:
    """The journal as CSV with a head, in one order, times in microseconds of Unix time; returns how many rows."""
    done = await while_open(
        db,
        db.copy_from_query(
            f"SELECT {AS_TEXT} FROM journal ORDER BY case_id, journal.happened_at, region, sequence, kind",  # noqa: S608
            output=file, format="csv", header=True,
        ),
    )  # fmt: skip
    return int(done.split()[-1])


async def seal(db: asyncpg.Connection, rows: int, parquet: bytes) -> None:
    """A segment takes the place of the journal's rows, which are locked."""
    await db.execute("INSERT INTO segment (rows, parquet) VALUES ($1, $2)", rows, parquet)
    await db.execute("TRUNCATE journal")


async def segments(db: asyncpg.Connection, folder: Path) -> list[Path]:
    """Write the segments as files, one at a time in memory."""
    found = []
    for row in await db.fetch("SELECT number FROM segment ORDER BY number"):
        file = folder / f"{row['number']}.parquet"
        file.write_bytes(await db.fetchval("SELECT parquet FROM segment WHERE number = $1", row["number"]))
        found.append(file)
    return found


async def past(db: asyncpg.Connection, folder: Path) -> tuple[list[Path], Path]:
    """Write all of the past into a folder: the segments, and the journal as CSV."""
    parquet, csv = await segments(db, folder), folder / "journal.csv"
    await copy_out(db, csv)
    return parquet, csv


async def wait(db: asyncpg.Connection, proposal: WaitingProposal) -> None:
    """A proposal that is checked or adopted anew waits anew."""
    await db.execute(
        "INSERT INTO waiting_proposal (asks, proposal_id, as_of, envelope, body, since) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (asks, proposal_id) DO UPDATE SET as_of = EXCLUDED.as_of, envelope = EXCLUDED.envelope,"
        " body = EXCLUDED.body, since = EXCLUDED.since, ends = NULL",
        proposal.asks, proposal.proposal_id, proposal.as_of, proposal.envelope, proposal.body, proposal.since,
    )  # fmt: skip


async def due(db: asyncpg.Connection, since: datetime) -> list[WaitingProposal]:
    """Proposals that are to be answered as of a time before a tick began, locked, in the order of these times."""
    rows = await db.fetch(
        "SELECT asks, proposal_id, as_of, envelope, body, since, ends FROM waiting_proposal WHERE as_of <= $1"
        " ORDER BY as_of, asks, proposal_id FOR UPDATE",
        since,
    )
    return [WaitingProposal(*row) for row in rows]


async def must_read(db: asyncpg.Connection, proposals: Sequence[WaitingProposal], ends: str) -> None:
    await db.executemany(
        "UPDATE waiting_proposal SET ends = $3 WHERE asks = $1 AND proposal_id = $2",
        [(one.asks, one.proposal_id, ends) for one in proposals],
    )


async def done(db: asyncpg.Connection, proposal: WaitingProposal) -> None:
    await db.execute(
        "DELETE FROM waiting_proposal WHERE asks = $1 AND proposal_id = $2", proposal.asks, proposal.proposal_id
    )


async def remember(db: asyncpg.Connection, proposal_id: str, body: str) -> None:
    """A proposal as it was checked."""
    await db.execute(
        "INSERT INTO checked_proposal (proposal_id, body) VALUES ($1, $2)"
        " ON CONFLICT (proposal_id) DO UPDATE SET body = EXCLUDED.body",
        proposal_id, body,
    )  # fmt: skip


async def checked(db: asyncpg.Connection, proposal_id: str) -> str | None:
    """JSON of its ProposalChecked; None where none was read."""
    found: str | None = await db.fetchval("SELECT body FROM checked_proposal WHERE proposal_id = $1", proposal_id)
    return found


async def positions(db: asyncpg.Connection) -> dict[str, tuple[int, str | None]]:
    """Where this service stands: the next offset and the topic's id by `topic/partition`."""
    rows = await db.fetch("SELECT topic, partition, next_offset, topic_id::text FROM position")
    return {f"{row['topic']}/{row['partition']}": (row["next_offset"], row["topic_id"]) for row in rows}
