"""Whoever opens what a citizen wrote is recorded before it is shown, and the citizen is told."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

from common.contracts.envelope import header_map
from common.contracts.events.base import Actor
from common.contracts.events.channel import MessageReceived, NoticeIssued
from common.contracts.events.intake import IntakeCommandRefused, MessageRegistered, OpenOriginal, OriginalOpened
from common.contracts.events.operations import RecordDisclosure
from common.contracts.rights import INSTALLATION
from intake.vault import Vault
from otklik.original_command import _original

from tests.conftest import Ground
from tests.end_to_end.system import NOW, command
from tests.integration.intake.test_voices import ANN, INBOUND, OUTBOUND, message, running, said
from tests.kafka import all_of, at_rest, send


async def heard(ground: Ground) -> list[OriginalOpened | IntakeCommandRefused]:
    kinds = {kind.type: kind for kind in (OriginalOpened, IntakeCommandRefused)}
    records = await all_of(ground, "operator", "intake.erasures")
    return [kinds[header_map(r.headers)["ce_type"]].model_validate_json(r.value or b"") for r in records]


async def told(ground: Ground) -> list[str]:
    notices = [NoticeIssued.model_validate_json(r.value or b"") for r in await all_of(ground, "world", OUTBOUND)]
    return [one.text for one in notices if one.kind == "original_opened" and one.conversation == "ann-case"]


async def test_an_original_is_opened_on_the_record_and_its_citizen_is_told(ground: Ground) -> None:
    async with running(ground) as service:
        await said(ground, message("A hole at my door, call +1 617 555 0199", "ann-case"), "m1")
        (record,) = await all_of(ground, "routing", "intake.messages")
        kept = MessageRegistered.model_validate_json(record.value or b"")

        stranger = Actor(id="operator:north", role="operator", scope="north")
        for actor, principal in ((stranger, "portal"), (INSTALLATION, "portal")):
            order = OpenOriginal(actor=actor, message_id=kept.message_id, reason="curious")
            await command(ground, "intake.commands", kept.message_id, order, principal)
        unknown = OpenOriginal(actor=INSTALLATION, message_id="none", reason="a claim")
        await command(ground, "intake.commands", "none", unknown, "operator")
        await at_rest(ground, "intake")
        assert [type(one) for one in await heard(ground)] == [IntakeCommandRefused] * 3
        assert await told(ground) == []

        order = OpenOriginal(actor=INSTALLATION, message_id=kept.message_id, reason="a claim by ann@example.org")
        await command(ground, "intake.commands", kept.message_id, order, "operator", NOW + timedelta(minutes=1))
        await at_rest(ground, "intake")
        (opened,) = [one for one in await heard(ground) if isinstance(one, OriginalOpened)]
        assert (opened.citizen, opened.case_id, opened.actor) == (kept.citizen, kept.case_id, "installation")
        assert opened.reason == "a claim by [e-mail]"
        (words,) = await told(ground)
        assert "installation" in words
        assert "[e-mail]" in words
        key = service._settings.vault_key.get_secret_value()  # type: ignore[attr-defined]
        vault = Vault(base64.b64decode(key), bytes(32))
        shown = await _original(kept.message_id, vault, ground.urls["intake"])
        assert "call +1 617 555 0199" in shown

        # A record that could not be handled is its sender's too.
        wrong = {"conversation": "ann-case", "contact": json.loads(ANN.model_dump_json()), "text": 7}
        headers = [("ce_type", MessageReceived.type.encode()), ("ce_id", b"wrong")]
        await send(ground, "world", INBOUND, [("k", headers, json.dumps(wrong).encode())])
        await at_rest(ground, "intake")
        (letter,) = await all_of(ground, "operator", "intake.deadletters")
        name = (letter.key or b"").decode()
        look = RecordDisclosure(actor=INSTALLATION, service="intake", dead_letter_id=name)
        await command(ground, "operations.commands", "intake", look, "operator", NOW + timedelta(minutes=2))
        await at_rest(ground, "intake")
        looked = [one for one in await heard(ground) if isinstance(one, OriginalOpened) and one.dead_letter_id == name]
        assert [one.citizen for one in looked] == [kept.citizen]
        assert len(await told(ground)) == 2
