"""The bare pipe: durable hops without any domain, the yardstick for the product in the same run.

A hop consumes a batch, parses it, writes inbox, state and outbox in one transaction, publishes, deletes the outbox
rows and commits its offsets. `python -m otklik.bench.pipe` is one hop, from the environment.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence

import asyncpg
import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from common.messaging.kafka import Record, client_options, new_producer
from common.runtime.settings import Settings
from pydantic import SecretStr

HOPS = 4
BATCH = 500
SCHEMA = (
    "CREATE TABLE inbox (source text, id text, PRIMARY KEY (source, id))",
    "CREATE TABLE state (key text PRIMARY KEY, body text NOT NULL)",
    "CREATE TABLE outbox (id bigserial PRIMARY KEY, key text NOT NULL, body bytea NOT NULL)",
)


def topic(hop: int) -> str:
    """The topic before hop `hop`; the last hop writes topic(HOPS)."""
    return f"bench.pipe.{hop}"


def database(hop: int) -> str:
    return f"bench-pipe-{hop}"


class Hop:
    """One durable hop."""

    def __init__(self, number: int, db: asyncpg.Connection, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer):
        self._out = topic(number + 1)
        self._db, self._consumer, self._producer = db, consumer, producer

    async def run(self) -> None:
        while True:
            fetched = await self._consumer.getmany(timeout_ms=200, max_records=BATCH)
            records = [r for part in fetched.values() for r in part]
            if records:
                await self._handle(records)
                await self._consumer.commit()

    async def _handle(self, records: Sequence[Record]) -> None:
        bodies = [orjson.loads(r.value or b"{}") for r in records]
        keys = [(r.key or b"").decode() for r in records]
        async with self._db.transaction():
            fresh = await self._db.fetch(
                "INSERT INTO inbox (source, id) SELECT 'bench', k FROM unnest($1::text[]) AS r(k)"
                " ON CONFLICT DO NOTHING RETURNING id",
                keys,
            )
            new = {r["id"] for r in fresh}
            mine = [(k, orjson.dumps(b)) for k, b in zip(keys, bodies, strict=True) if k in new]
            await self._db.execute(
                "INSERT INTO state (key, body) SELECT * FROM unnest($1::text[], $2::text[])"
                " ON CONFLICT (key) DO UPDATE SET body = EXCLUDED.body",
                [k for k, _ in mine],
                [b.decode() for _, b in mine],
            )
            rows = await self._db.fetch(
                "INSERT INTO outbox (key, body) SELECT * FROM unnest($1::text[], $2::bytea[]) RETURNING id",
                [k for k, _ in mine],
                [b for _, b in mine],
            )
        sent = [await self._producer.send(self._out, value=b, key=k.encode()) for k, b in mine]
        await asyncio.gather(*sent)
        await self._db.execute("DELETE FROM outbox WHERE id = ANY($1::bigint[])", [r["id"] for r in rows])


async def run(number: int, settings: Settings) -> None:
    """Run one hop until SIGTERM."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    db = await asyncpg.connect(settings.database_url)
    for statement in SCHEMA:
        await db.execute(statement)
    consumer: AIOKafkaConsumer = AIOKafkaConsumer(
        topic(number), **client_options(settings), group_id=topic(number), enable_auto_commit=False,
        auto_offset_reset="earliest",
    )  # fmt: skip
    producer = new_producer(settings)
    await consumer.start()
    await producer.start()
    hop = asyncio.create_task(Hop(number, db, consumer, producer).run())
    ended = asyncio.create_task(over.wait())
    await asyncio.wait({hop, ended}, return_when=asyncio.FIRST_COMPLETED)
    hop.cancel()
    await asyncio.gather(hop, return_exceptions=True)
    await consumer.stop()
    await producer.stop()
    await db.close()
    if not ended.done():
        hop.result()


def environment(number: int, bootstrap: str, user: str, password: str, url: str) -> dict[str, str]:
    """What a hop's process is given."""
    return {
        "BENCH_HOP": str(number), "BENCH_BOOTSTRAP": bootstrap, "BENCH_USER": user, "BENCH_PASSWORD": password,
        "BENCH_DATABASE": url,
    }  # fmt: skip


def main() -> None:
    given = os.environ
    settings = Settings.model_validate(
        {
            "name": f"bench-{given['BENCH_HOP']}",
            "kafka_bootstrap": given["BENCH_BOOTSTRAP"],
            "kafka_user": given["BENCH_USER"],
            "kafka_password": SecretStr(given["BENCH_PASSWORD"]),
            "database_url": given["BENCH_DATABASE"],
            "federation": ".",
            "keys": ".",
        }
    )
    uvloop.run(run(int(given["BENCH_HOP"]), settings))


if __name__ == "__main__":
    main()
