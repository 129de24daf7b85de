"""A channel of Otklik: sends what citizens say, delivers what they are told, and says what became of it.

python channel.py send CONVERSATION TEXT [ID [ATTACHMENT ...]]
python channel.py verdict CONVERSATION confirmed|reopened|withdrawn [RATING]
python channel.py listen
"""

from __future__ import annotations

import json
import os
import signal
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Message, Producer

MESSAGE = "channel.message.received.v1"
VERDICT = "channel.verdict.received.v1"
RECEIPT = "channel.notice.delivered.v1"
NOTICES = ("channel.notice.issued.v1", "channel.proposal_notice.issued.v1")
REJECTION = "channel.record.rejected.v1"


def settings() -> dict[str, str]:
    """What channel.env says; the environment goes before it."""
    file = Path(os.environ.get("CHANNEL_ENV", Path(__file__).parent.parent / "channel.env"))
    lines = file.read_text().splitlines() if file.exists() else []
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name: value.strip("'\"") for name, value in pairs} | dict(os.environ)


def access(given: dict[str, str]) -> dict[str, Any]:
    """Where to connect, and as whom."""
    found = {
        "bootstrap.servers": given["OTKLIK_KAFKA_BOOTSTRAP"],
        "security.protocol": given["OTKLIK_KAFKA_PROTOCOL"],
        "sasl.mechanism": given["OTKLIK_KAFKA_MECHANISM"],
        "sasl.username": given["OTKLIK_KAFKA_USER"],
        "sasl.password": given["OTKLIK_KAFKA_PASSWORD"],
    }
    return found | ({"ssl.ca.location": given["OTKLIK_KAFKA_CA"]} if given.get("OTKLIK_KAFKA_CA") else {})


class Channel:
    """Publishes to the channel's own topics, each record once, in the order of its conversation."""

    def __init__(self, given: dict[str, str]) -> None:
        self._given = given
        # The partitioner is Java's, so that a conversation stays on its partition whatever program sends.
        self._producer = Producer(access(given) | {"enable.idempotence": True, "partitioner": "murmur2_random"})
        self._failed: list[str] = []

    def publish(self, topic: str, kind: str, key: str, record_id: str, body: dict[str, Any]) -> None:
        """Returns when the broker has the record; ends the program when it does not take it."""
        headers: list[tuple[str, str | bytes | None]] = [
            ("ce_specversion", "1.0"), ("ce_type", kind), ("ce_id", record_id),
            ("ce_source", self._given["OTKLIK_CHANNEL"]), ("content-type", "application/json"),
        ]  # fmt: skip
        self._producer.produce(topic, json.dumps(body).encode(), key.encode(), headers=headers, on_delivery=self._note)
        self._producer.flush()
        if self._failed:
            sys.exit(f"{topic} did not take it: {self._failed[0]}")

    def _note(self, error: Any, _: Message) -> None:
        if error is not None:
            self._failed.append(str(error))

    def said(self, kind: str, conversation: str, body: dict[str, Any], record_id: str) -> None:
        """What a citizen said: the key is the conversation, ce_id your own id of it."""
        now = self._given.get("EXAMPLE_SENT_AT") or datetime.now(UTC).isoformat()
        who = {"conversation": conversation, "contact": {"address": f"{conversation or 'ann'}@example.org"}}
        self.publish(self._given["OTKLIK_INBOUND"], kind, conversation, record_id, {**who, **body, "sent_at": now})
        print(f"sent {record_id}")


def send(channel: Channel, given: dict[str, str], conversation: str, text: str, record_id: str, *files: str) -> None:
    """A message; `files` are names that the edge gave for files."""
    place = {"lat": float(given["EXAMPLE_LAT"]), "lon": float(given["EXAMPLE_LON"])}
    body = {"text": text, "category": given.get("EXAMPLE_CATEGORY"), "place": place, "attachments": files}
    channel.said(MESSAGE, conversation, body, record_id)


def deliver(notice: dict[str, Any]) -> str | None:
    """Bring a notice to the citizen: put your own sending here. Returns why it failed, None when it did not.

    It may come twice, after a crash for instance: its ce_id tells a repeat.
    """
    print(f"notice {notice.get('kind') or notice['notice']} {notice['reference']}: {notice['text']}", flush=True)
    return "no such address" if notice["contact"]["address"].startswith("nowhere") else None


def handle(channel: Channel, given: dict[str, str], record: Message) -> None:
    """Deliver a notice and say what became of it, or show what was not taken."""
    pairs: Any = record.headers() or ()
    headers = {name: (value or b"").decode() for name, value in pairs}
    kind, body = headers.get("ce_type"), json.loads(record.value() or b"{}")
    if kind in NOTICES:
        reason, notice_id = deliver(body), headers["ce_id"]
        receipt = {"notice_id": notice_id, "delivered": reason is None, "reason": reason}
        # The same word is the same record; a later success after a failure is another.
        word = "delivered" if reason is None else "failed"
        channel.publish(given["OTKLIK_RECEIPTS"], RECEIPT, notice_id, f"{notice_id}:{word}", receipt)
    elif kind == REJECTION:
        print(f"rejected {body['fault']}: {body['reason']} (ce_id {body.get('outside_id')})", flush=True)
        print(f"  offset {body['offset']} of {body['topic']}; allowed: {json.dumps(body['allowed'])}", flush=True)


def listen(channel: Channel, given: dict[str, str]) -> None:
    """Until Ctrl-C. What was handled is committed, so the next start goes on there."""
    going = [True]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: going.clear())
    consumer = Consumer(
        access(given)
        | {"group.id": given["OTKLIK_GROUP"], "enable.auto.commit": False, "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([given["OTKLIK_OUTBOUND"], given["OTKLIK_REJECTIONS"]])
    while going:
        record = consumer.poll(0.5)
        if record is None:
            continue
        if record.error():
            print(f"Kafka: {record.error()}", file=sys.stderr)
            continue
        handle(channel, given, record)
        consumer.commit(message=record, asynchronous=False)
    consumer.close()


def main(verb: str = "", *words: str) -> None:
    """Do what the command line says."""
    given = settings()
    channel = Channel(given)
    if verb == "send" and len(words) >= 2:
        send(channel, given, words[0], words[1], *(words[2:] or [str(uuid.uuid4())]))
    elif verb == "verdict" and len(words) >= 2:
        rating = int(words[2]) if len(words) > 2 else None
        channel.said(VERDICT, words[0], {"verdict": words[1], "rating": rating}, str(uuid.uuid4()))
    elif verb == "listen":
        listen(channel, given)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
