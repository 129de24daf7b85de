"""When a channel is out, thousands of its notices fail in one batch: each is said again where its citizen can be told,
by as many statements as one."""

from __future__ import annotations

from dataclasses import replace

import asyncpg
from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope
from common.contracts.events.channel import Contact, MessageReceived, NoticeIssued, OtherContact
from common.federation.country import load_federation
from common.messaging.release_cache import Releases
from intake import copy_store, key_store
from intake.addressed_notices import AddressedNotices
from intake.citizen_keys import CitizenKeys
from intake.domain import Incoming
from intake.linking import MOST_CODES
from intake.other_addresses import GivenThere, OtherAddresses
from intake.phrasing import Phrasing
from intake.redirecting import Redirecting
from intake.sealed_records import SealedRecords
from intake.store import KeptConversation
from intake.vault import Vault

from tests.conftest import FEDERATION
from tests.databases import Databases
from tests.end_to_end.system import NOW
from tests.plans import Listening

CAUSE = Envelope("receipt", "hotline", "channel.notice.delivered.v1", NOW, "s", "correlation")
MAILS = 3
"""So many an address that was given gets within a day."""


def there(number: int, address: str) -> GivenThere:
    """An address that one of many citizens gave."""
    others = (OtherContact(channel="email", address=address),)
    message = MessageReceived(
        conversation=f"call {number}", contact=Contact(address="555", others=others), text="A hole", sent_at=NOW
    )
    cause = replace(CAUSE, id=f"message-{number}")
    incoming = Incoming(message, cause, "hotline", f"citizen-{number}", False, NOW, NOW)
    kept = KeptConversation(
        "hotline", f"case-{number}", f"R-{number}", f"citizen-{number}", "en", "correlation", NOW, False,
        b"thread %d" % number, b"", b"", "",
    )  # fmt: skip
    return GivenThere(incoming, kept, others, NOW)


async def test_notices_of_an_outage_are_said_again_by_as_many_statements_as_one(databases: Databases) -> None:
    federation, vault = load_federation(FEDERATION), Vault(bytes(32), bytes(32))
    keys = CitizenKeys(vault)
    sealed, phrasing = SealedRecords(keys), Phrasing(federation, Releases())
    addresses = OtherAddresses(vault, keys, AddressedNotices(sealed, phrasing), phrasing, federation)
    redirecting = Redirecting(keys, sealed, phrasing, federation, addresses)
    made = await asyncpg.connect(databases["intake"])
    asked: list[int] = []
    for first, count in ((0, 1), (1, 30)):
        numbers = range(first, first + count)
        # All of the second batch gave one address, which gets so many and no more.
        given = {b"thread %d" % n: there(n, f"{count}@example.org") for n in numbers}
        notices = [
            Emit(
                "channel.hotline.outbound", f"case-{n}", id=f"notice-{n}", cause=CAUSE, time=NOW,
                event=NoticeIssued(
                    case_id=f"case-{n}", reference=f"R-{n}", conversation=f"call {n}", contact=Contact(address="555"),
                    notice="registered", text=f"We have report {n}.",
                ),
            )
            for n in numbers
        ]  # fmt: skip
        db = Listening(made)
        await key_store.hold_for(made, keys, [one.incoming.citizen for one in given.values()])
        await made.executemany(
            "INSERT INTO conversation (thread, channel, conversation, case_id, reference, citizen, contact, language,"
            " key_id, correlation_id) VALUES ($1, 'hotline', '', $2, 'R', $3, '', 'en', $4, 'correlation')",
            [(b"thread %d" % n, f"case-{n}", f"citizen-{n}", keys.of(f"citizen-{n}")) for n in numbers],
        )
        codes = [e.event for e in await addresses.give(given, db) if isinstance(e.event, NoticeIssued)]  # type: ignore[arg-type]
        assert sum(one.kind == "address_code" for one in codes) == min(count, MOST_CODES)
        assert sum(one.kind == "address_asked" for one in codes) == count
        await made.execute("UPDATE other_contact SET proved_at = $1", NOW)
        await redirecting.keep(notices, made)
        copies = await copy_store.copies(made, [f"notice-{n}" for n in numbers])
        assert len(copies) == count
        ways = await redirecting.ready([(copy, NOW) for copy in copies.values()], db)  # type: ignore[arg-type]
        emits = [emit for copy in copies.values() for emit in redirecting.failed(copy, CAUSE, NOW, ways)]
        await redirecting.save(ways, db)  # type: ignore[arg-type]
        told = [e.event for e in emits if isinstance(e.event, NoticeIssued)]
        assert [(e.failed_on, e.contact.address) for e in told] == [
            ("hotline", f"{count}@example.org")
        ] * min(count, MAILS)  # fmt: skip
        asked.append(len(db.asked))
    assert asked[0] == asked[1]
    rows = await made.fetch("SELECT channel, count(*) FILTER (WHERE words IS NULL) AS done FROM notice_copy GROUP BY 1")
    assert {row["channel"]: row["done"] for row in rows} == {"hotline": 1 + MAILS, "email": 0}
    assert await made.fetchval("SELECT count(*) FROM unasked_notice") == 1 + MAILS
    await made.close()
