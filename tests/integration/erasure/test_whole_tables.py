"""However much a service has kept, an erasure reads what is its citizen's and no table whole."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import channels.attachments.store
import channels.delivery.store
import channels.forwarding.store
import deliberation.erasure_store
import intake.erasure_store
import intake.link_store
import portal.erasure_store
import pytest
import regional.store
import routing.duplicates.store
import routing.marked_store
import routing.store
from channels import conversation_citizens, history_store, page_store
from channels import service_request_store as service_requests
from channels.adapters.email import store as mails
from channels.adapters.hotline import store as hotline_store
from channels.adapters.public_posts import store as public_talk_store
from channels.forwarding.keeping import ForwardingKeeper
from channels.handlers import ChannelsHandler
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events.intake import CitizenErased, ConversationErased
from common.messaging import erased_citizens
from portal.handlers import PortalHandler

from tests.databases import Databases
from tests.plans import Explaining, fill

CITIZEN, CASE = "citizen-77", "case_id-77"
AT = datetime(2030, 1, 1, tzinfo=UTC)
ERASED = CitizenErased(citizen=CITIZEN, actor="citizen", erased_at=AT)
BODY = """'{"citizen": "citizen-' || n || '", "text": "My words", "received_at": "2011-07-01T12:00:00Z"}'"""
PERSON = {"person": "'citizen-' || n", "role": "'citizen'"}
Tables = Mapping[str, Mapping[str, str]]

INTAKE: Tables = {
    name: {"voice_id": "'id-' || n"} if name == "given_voice" else {}
    for name in (
        "message", "conversation", "voice_conversation", "given_voice", "told_proposal", "told_elsewhere",
        "notice_delivery", "told_escalation", "early_warning", "told_warning", "may_be_known", "erasure_request",
        "held_message", "other_contact", "notice_copy", "linked_conversation", "linked_citizen", "awaited_code",
        "citizen_key", "erased_citizen",
    )
}  # fmt: skip
PORTAL: Tables = {
    "case_event": {"case_id": "'case_id-' || n", "data": BODY}, "case_citizen": {}, "erased_citizen": {},
    "item": {"kind": "CASE WHEN n % 2 = 0 THEN 'idea' ELSE 'triage' END", "data": f"({BODY})::jsonb"},
}  # fmt: skip
ROUTING: Tables = {
    "route": {"message": BODY}, "held": {"body": BODY}, "known_case": {}, "marked_message": {}, "erased_citizen": {},
}  # fmt: skip
REGIONAL: Tables = {"cases": {"assignment": BODY}, "erased_citizen": {}}
DELIBERATION: Tables = {
    "deliberation": {"body": "jsonb_build_object('author_citizen', 'citizen-' || n)"}, "speaker": PERSON,
    "voice": PERSON, "judgement": PERSON, "open_case": {}, "idea": {}, "erased_citizen": {},
}  # fmt: skip
CHANNELS: Tables = {
    name: {}
    for name in (
        "case_state", "service_request", "case_history", "case_step", "citizen_page", "forwarded_case", "mail_thread",
        "hotline_call", "hotline_conversation", "public_talk", "attachment", "conversation_citizen",
        "notice_delivery", "erased_citizen",
    )
}  # fmt: skip

POSTED: Tables = {**CHANNELS, "posted_message": {}, "attachment": {"given_at": "timestamptz '2011-07-01'"}}


async def of_intake(db: Any) -> None:
    assert (await intake.erasure_store.known(db, CITIZEN)).present
    thread = b"thread-77"
    assert not await intake.erasure_store.others_wait(db, CITIZEN, thread, AT)
    assert await intake.erasure_store.forget(db, CITIZEN, AT)
    await intake.link_store.link_citizen(db, "citizen-78", "citizen-79")
    await intake.link_store.link_conversation(db, b"thread-80", "citizen-80", "citizen-81")
    assert await intake.link_store.voices_in(db, b"thread-82", 5)


async def of_portal(db: Any) -> None:
    cases = await portal.erasure_store.erase(db, [ERASED])
    assert cases == {CASE}
    await portal.erasure_store.redact(db, cases)
    assert "My words" not in await db.fetchval("SELECT data FROM case_event WHERE case_id = $1", CASE)
    assert await erased_citizens.erased_among(db, [CITIZEN])
    assert await portal.erasure_store.of_erased(db, {CASE: AT - timedelta(days=1)}) == {CASE}


async def of_routing(db: Any) -> None:
    await routing.store.forget_words(db, CITIZEN, AT)
    assert "My words" not in await db.fetchval("SELECT message FROM route WHERE case_id = $1", CASE)
    assert "My words" not in await db.fetchval("SELECT body FROM held WHERE case_id = $1", CASE)
    await routing.duplicates.store.forget_words(db, CITIZEN, AT)
    await routing.marked_store.forget(db, CITIZEN)


async def of_regional(db: Any) -> None:
    await regional.store.forget_words(db, CITIZEN, AT)
    assert "My words" not in await db.fetchval("SELECT assignment FROM cases WHERE case_id = $1", CASE)


async def of_deliberation(db: Any) -> None:
    assert await deliberation.erasure_store.touched(db, [CITIZEN]) == {"proposal_id-77"}
    await erased_citizens.remember(db, [ERASED])
    assert await deliberation.erasure_store.voices(db, CITIZEN, AT)
    await deliberation.erasure_store.rename(db, "proposal_id-77", CITIZEN, "gone", erased=True)
    await deliberation.erasure_store.mark_erased(db, "proposal_id-77", [CITIZEN])
    assert await deliberation.erasure_store.forget(db, CITIZEN) == []


async def of_channels(db: Any) -> None:
    await erased_citizens.remember(db, [ERASED])
    gone = await conversation_citizens.gone(db, [CITIZEN])
    assert gone
    await page_store.forget_pages(db, gone)
    await hotline_store.forget_erased(db, gone)
    await mails.forget_threads(db, gone)
    await public_talk_store.forget_talks(db, gone)
    await channels.delivery.store.forget_erased(db, gone)
    await history_store.forget_words(db, [CITIZEN])
    await service_requests.forget_erased(db, [CITIZEN])
    assert await db.fetchval("SELECT description FROM service_request WHERE case_id = $1", CASE) is None
    await channels.forwarding.store.forget_erased(db, [CITIZEN])
    await channels.attachments.store.destroy_erased(db, [CITIZEN])


async def of_intakes_conversation(db: Any) -> None:
    assert await intake.erasure_store.said_in(db, b"thread-77") == ([CASE], ["id-77"])
    assert await intake.erasure_store.names_in(db, b"thread-77", CITIZEN) == [CITIZEN, "sender-77"]
    await intake.erasure_store.forget_conversation(db, b"thread-77")


async def of_portals_conversation(db: Any) -> None:
    cases = await portal.erasure_store.erase_conversations(db, [CONVERSATION])
    assert cases == {CASE}
    await portal.erasure_store.redact(db, cases)
    assert await emptied(db, "SELECT data FROM case_event WHERE case_id = $1")
    assert await portal.erasure_store.of_erased(db, {CASE: AT - timedelta(days=1)}) == {CASE}


async def of_routings_conversation(db: Any) -> None:
    await erased_citizens.remember_conversations(db, [CONVERSATION])
    await routing.store.forget_words_in(db, CITIZEN, AT, NAMES)
    assert await emptied(db, "SELECT message FROM route WHERE case_id = $1")
    assert await emptied(db, "SELECT body FROM held WHERE case_id = $1")
    await routing.duplicates.store.forget_words_in(db, NAMES)
    assert await db.fetchval("SELECT words::text FROM known_case WHERE case_id = $1", CASE) == "{}"


async def of_regionals_conversation(db: Any) -> None:
    await regional.store.forget_words_in(db, CITIZEN, AT, NAMES)
    assert await emptied(db, "SELECT assignment FROM cases WHERE case_id = $1")


async def of_deliberations_conversation(db: Any) -> None:
    voices = ["voice_id-77", "idea_id-77"]
    assert await deliberation.erasure_store.proposals_of(db, CITIZEN, voices) == {"proposal_id-77"}
    assert await deliberation.erasure_store.forget_ideas(db, CITIZEN, voices) == []
    assert await db.fetchval("SELECT words FROM idea WHERE idea_id = 'idea_id-77'") == ""
    await erased_citizens.remember_conversations(db, [CONVERSATION])
    assert (await erased_citizens.erased_of(db, [CITIZEN], NAMES)).words == dict.fromkeys(WORDS, AT)


async def of_channels_conversation(db: Any) -> None:
    await erased_citizens.remember_conversations(db, [CONVERSATION])
    gone = await conversation_citizens.gone_by_themselves(db, ["id-77"])
    assert gone == {b"fingerprint-77": AT} == await conversation_citizens.erased_among(db, gone)
    await history_store.forget_words_in(db, NAMES)
    assert await db.fetchval("SELECT words FROM case_step WHERE case_id = $1", CASE) == ""
    await service_requests.forget_in(db, [CASE])
    assert await db.fetchval("SELECT description FROM service_request WHERE case_id = $1", CASE) is None
    await channels.forwarding.store.forget_in(db, CITIZEN, [CASE])
    assert await db.fetchval("SELECT description FROM forwarded_case WHERE case_id = $1", CASE) == ""
    await channels.attachments.store.destroy_in(db, ["message_id-77"])
    assert await db.fetchval("SELECT key FROM attachment WHERE message_id = 'message_id-77'") is None


WORDS = [(CASE, CITIZEN), ("message_id-77", CITIZEN), ("id-77", CITIZEN)]
NAMES = [CASE, "message_id-77", "id-77"]
CONVERSATION = ConversationErased(citizen=CITIZEN, cases=(CASE,), messages=("message_id-77", "id-77"), erased_at=AT)


async def emptied(db: Any, query: str) -> bool:
    """Whether the words of the case are gone, and those of another are there."""
    return "My words" not in await db.fetchval(query, CASE) and "My words" in await db.fetchval(query, "case_id-78")


@pytest.mark.parametrize(
    ("service", "tables", "erase"),
    [
        ("intake", INTAKE, of_intake), ("portal", PORTAL, of_portal), ("routing", ROUTING, of_routing),
        ("regional-north", REGIONAL, of_regional), ("deliberation", DELIBERATION, of_deliberation),
        ("channels", CHANNELS, of_channels),
        ("intake", INTAKE, of_intakes_conversation), ("portal", PORTAL, of_portals_conversation),
        ("routing", ROUTING, of_routings_conversation), ("regional-north", REGIONAL, of_regionals_conversation),
        ("deliberation", DELIBERATION, of_deliberations_conversation),
        ("channels", POSTED, of_channels_conversation),
    ],
)  # fmt: skip
async def test_an_erasure_reads_no_whole_table(
    databases: Databases, service: str, tables: Tables, erase: Callable[[Any], Awaitable[None]]
) -> None:
    db = await asyncpg.connect(databases[service])
    scanned: set[str] = set()
    await fill(db, tables)
    await erase(Explaining(db, scanned))
    assert not scanned & set(tables)
    await db.close()


class _NoNotices:
    """Nothing is delivered from here."""

    async def keep(self, batch: Sequence[Delivery], db: Any) -> None:
        pass

    def wants(self, topic: str) -> bool | None:
        return False


async def test_channels_and_the_portal_forget_of_an_erased_conversation_what_they_hear_of_it(
    databases: Databases,
) -> None:
    heard = [Delivery(Envelope("e", "intake", CONVERSATION.type, AT, CITIZEN, "c"), CONVERSATION, "t", 0, 0, CITIZEN)]
    db = await asyncpg.connect(databases["channels"])
    await fill(db, POSTED)
    keeping = ChannelsHandler(_NoNotices(), ForwardingKeeper(["authority-1"]))  # type: ignore[arg-type]
    async with db.transaction():
        await keeping.handle(heard, db)
    for query in (
        "SELECT words FROM case_step WHERE case_id = $1", "SELECT description FROM service_request WHERE case_id = $1",
        "SELECT description FROM forwarded_case WHERE case_id = $1", "SELECT key FROM attachment WHERE case_id = $1",
    ):  # fmt: skip
        assert not await db.fetchval(query, CASE), query
        assert await db.fetchval(query, "case_id-78"), query
    await db.close()
    db = await asyncpg.connect(databases["portal"])
    await fill(db, PORTAL | {"item": {"kind": "'triage'", "id": "'case_id-' || n", "data": f"({BODY})::jsonb"}})
    async with db.transaction():
        await PortalHandler(ZoneInfo("UTC")).handle(heard, db)
    assert await emptied(db, "SELECT data FROM case_event WHERE case_id = $1")
    assert await emptied(db, "SELECT data::text FROM item WHERE id = $1")
    await db.close()
