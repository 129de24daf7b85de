"""Which process set runs which loop, so that none runs in two: the service itself, or a set of loops beside it.

A set has a consumer group and a database schema of its own. Which loops are whose stands in the service's schema, and
each tick holds its rows until it is over: a loop that a set takes over stops elsewhere at the tick before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import asyncpg
from common.messaging.settings import SettingsError

SET_PREFIX = "set_"
"""Before a set's name, in the names of its schema and of its consumer group."""
LOCK = "LOCK TABLE public.loop_home IN EXCLUSIVE MODE"
HERE = "SELECT loop FROM public.loop_home WHERE part = $1 AND loop = ANY($2) ORDER BY loop FOR SHARE"
HAS_BEGUN = "SELECT EXISTS (SELECT FROM position) OR EXISTS (SELECT FROM last_tick)"
TAKE_OVER = """
WITH
at AS (INSERT INTO position SELECT * FROM public.position),
heard AS (INSERT INTO heard_tick SELECT * FROM public.heard_tick),
corrected AS (INSERT INTO time_correction SELECT * FROM public.time_correction),
ticked AS (INSERT INTO last_tick SELECT * FROM public.last_tick),
ids AS (INSERT INTO inbox SELECT * FROM public.inbox),
numbers AS (INSERT INTO outbox_sequence SELECT * FROM public.outbox_sequence),
waiting AS (
    INSERT INTO tick_batch (earliest, latest, records)
    SELECT earliest, latest, records FROM public.tick_batch ORDER BY number
),
states AS (INSERT INTO loop_state SELECT * FROM public.loop_state WHERE loop = ANY($1)),
stopped AS (INSERT INTO stopped_loop SELECT * FROM public.stopped_loop WHERE loop = ANY($1)),
missed AS (INSERT INTO fact_missed SELECT * FROM public.fact_missed WHERE loop = ANY($1)),
declared AS (INSERT INTO declared_loop SELECT * FROM public.declared_loop WHERE loop = ANY($1)),
left_states AS (DELETE FROM public.loop_state WHERE loop = ANY($1)),
left_missed AS (DELETE FROM public.fact_missed WHERE loop = ANY($1)),
left_stopped AS (DELETE FROM public.stopped_loop WHERE loop = ANY($1)),
left_declared AS (DELETE FROM public.declared_loop WHERE loop = ANY($1))
SELECT 1
"""
"""One statement sees one moment: where the service stands in each topic, what waits for its tick, what loops know."""


SETS = "SELECT part, array_agg(loop ORDER BY loop) AS loops FROM public.loop_home WHERE part <> '' GROUP BY part"


async def sets_begun(db: asyncpg.Connection) -> dict[str, list[str]]:
    """The loops that are at home in each set, by the set's name; none where reflex has never started."""
    if await db.fetchval("SELECT to_regclass('public.loop_home')") is None:
        return {}
    return {row["part"].removeprefix(SET_PREFIX): list(row["loops"]) for row in await db.fetch(SETS)}


class LoopHomes:
    """The loops that a process was told to run; `part` is its set's schema, empty for the service itself."""

    def __init__(self, loops: Sequence[str], part: str, *, named: bool = True) -> None:
        """`named`: they were named one by one; else they are all that no set has."""
        self._loops = list(loops)
        self._part = part
        self._named = named

    async def here(self, db: asyncpg.Connection) -> Collection[str]:
        """Those of them that are at home in this process's set, until the transaction ends."""
        return {row["loop"] for row in await db.fetch(HERE, self._part, self._loops)}

    async def claim(self, db: asyncpg.Connection) -> None:
        """At a start. A set that begins takes its loops over from the service, with all that they know. Raises
        SettingsError where a loop is at home in another set."""
        if await db.fetchval("SELECT to_regclass('public.loop_home')") is None:
            raise SettingsError("OTKLIK_LOOP_SET: start reflex without it once; a set is made beside it")
        await db.execute(LOCK)
        held = {row["loop"]: row["part"] for row in await db.fetch("SELECT loop, part FROM public.loop_home")}
        elsewhere = {loop: held[loop] for loop in self._loops if held.get(loop, self._part) != self._part}
        others = {loop: part for loop, part in elsewhere.items() if part}
        if others and self._named:
            told = ", ".join(f"{loop} runs in {part}" for loop, part in sorted(others.items()))
            raise SettingsError(f"OTKLIK_LOOPS: {told}; start that without it first")
        wanted = [loop for loop in self._loops if loop not in others]
        await db.execute("DELETE FROM public.loop_home WHERE part = $1 AND loop <> ALL($2)", self._part, wanted)
        if self._part and not await db.fetchval(HAS_BEGUN):
            await db.execute(TAKE_OVER, wanted)
        await db.executemany(
            "INSERT INTO public.loop_home (loop, part) VALUES ($1, $2)"
            " ON CONFLICT (loop) DO UPDATE SET part = EXCLUDED.part",
            [(loop, self._part) for loop in wanted],
        )
