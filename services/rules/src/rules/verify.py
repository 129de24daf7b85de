"""Verify the chain of rules.lifecycle from the topic alone: `python -m rules.verify --help`.

It shares no code with the rest of Otklik on purpose: only the standard library and aiokafka.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Iterable
from typing import Any


def broken_link(records: Iterable[bytes]) -> tuple[int, str | None]:
    """How many links hold, and what is wrong with the next one (None when all hold)."""
    previous, count = "", 0
    for raw in records:
        number = count + 1
        try:
            step: dict[str, Any] = json.loads(raw)
            said = {k: step[k] for k in ("previous", "number", "step", "at", "body")}
            said["proposal_id"] = step.get("proposal_id")
            stated = step["hash"]
        except (ValueError, KeyError, TypeError) as error:
            return count, f"link {number} is unreadable: {error!r}"
        if said["number"] != number:
            return count, f"link {number} is missing: number {said['number']} stands in its place"
        if said["previous"] != previous:
            return count, f"link {number} does not follow its predecessor: previous is {said['previous']!r}"
        text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(text.encode()).hexdigest()
        if digest != stated:
            return count, f"link {number} ({said['step']}) was changed: its hash is {digest}, it says {stated}"
        previous, count = digest, number
    return count, None


async def read_topic(bootstrap: str, topic: str, user: str | None, password: str | None) -> list[bytes]:
    """Every value of the topic's one partition, up to its end now."""
    from aiokafka import AIOKafkaConsumer, TopicPartition

    access: dict[str, Any] = {}
    if user:
        access = {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-256",
            "sasl_plain_username": user,
            "sasl_plain_password": password,
        }
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, isolation_level="read_committed", **access
    )
    await consumer.start()
    try:
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        end = (await consumer.end_offsets([place]))[place]
        values: list[bytes] = []
        while await consumer.position(place) < end:
            for records in (await consumer.getmany(place, timeout_ms=1000)).values():
                values.extend(r.value or b"" for r in records if r.offset < end)
        return values
    finally:
        await consumer.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify the chained record of the rulebook from its topic alone.")
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--topic", default="otklik.rules.lifecycle.v1")
    parser.add_argument("--user", help="SCRAM user; its password is read from CHAIN_PASSWORD")
    given = parser.parse_args()
    values = asyncio.run(read_topic(given.bootstrap, given.topic, given.user, os.environ.get("CHAIN_PASSWORD")))
    count, wrong = broken_link(values)
    if wrong is not None:
        print(f"{given.topic}: {count} links hold, then: {wrong}", file=sys.stderr)
        return 1
    print(f"{given.topic}: all {count} links hold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
