"""A channel plugged in while everything runs, and what citizens are told on any channel."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import TopicAuthorizationFailedError
from common.contracts.envelope import header_map
from common.contracts.events import channel, clock, region
from common.contracts.events.base import Actor
from common.contracts.provisioning import integrator_of
from common.federation.languages import local_moment
from embedded.provision import provision_channel

from tests.conftest import Ground
from tests.end_to_end.system import NOW, command, everything, fact, received, url
from tests.kafka import at_rest, eventually, records_of

DESK = Actor(id="desk:yard-01", role="desk", scope="yard-01")


async def test_a_channel_that_did_not_exist_when_the_services_started_is_an_equal_way_in(
    ground: Ground, tmp_path: Path
) -> None:
    name = ground.installation.physical
    async with everything(ground, tmp_path):
        password = provision_channel(ground.stack, ground.installation, "pigeon-post")
        access = {
            "bootstrap_servers": ground.stack.kafka_bootstrap, "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-256", "sasl_plain_username": integrator_of("pigeon-post"),
            "sasl_plain_password": password,
        }  # fmt: skip
        group = f"{ground.installation.prefix}.{integrator_of('pigeon-post')}"
        consumer = AIOKafkaConsumer(
            name("channel.pigeon-post.outbound"), group_id=group, auto_offset_reset="earliest", **access
        )
        producer = AIOKafkaProducer(**access)
        await producer.start()
        await consumer.start()
        try:
            await producer.send_and_wait(
                name("channel.pigeon-post.inbound"), key=b"loft-1", value=json.dumps(received("By air")).encode(),
                headers=[("ce_type", b"channel.message.received.v1")],
            )  # fmt: skip
            record = await consumer.getone()
            notice = channel.NoticeIssued.model_validate_json(record.value or b"")
            cases = await records_of(ground, "world", "region.north.cases", 2)
            notice_id = header_map(record.headers)["ce_id"]
            delivered = channel.NoticeDelivered(notice_id=notice_id, delivered=True).model_dump_json().encode()
            await producer.send_and_wait(
                name("channel.pigeon-post.receipts"), key=notice_id.encode(), value=delivered,
                headers=[("ce_type", channel.NoticeDelivered.type.encode())],
            )  # fmt: skip
            for topic in ("channel.pigeon-post.outbound", "channel.web.inbound", "intake.messages", "rules.commands"):
                with pytest.raises(TopicAuthorizationFailedError):
                    await producer.send_and_wait(name(topic), value=b"{}")
        finally:
            await producer.stop()
            await consumer.stop()
        db = await asyncpg.connect(ground.urls["intake"])
        try:

            async def noted() -> bool:
                return bool(await db.fetchval("SELECT delivered FROM notice_delivery WHERE notice_id = $1", notice_id))

            await eventually(noted)
        finally:
            await db.close()
    opened = region.CaseOpened.model_validate_json(cases[0].value or b"")
    assert (opened.channel, opened.text) == ("pigeon-post", "By air")
    assert (notice.notice, notice.reference) == ("registered", opened.reference)


async def test_a_citizen_is_told_of_registration_extension_escalation_and_answer_in_the_citizens_language(
    ground: Ground, tmp_path: Path
) -> None:
    async with everything(ground, tmp_path) as running, httpx.AsyncClient(timeout=60) as http:
        body = received("По-русски")
        body["contact"] = {"address": "+7 916 123-45-67", "language": "ru-RU"}
        assert (await http.post(url(running["channels"], "/v1/channels/web/messages"), json=body)).status_code == 202
        form = {"service_code": "Unicorn", "lat": "0.5", "long": "0.5"}
        unknown = await http.post(url(running["channels"], "/open311/v2/requests.json"), data=form)
        assert (unknown.status_code, unknown.json()[0]["description"]) == (404, "there is no such service_code")
        cases = await records_of(ground, "world", "region.north.cases", 2)
        case_id = (cases[0].key or b"").decode()
        extend = region.ExtendCase(actor=DESK, case_id=case_id, reason="Parts are ordered.")
        await command(ground, "region.north.commands", case_id, extend, at=NOW + timedelta(minutes=10))
        cases = await records_of(ground, "world", "region.north.cases", 3)
        # What the centre hears of after the tick waits for the next one.
        await at_rest(ground)
        until = NOW + timedelta(days=30)
        await fact(ground, "world", "clock.ticks", "clock", clock.TimePassed(since=NOW, until=until), until)
        await at_rest(ground)
        raised = await records_of(ground, "portal", "federal.escalations", 1)
        answer = region.AnswerCase(actor=DESK, case_id=case_id, text="Готово.")
        await command(ground, "region.north.commands", case_id, answer, at=until + timedelta(hours=1))
        notices = await records_of(ground, "world", "channel.web.outbound", 3 + len(raised))
    told = [channel.NoticeIssued.model_validate_json(n.value or b"") for n in notices]
    words = {t.notice: t.text for t in told}
    assert set(words) == {"registered", "extended", "escalated", "answered"}
    assert words["registered"].startswith("Ваше сообщение принято под номером")
    due = region.CaseExtended.model_validate_json(cases[2].value or b"").due_at
    assert f"ответ будет до {local_moment(due, 'America/New_York', 'ru')}" in words["extended"]
    assert "передан выше" in words["escalated"]
    assert words["answered"].endswith("Готово.")
    assert {t.contact.address for t in told} == {"+7 916 123-45-67"}
