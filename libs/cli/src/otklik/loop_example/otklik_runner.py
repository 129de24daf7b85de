"""Runs a loop: facts in order, the clock, and its proposals on their way."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, Producer, TopicPartition
from otklik_facts import FACTS, Fact, fact_of, moment
from otklik_proposals import Proposal, Release, command, signed, signing_key

TICK = "clock.time.passed.v1"
RELEASE = "rules.release.published.v1"
FATES = ("rules.proposal.", "rules.command.refused.")
"""What the types of events about proposals begin with."""
HERE = Path(__file__).parent


class Loop(Protocol):
    """What you write: no I/O and no clock but `now`. After a restart it sees everything from the beginning again."""

    def observe(self, fact: Fact) -> None:
        """Facts come in order of (time, id)."""

    def on_tick(self, now: datetime) -> Iterable[Proposal]:
        """What follows from all facts before `now`."""


def settings() -> dict[str, str]:
    """What loop.env says; the environment goes before it."""
    file = Path(os.environ.get("LOOP_ENV", HERE / "loop.env"))
    lines = file.read_text().splitlines() if file.exists() else []
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name: value.strip("'\"") for name, value in pairs} | dict(os.environ)


def access(given: Mapping[str, str]) -> dict[str, Any]:
    """Where to connect, and as whom."""
    found = {
        "bootstrap.servers": given["OTKLIK_KAFKA_BOOTSTRAP"],
        "security.protocol": given["OTKLIK_KAFKA_PROTOCOL"],
        "sasl.mechanism": given["OTKLIK_KAFKA_MECHANISM"],
        "sasl.username": given["OTKLIK_KAFKA_USER"],
        "sasl.password": given["OTKLIK_KAFKA_PASSWORD"],
    }
    return found | ({"ssl.ca.location": given["OTKLIK_KAFKA_CA"]} if given.get("OTKLIK_KAFKA_CA") else {})


class Runner:
    """Reads all facts from the beginning, gives them to a loop tick by tick, and publishes what it proposes.

    A tick is handled when everything that lies on the topics was read. What was proposed before a restart is known by
    what became of it; where nothing did yet it goes out again under its id, a repeat that does nothing.
    """

    def __init__(self, loop: Loop, given: Mapping[str, str]) -> None:
        self._loop, self._given, self._key = (
            loop,
            given,
            signing_key(Path(given.get("LOOP_KEY", str(HERE / "loop.pem")))),
        )
        self._producer = Producer(access(given) | {"enable.idempotence": True, "partitioner": "murmur2_random"})
        self._facts: list[Fact] = []
        self._ticks: list[datetime] = []
        self._heads: dict[str, Release] = {}
        self._said: set[str] = set()
        self._fates: dict[str, str] = {}
        """What became of each proposal last."""

    def run(self, seconds: float | None = None) -> None:
        """Until Ctrl-C, or for some seconds."""
        until = None if seconds is None else datetime.now(UTC).timestamp() + seconds
        for record in _records(self._given):
            if record is None:
                self._turn()
            elif record.error():
                print(f"Kafka: {record.error()}", file=sys.stderr)
            else:
                self.take(*_opened(record))
            if until is not None and datetime.now(UTC).timestamp() > until:
                return

    def take(self, headers: Mapping[str, str], body: Mapping[str, Any]) -> None:
        """One record."""
        kind = headers.get("ce_type", "")
        if kind == TICK:
            self._ticks.append(moment(body["until"]))
        elif kind == RELEASE:
            known = self._heads.get(body["layer"])
            if known is None or known.number < body["number"]:
                self._heads[body["layer"]] = Release(body["number"], body["tables"])
        elif kind.startswith(FATES) and body.get("proposal_id"):
            why = f": {body['reason']}" if body.get("reason") else ""
            self._fates[body["proposal_id"]] = f"{kind.split('.')[2]}{why}"
            if body["proposal_id"] in self._said:
                print(body["proposal_id"], self._fates[body["proposal_id"]], flush=True)
        elif (fact := fact_of(kind, headers["ce_id"], headers["ce_time"], body)) is not None:
            self._facts.append(fact)

    def _turn(self) -> None:
        """Everything was read that lies there: the ticks that came, each with the facts before it."""
        ticks, self._ticks = sorted(set(self._ticks)), []
        facts = deque(sorted(self._facts, key=lambda fact: (fact.at, fact.id)))
        for now in ticks:
            while facts and facts[0].at < now:
                self._loop.observe(facts.popleft())
            for proposal in self._loop.on_tick(now):
                self.propose(proposal, now)
        self._facts = list(facts)

    def propose(self, proposal: Proposal, now: datetime) -> None:
        """Returns when the broker has it."""
        if proposal.id in self._fates:
            print(proposal.id, self._fates[proposal.id], flush=True)
            self._said.add(proposal.id)
            return
        if proposal.layer not in self._heads:
            print(f"no release of layer {proposal.layer} has come yet: {proposal.title} is not proposed")
            return
        body = command(proposal, self._given["OTKLIK_LOOP"], self._heads[proposal.layer])
        headers = signed(self._key, self._given["OTKLIK_KAFKA_USER"], proposal.id, now, body)
        self._said.add(proposal.id)
        self._producer.produce(
            self._given["OTKLIK_COMMANDS"], body, proposal.id.encode(), headers=list(headers.items()),
            on_delivery=_told,
        )  # fmt: skip
        self._producer.flush()
        print(f"{proposal.id} proposed: {proposal.title}", flush=True)


def _told(error: Any, _: Message) -> None:
    if error is not None:
        print(f"not proposed: {error}", file=sys.stderr)


def record_sample(path: Path, given: Mapping[str, str]) -> int:
    """Write all facts and ticks that lie there, a line each, for tests; returns how many."""
    lines: list[dict[str, Any]] = []
    for record in _records(given):
        if record is None:
            break
        headers, body = _opened(record)
        kind = headers.get("ce_type", "")
        if kind == TICK or kind in FACTS:
            known = {one.name for one in fields(FACTS[kind])} if kind in FACTS else {"until"}
            kept = {name: value for name, value in body.items() if name in known}
            lines.append({"type": kind, "id": headers["ce_id"], "at": headers["ce_time"], "body": kept})
    lines.sort(key=lambda line: (moment(line["at"]), line["id"]))
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return len(lines)


def replay(path: Path, loop: Loop) -> list[Proposal]:
    """What a loop proposes over a recorded sample."""
    said: list[Proposal] = []
    for line in path.read_text().splitlines():
        found = json.loads(line)
        if found["type"] == TICK:
            said += loop.on_tick(moment(found["body"]["until"]))
        elif (fact := fact_of(found["type"], found["id"], found["at"], found["body"])) is not None:
            loop.observe(fact)
    return said


def _records(given: Mapping[str, str]) -> Iterator[Message | None]:
    """Every record from the beginning; None each time when all that lies there was read."""
    going = [True]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: going.clear())
    consumer = Consumer(
        access(given)
        | {
            "group.id": given["OTKLIK_GROUP"], "enable.auto.commit": False, "auto.offset.reset": "earliest",
            "isolation.level": "read_committed", "enable.partition.eof": False,
        }
    )  # fmt: skip
    topics = given["OTKLIK_FACTS"].split(",")
    known = consumer.list_topics(timeout=30).topics
    parts = [TopicPartition(t, p, OFFSET_BEGINNING) for t in topics if t in known for p in known[t].partitions]
    consumer.assign(parts)
    told = True
    while going:
        record = consumer.poll(0.5)
        if record is not None or _at_end(consumer, parts):
            told = told and record is None
            yield record
        if record is None and not told:
            # Nothing is read again from here: `otklik loop check` sees by it how far the loop has come.
            consumer.commit(offsets=[p for p in consumer.position(parts) if p.offset >= 0], asynchronous=True)
            told = True
    consumer.close()


def _at_end(consumer: Consumer, parts: list[TopicPartition]) -> bool:
    for part in consumer.position(parts):
        low, high = consumer.get_watermark_offsets(TopicPartition(part.topic, part.partition), timeout=30)
        if high > low and part.offset < high:
            return False
    return True


def _opened(record: Message) -> tuple[dict[str, str], dict[str, Any]]:
    pairs: Any = record.headers() or ()
    return {name: (value or b"").decode() for name, value in pairs}, json.loads(record.value() or b"{}")
