"""A citizen is erased from the vault on real servers, once; nobody tells them anything until they speak again."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
from common.contracts.envelope import header_map
from common.contracts.events.base import Actor, Event
from common.contracts.events.channel import Contact, ErasureRequested, NoticeDelivered, NoticeIssued, RecordRejected
from common.contracts.events.deliberation import CitizenToBeTold
from common.contracts.events.intake import CitizenErased, EraseCitizen, IntakeCommandRefused, MessageRegistered
from common.contracts.rights import INSTALLATION

from tests.conftest import Ground
from tests.end_to_end.system import NOW, command, fact
from tests.integration.intake.test_voices import (
    ANN,
    OUTBOUND,
    RECEIPTS,
    REJECTIONS,
    bodies,
    message,
    notices,
    running,
    said,
    voice,
)
from tests.kafka import all_of, at_rest

CENTRE = Actor(id="federal:centre", role="federal", scope="*")
BOB = ANN.model_copy(update={"address": "+1 617 555 0199", "name": "Bob Example"})
SEALED = ("conversation", "voice_conversation", "message", "given_voice", "told_proposal", "citizen_key")


async def ordered(ground: Ground, citizen: str, actor: Actor, principal: str, minutes: int) -> Event:
    """The answer to an order."""
    order = EraseCitizen(actor=actor, citizen=citizen, reason="asked for")
    at = NOW + timedelta(minutes=minutes)
    name = await command(ground, "intake.commands", citizen, order, principal, at)
    await at_rest(ground, "intake")
    kinds = {kind.type: kind for kind in (CitizenErased, IntakeCommandRefused)}
    for record in await all_of(ground, "operator", "intake.erasures"):
        headers = header_map(record.headers)
        if headers["ce_causationid"] == name:
            return kinds[headers["ce_type"]].model_validate_json(record.value or b"")
    raise AssertionError("the order has no answer")


async def registered(ground: Ground) -> dict[str, MessageRegistered]:
    """The messages that began a case, by their text."""
    found = [MessageRegistered.model_validate(b) for b in await bodies(ground, "routing", "intake.messages")]
    return {one.text: one for one in found}


async def counts(ground: Ground) -> dict[str, int]:
    db = await asyncpg.connect(ground.urls["intake"])
    try:
        return {table: await db.fetchval(f"SELECT count(*) FROM {table}") for table in SEALED}  # noqa: S608
    finally:
        await db.close()


async def told(ground: Ground, citizen: str, kind: str) -> None:
    event = CitizenToBeTold.model_validate({"reference": "P-7K2MNA", "citizen": citizen, "kind": kind, "facts": {}})
    await fact(ground, "deliberation", "deliberation.notices", citizen, event, NOW)
    await at_rest(ground, "intake")


async def test_nothing_of_an_erased_citizen_stays_in_the_vault_and_others_stay_whole(ground: Ground) -> None:
    async with running(ground):
        await said(ground, message("A hole", "ann-case"), "m1")
        await said(ground, voice("Let the yard have more people for it", "ann-own"), "v1")
        await said(ground, message("Another hole", "bob-case", contact=BOB), "m2")
        by_text = await registered(ground)
        ann, bob = by_text["A hole"].citizen, by_text["Another hole"].citizen
        assert ann != bob
        refused = await ordered(ground, ann, Actor(id="operator:north", role="operator", scope="north"), "portal", 1)
        assert isinstance(refused, IntakeCommandRefused)
        assert refused.code == "role_not_allowed"
        before = await counts(ground)

        erased = await ordered(ground, ann, INSTALLATION, "operator", 2)
        assert isinstance(erased, CitizenErased)
        assert [last.contact for last in await words_of(ground, "erased")] == [ANN]
        assert (erased.citizen, erased.erased_at) == (ann, NOW + timedelta(minutes=2))
        again = await ordered(ground, ann, CENTRE, "portal", 3)
        assert isinstance(again, IntakeCommandRefused)
        assert again.code == "erased_already"
        after = await counts(ground)
        assert (before["message"], after["message"]) == (3, 1)
        assert after == dict(zip(SEALED, (1, 0, 1, 0, 0, 1), strict=True))
        for citizen in (ann, bob):
            await told(ground, citizen, "accepted")
        assert [n.conversation for _, n in await notices(ground)] == ["bob-case"]

        # Who writes again is heard as the same person, and may be erased again.
        await said(ground, message("It is still there", "ann-case", sent_at=NOW + timedelta(minutes=4)), "m3")
        by_text = await registered(ground)
        assert by_text["It is still there"].citizen == ann
        assert by_text["It is still there"].case_id != by_text["A hole"].case_id
        assert isinstance(await ordered(ground, ann, CENTRE, "portal", 5), CitizenErased)
        unknown = await ordered(ground, "nobody", CENTRE, "portal", 6)
        assert isinstance(unknown, IntakeCommandRefused)
        assert unknown.code == "no_such_citizen"


async def asked(ground: Ground, conversation: str, contact: Contact, name: str, minutes: int) -> None:
    at = NOW + timedelta(minutes=minutes)
    await said(ground, ErasureRequested(conversation=conversation, contact=contact, sent_at=at), name)


async def words_of(ground: Ground, kind: str) -> list[NoticeIssued]:
    """Notices of a kind, in order."""
    records = await all_of(ground, "world", OUTBOUND)
    issued = [r for r in records if header_map(r.headers)["ce_type"] == NoticeIssued.type]
    found = [NoticeIssued.model_validate_json(r.value or b"") for r in issued]
    return [one for one in found if one.kind == kind]


async def test_a_citizen_asks_to_be_erased_and_is_told_the_last_word_before_the_address_is_forgotten(
    ground: Ground,
) -> None:
    async with running(ground):
        await said(ground, message("A hole", "ann-case"), "m1")
        await said(ground, voice("Let the yard have more people for it", "ann-own"), "v1")
        await said(ground, message("Another hole", "bob-case", contact=BOB), "m2")
        by_text = await registered(ground)
        # In a conversation that nobody began, and in somebody else's.
        await asked(ground, "nobodys", ANN, "e1", 1)
        await asked(ground, "bob-case", ANN, "e2", 1)
        rejected = [RecordRejected.model_validate(b) for b in await bodies(ground, "intake", REJECTIONS)]
        assert {r.outside_id: r.fault for r in rejected} == {"e1": "unknown_conversation", "e2": "foreign_conversation"}

        spelt = ANN.model_copy(update={"address": "1 (617) 555-0100"})
        await asked(ground, "ann-case", spelt, "e3", 2)
        (last,) = await words_of(ground, "erased")
        assert (last.conversation, last.contact, last.outside_id) == ("ann-case", ANN, "e3")
        erasures = await all_of(ground, "operator", "intake.erasures")
        erased = [CitizenErased.model_validate_json(r.value or b"") for r in erasures]
        assert [(e.citizen, e.actor) for e in erased] == [(by_text["A hole"].citizen, "citizen")]
        assert erased[0].erased_at >= NOW + timedelta(minutes=2)
        assert await counts(ground) == dict(zip(SEALED, (1, 0, 1, 0, 0, 1), strict=True))
        # The channel delivered it: nothing is wrong with that.
        named = next(h for r in await all_of(ground, "world", OUTBOUND) if b'"erased"' in (r.value or b"")
                     for h in [header_map(r.headers)])  # fmt: skip
        await said(ground, NoticeDelivered(notice_id=named["ce_id"], delivered=True), "r1", RECEIPTS)
        assert len(await all_of(ground, "intake", REJECTIONS)) == len(rejected)
