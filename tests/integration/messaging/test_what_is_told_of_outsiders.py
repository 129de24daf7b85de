"""Traces and logs where nothing is sampled: failures alone, and nothing that a sender outside chose."""

from __future__ import annotations

import io
import json
import logging
import re
from pathlib import Path

import intake.app
import pytest
from common.contracts.envelope import Envelope, to_headers
from common.contracts.events import channel
from common.contracts.events.base import Event
from common.messaging.telemetry.log_lines import JsonFormatter, formatter_of
from common.runtime.service import Service

from tests.conftest import Ground
from tests.end_to_end.system import NOW, received
from tests.end_to_end.test_traces import spans_in
from tests.kafka import records_of, send

PHONE = "+7 916 555-01-02"
SPELT = re.compile(r"916(?:\W|%20)*555\W*01\W*02")
"""The number however it is set apart; three digits of it alone stand in ids and times as well."""
TRACE = "c" * 32


def test_the_log_tells_an_exception_by_its_class_and_place_never_by_its_words() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    log = logging.getLogger("test.words")
    log.addHandler(handler)
    log.propagate = False
    for kind in ("text", "json"):
        handler.setFormatter(formatter_of("json" if kind == "json" else "text", "intake"))
        try:
            try:
                int(PHONE)
            except ValueError as cause:
                raise KeyError(PHONE) from cause
        except KeyError as error:
            log.exception("it failed: %s", error)
            log.error(f"{type(error).__name__}: {error}", exc_info=error)  # as libraries write it
            log.error("%s", error)
    log.removeHandler(handler)
    assert PHONE not in out.getvalue()
    assert "KeyError" in out.getvalue()
    assert "test_what_is_told_of_outsiders.py" in out.getvalue()


async def test_a_senders_sampled_flag_counts_nothing_and_its_failure_is_a_span_and_one_line_without_its_words(
    ground: Ground, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = ground.settings("intake", trace_sample=0.0, trace_file=tmp_path / "spans.jsonl")
    service = Service(settings, intake.app.build)

    def headers(number: int, event: type[Event]) -> list[tuple[str, bytes]]:
        envelope = Envelope(
            f"{PHONE}/{number}", "web", event.type, NOW, PHONE, PHONE, traceparent=f"00-{TRACE}-{'d' * 16}-01"
        )
        return to_headers(envelope)

    caplog.set_level("INFO")
    await service.start()
    try:
        good, bad = json.dumps(received()).encode(), json.dumps({"text": PHONE, "verdict": PHONE}).encode()
        kinds = [(channel.MessageReceived, good), (channel.MessageReceived, good), (channel.VerdictReceived, bad)]
        await send(
            ground, "world", "channel.web.inbound", [(PHONE, headers(n, k), body) for n, (k, body) in enumerate(kinds)]
        )
        messages = await records_of(ground, "portal", "intake.messages", 2)
        await records_of(ground, "portal", "intake.operations", 1)
    finally:
        await service.stop()
    # The caller finds its trace, and nobody downstream is made to sample it.
    parts = [dict(m.headers)["traceparent"].decode().split("-") for m in messages]
    assert {(p[1], p[3]) for p in parts} == {(TRACE, "00")}
    spans = spans_in(tmp_path)
    assert [(s["name"], s["status"], s["trace_id"]) for s in spans] == [("process channel.web.inbound", "error", TRACE)]
    assert [e["name"] for e in spans[0]["events"]] == ["exception"]
    lines = [r for r in caplog.records if r.getMessage().startswith("dead letter ")]
    assert len(lines) == 1
    told = json.loads(JsonFormatter("intake").format(lines[0]))
    assert told["trace_id"] == TRACE
    assert spans[0]["attributes"]["otklik.dead_letter_id"] in told["message"]
    written = json.dumps(spans) + "".join(formatter_of("text", "intake").format(r) for r in caplog.records)
    assert not SPELT.search(written)
