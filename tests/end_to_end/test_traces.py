"""One trace from a channel to the citizen's receipt over every service; later steps link back to it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from common.contracts.envelope import Envelope, to_headers
from common.contracts.events import channel, clock, operations, region
from common.contracts.events import intake as intake_events
from common.contracts.events.base import Actor

from tests.conftest import Ground
from tests.end_to_end.system import NOW, command, everything, fact, received, url
from tests.kafka import at_rest, records_of, send

Span = dict[str, Any]
CALLER = "a" * 32
PHONE = "+7 916 555-01-02"


def spans_in(folder: Path) -> list[Span]:
    return [json.loads(line) for path in folder.glob("*.jsonl") for line in path.read_text().splitlines()]


def ancestry(span: Span, by_id: dict[str, Span]) -> list[str]:
    """Services and names from a span up to the root."""
    found = []
    while span is not None:
        found.append(f"{span['service']}: {span['name']}")
        span = by_id.get(span["parent_id"] or "")  # type: ignore[assignment]
    return found


def linked(spans: list[Span], service: str, name: str, trace_id: str) -> list[Span]:
    """Spans of other traces that link to one."""
    return [
        s for s in spans
        if (s["service"], s["name"]) == (service, name) and s["trace_id"] != trace_id
        and trace_id in {x["trace_id"] for x in s["links"]}
    ]  # fmt: skip


async def test_one_trace_reaches_from_the_channel_to_the_receipt_and_later_steps_link_back_to_it(
    ground: Ground, tmp_path: Path
) -> None:
    desk = Actor(id="desk:yard-01", role="desk", scope="yard-01")

    async with everything(ground, tmp_path) as running, httpx.AsyncClient(timeout=60) as http:
        posted = await http.post(
            url(running["channels"], "/v1/channels/web/messages"), json=received(),
            headers={"traceparent": f"00-{CALLER}-{'b' * 16}-00"},
        )  # fmt: skip
        assert posted.status_code == 202, posted.text
        cases = await records_of(ground, "world", "region.north.cases", 2)
        case_id = (cases[0].key or b"").decode()
        notices = await records_of(ground, "world", "channel.web.outbound", 1)
        notice_id = dict(notices[0].headers)["ce_id"].decode()
        receipt = channel.NoticeDelivered(notice_id=notice_id, delivered=True)
        envelope = Envelope("receipt-1", "gateway", receipt.type, NOW, PHONE, PHONE)
        await send(ground, "world", "channel.web.receipts", [(PHONE, to_headers(envelope), receipt.wire())])

        # What the centre hears of after a tick waits for the next one.
        await at_rest(ground)
        late = NOW
        for days in (2, 10, 20):
            since, late = late, NOW + timedelta(days=days)
            await fact(ground, "world", "clock.ticks", "clock", clock.TimePassed(since=since, until=late), late)
        await at_rest(ground)
        await records_of(ground, "portal", "federal.escalations", 1)
        answer = region.AnswerCase(actor=desk, case_id=case_id, text="Filled.")
        await command(ground, "region.north.commands", case_id, answer, at=late + timedelta(hours=1))
        await command(ground, "region.north.commands", case_id, answer, at=late + timedelta(hours=2))
        await at_rest(ground)
        await records_of(ground, "world", "channel.web.outbound", 3)

        verdict = channel.VerdictReceived(
            conversation=str(received()["conversation"]),
            contact=channel.Contact(address="+1 617 555 0100"),
            verdict="confirmed", rating=5, sent_at=late + timedelta(hours=3),
        )  # fmt: skip
        said = Envelope(f"{PHONE}-1", "gateway", verdict.type, verdict.sent_at, PHONE, PHONE)
        broken = Envelope(f"{PHONE}-2", "gateway", verdict.type, verdict.sent_at, PHONE, PHONE)
        bodies = [(said, verdict.wire()), (broken, json.dumps({"verdict": PHONE}).encode())]
        await send(ground, "world", "channel.web.inbound", [(PHONE, to_headers(e), body) for e, body in bodies])
        await records_of(ground, "world", "region.north.cases", 6)
        await records_of(ground, "portal", "intake.operations", 1)
        await at_rest(ground)

    spans = spans_in(tmp_path)
    by_id = {s["span_id"]: s for s in spans}
    assert len(by_id) == len(spans)
    in_trace = [s for s in spans if s["trace_id"] == CALLER]
    receipts = [s for s in in_trace if s["name"] == "process channel.web.receipts"]
    assert [ancestry(s, by_id) for s in receipts] == [
        [
            "intake: process channel.web.receipts",
            "intake: create channel.web.outbound",
            "intake: process channel.web.inbound",
            f"channels: send {ground.installation.physical('channel.web.inbound')}",
            "channels: POST /v1/channels/{channel}/messages",
        ]
    ]
    opened = next(s for s in in_trace if s["service"] == "portal" and s["name"] == "process region.north.cases")
    assert ancestry(opened, by_id)[:5] == [
        "portal: process region.north.cases",
        "regional-north: create region.north.cases",
        "regional-north: process region.north.assignments",
        "routing: create region.north.assignments",
        "routing: process intake.messages",
    ]
    # The tick brought about the escalation, which stands in the trace of its case.
    risen = next(s for s in in_trace if s["name"] == "process federal.escalations" and s["service"] == "intake")
    assert "regional-north: create region.north.cases" in ancestry(risen, by_id) or ancestry(risen, by_id)[2:]
    created = by_id[risen["parent_id"]]
    assert [x["trace_id"] for x in created["links"]] != [CALLER]

    answered = linked(spans, "regional-north", "process region.north.commands", CALLER)
    assert len(answered) == 2
    assert sorted(s["status"] for s in answered) == ["error", "unset"]
    assert linked(spans, "intake", "process channel.web.inbound", CALLER)
    refused = next(s for s in answered if s["status"] == "error")
    assert refused["events"][0]["attributes"]["exception.type"] == region.CommandRefused.type

    dead = next(s for s in spans if "otklik.dead_letter_id" in s["attributes"])
    assert (dead["service"], dead["status"]) == ("intake", "error")
    assert dead["attributes"]["error.type"] == "invalid"
    assert "verdict" in dead["events"][0]["attributes"]["exception.message"]

    process = next(s for s in receipts)
    assert process["kind"] == "consumer"
    assert process["attributes"] | {"messaging.kafka.offset": 0, "messaging.destination.partition.id": "0"} == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": ground.installation.physical("channel.web.receipts"),
        "messaging.destination.partition.id": "0",
        "messaging.kafka.offset": 0,
        "messaging.consumer.group.name": f"{ground.installation.prefix}.intake",
        "otklik.event_type": channel.NoticeDelivered.type,
    }
    sent = next(s for s in in_trace if s["kind"] == "producer" and s["name"].startswith("send "))
    assert {"messaging.destination.partition.id", "messaging.kafka.offset"} <= sent["attributes"].keys()
    assert any(s["attributes"].get("db.system.name") == "postgresql" for s in in_trace)
    assert any(s["attributes"].get("otklik.case_id") == case_id for s in in_trace)

    written = json.dumps(spans)
    for personal in ("+7 916", "916 555", "+1 617", "Ann Example", "receipt-1", "gateway", "pothole"):
        assert personal not in written.lower(), personal
    assert {operations.DeadLetterRecorded.type, intake_events.VerdictGiven.type} <= {
        s["attributes"].get("otklik.event_type") for s in spans
    }
