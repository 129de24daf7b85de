"""Messages without a category: a model reads them, a case is placed by it, or the citizen is asked and answers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import httpx
from common.contracts.events import channel, region
from common.contracts.events import routing as routing_events
from common.federation.country import load_federation
from common.rulebook.jdm import document_of
from otklik.classify_topics import cases_at
from otklik.dead_letter_command import Desk
from routing.classify import model_file
from routing.classify.training import Labelled, train

from tests.complaint_texts import complaints
from tests.conftest import FEDERATION, Ground
from tests.end_to_end.system import everything, received, url
from tests.kafka import eventually, records_of

CODES = {"roads": "pothole", "light": "street-light"}


def with_a_model(folder: Path) -> Path:
    """The federation of the tests, whose rules have a model read what nobody named."""
    federation = folder / "federation"
    shutil.copytree(FEDERATION, federation)
    texts = [Labelled(t.text, CODES[t.category]) for t in complaints(500, 1) if t.category in CODES]
    content = model_file.to_bytes(train(texts))
    version = model_file.version_of(content)
    (federation / "models").mkdir()
    (federation / "models" / f"{version}.model").write_bytes(content)
    limits = {
        "channel": "", "language": "", "model": json.dumps(version), "automatic_percent": "80", "ask_percent": "20",
        "known_percent": "50", "choices": "3",
    }  # fmt: skip
    table = document_of("classification", [("any", limits)])
    (federation / "rulebook" / "national" / "classification.json").write_text(json.dumps(table))
    return federation


async def test_a_model_places_what_it_is_sure_of_and_the_citizens_reply_the_rest(
    ground: Ground, tmp_path: Path
) -> None:
    federation = with_a_model(tmp_path)
    async with everything(ground, tmp_path, federation=federation) as running, httpx.AsyncClient(timeout=60) as http:
        messages = url(running["channels"], "/v1/channels/web/messages")
        sure = {**received("Яма на дороге, асфальт провалился, проезд закрыт"), "category": None}
        assert (await http.post(messages, json=sure)).status_code == 202
        opened = region.CaseOpened.model_validate_json(
            (await records_of(ground, "world", "region.north.cases", 1))[0].value or b""
        )
        assert opened.category == "pothole"
        (read,) = (b for b in opened.because if b.table == "classification")
        assert (read.inputs["then"], read.inputs["second"]) == ("automatic", "street-light")

        async def told_why() -> bool:
            found = await http.get(url(running["portal"], f"/api/cases/{opened.reference}"))
            return found.status_code == 200 and any("reads Pothole" in row["said"] for row in found.json()["why"])

        await eventually(told_why)

        unsure = {**received("Яма, фонарь"), "category": None, "contact": {"address": "+1 617 555 0101"}}
        posted = await http.post(messages, json=unsure)
        assert posted.status_code == 202, posted.text
        _, question = await records_of(ground, "world", "routing.triage", 2)
        asked = routing_events.ClarificationAsked.model_validate_json(question.value or b"")
        assert set(asked.choices) == {"pothole", "street-light"}

        async def notice() -> channel.NoticeIssued | None:
            found = await records_of(ground, "world", "channel.web.outbound", 1)
            told = [channel.NoticeIssued.model_validate_json(n.value or b"") for n in found]
            return next((n for n in told if n.kind == "clarify"), None)

        async def is_asked() -> bool:
            return await notice() is not None

        await eventually(is_asked)
        told = await notice()
        assert told is not None
        assert told.contact.address == "+1 617 555 0101"
        assert "1. " in told.text
        assert "2. " in told.text

        async def shown() -> bool:
            page = (await http.get(url(running["portal"], "/triage"))).text
            return "By its words it may be" in page and "The citizen was asked which" in page

        await eventually(shown)
        reply = {**unsure, "text": str(asked.choices.index("street-light") + 1)}
        whose = {"Authorization": f"Bearer {posted.json()['secret']}"}
        assert (await http.post(messages, json=reply, headers=whose)).status_code == 202

        async def placed() -> bool:
            found = await records_of(ground, "world", "region.north.cases", 3)
            cases = [json.loads(record.value or b"") for record in found]
            return any(c["case_id"] == asked.case_id and c.get("category") == "street-light" for c in cases)

        await eventually(placed)
        known = await cases_at(
            Desk(ground.client_settings("operator"), load_federation(federation), ground.installation)
        )
        assert {(k.labelled.category, k.named_by) for k in known} == {("pothole", "model"), ("street-light", "citizen")}
