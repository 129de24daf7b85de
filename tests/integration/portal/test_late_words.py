"""The portal looks at histories for an erasure's sake only where somebody who was erased had said something."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events import deliberation, intake, region, routing
from common.contracts.events.base import Event
from portal.handlers import PortalHandler

from tests.databases import Databases
from tests.plans import Listening
from tests.portal_rig import NOW

WORDS, LATER = "The lamp at our corner is dark", "I am back"
ANN, BOB = "a" * 24, "b" * 24
HANDLER = PortalHandler(ZoneInfo("UTC"))


@pytest.fixture
async def db(databases: Databases) -> AsyncIterator[Listening]:
    made = await asyncpg.connect(databases["portal"])
    yield Listening(made)
    await made.close()


def delivery(event: Event, minutes: int, read_as: type[Event] | None = None) -> Delivery:
    body = event.model_dump_json().encode()
    name = f"{event.type} {minutes}"
    envelope = Envelope(name, "test", event.type, NOW + timedelta(minutes=minutes), name, name)
    read = event if read_as is None else read_as.model_validate_json(body)
    return Delivery(envelope, read, "topic", 0, minutes, getattr(event, "case_id", name), body)


def registered(case_id: str, citizen: str, minutes: int, text: str = WORDS) -> Delivery:
    event = intake.MessageRegistered(
        message_id=f"m-{case_id}", case_id=case_id, reference=f"R-{case_id}", channel="web", citizen=citizen, text=text,
        received_at=NOW + timedelta(minutes=minutes),
    )  # fmt: skip
    return delivery(event, minutes)


def opened(case_id: str, citizen: str, minutes: int) -> Delivery:
    """In the model that the portal reads, which has no citizen."""
    event = region.CaseOpened(
        case_id=case_id, region="north", authority="yard-01", actor="routing", state="assigned", message_id="m",
        reference=f"R-{case_id}", area="01", category="pothole", priority=2, channel="web", citizen=citizen, text=WORDS,
        received_at=NOW, due_at=NOW, release="north:1",
    )  # fmt: skip
    return delivery(event, minutes, region.CaseOpenedSummary)


def step(kind: type[region.CaseEvent], case_id: str, minutes: int, **given: Any) -> Delivery:
    fields = {"region": "north", "authority": "yard-01", "actor": "yard", "state": "in_work", **given}
    return delivery(kind(case_id=case_id, **fields), minutes)


def waiting(case_id: str, citizen: str, minutes: int) -> Delivery:
    event = routing.TriageRequested(
        case_id=case_id, reference=f"R-{case_id}", message_id="m", channel="web", citizen=citizen, text=WORDS,
        received_at=NOW + timedelta(minutes=minutes), reason="no_place", missing=("area",),
    )  # fmt: skip
    return delivery(event, minutes)


def idea(name: str, citizen: str, minutes: int) -> Delivery:
    event = deliberation.IdeaReceived(
        idea_id=name, reference=f"I-{name}", citizen=citizen, channel="web", words=WORDS,
        received_at=NOW + timedelta(minutes=minutes),
    )  # fmt: skip
    return delivery(event, minutes)


def erased(citizen: str, minutes: int) -> Delivery:
    at = NOW + timedelta(minutes=minutes)
    return delivery(intake.CitizenErased(citizen=citizen, actor="citizen", erased_at=at), minutes)


async def said_in(db: Listening, case_id: str) -> list[str]:
    """What the history holds of words and reasons, in the order of arrival."""
    rows = await db.fetch("SELECT data FROM case_event WHERE case_id = $1 ORDER BY arrival", case_id)
    bodies = [json.loads(row["data"]) for row in rows]
    return [said for body in bodies for said in (body.get("text"), body.get("reason")) if said]


async def items(db: Listening) -> dict[str, str]:
    rows = await db.fetch("SELECT id, data FROM item")
    return {r["id"]: (d := json.loads(r["data"])).get("text", d.get("words")) for r in rows}


async def test_a_batch_without_erased_citizens_reads_no_history_and_rewrites_nothing(db: Listening) -> None:
    await HANDLER.handle([registered("c1", ANN, 1), waiting("t1", ANN, 1), idea("i1", ANN, 1), erased(ANN, 5)], db)
    assert await said_in(db, "c1") == []
    db.asked.clear()
    await HANDLER.handle(
        [
            registered("c2", BOB, 6), opened("c2", BOB, 6), waiting("t2", BOB, 6), idea("i2", BOB, 6),
            step(region.MessageJoined, "c2", 7, message_id="n", text=WORDS), step(region.CaseAccepted, "c1", 8),
            registered("c3", ANN, 9, LATER), step(region.MessageJoined, "c1", 9, message_id="o", text=LATER),
        ],
        db,
    )  # fmt: skip
    asked = [query for query in db.asked if "case_event" in query or query.startswith("UPDATE item")]
    assert asked == []
    assert await said_in(db, "c2") == [WORDS] * 3
    assert [await said_in(db, case) for case in ("c1", "c3")] == [[LATER], [LATER]]
    assert await items(db) == {"t1": "", "i1": "", "t2": WORDS, "i2": WORDS}


async def test_words_that_come_after_the_word_of_the_erasure_never_appear(db: Listening) -> None:
    await HANDLER.handle([registered("c1", ANN, 1), registered("c2", BOB, 1)], db)
    # Of c3 nothing names its citizen yet.
    await HANDLER.handle([step(region.MessageJoined, "c3", 2, message_id="n", text=WORDS), erased(ANN, 5)], db)
    await HANDLER.handle([registered("c4", ANN, 6, LATER)], db)
    assert (await said_in(db, "c1"), await said_in(db, "c4")) == ([], [LATER])
    await HANDLER.handle([step(region.MessageJoined, "c1", 3, message_id="o", text=WORDS)], db)
    await HANDLER.handle([opened("c3", ANN, 3)], db)
    reopened = {"actor": ANN, "times": 1, "due_at": NOW, "reason": WORDS}
    await HANDLER.handle([step(region.CaseReopened, "c2", 4, **reopened)], db)
    await HANDLER.handle([waiting("t1", ANN, 2), idea("i1", ANN, 2), waiting("t2", ANN, 7)], db)
    assert [await said_in(db, case) for case in ("c1", "c2", "c3", "c4")] == [[], [WORDS], [], [LATER]]
    assert await items(db) == {"t1": "", "i1": "", "t2": WORDS}
    await HANDLER.handle([erased(ANN, 10)], db)
    assert (await said_in(db, "c4"), await said_in(db, "c2")) == ([], [WORDS])
    assert await items(db) == {"t1": "", "i1": "", "t2": ""}
