"""Two channels of one person are linked by a code that was sent to the one and written on the other."""

from __future__ import annotations

import re

from common.contracts.envelope import header_map
from common.contracts.events.channel import Contact, ErasureRequested, LinkRequested, NoticeIssued
from common.contracts.events.intake import CitizenErased, CitizensLinked, MessageRegistered

from tests.conftest import Ground
from tests.end_to_end.system import NOW
from tests.integration.intake.test_voices import ANN, INBOUND, OUTBOUND, message, running, said, say
from tests.kafka import all_of, at_rest

ELSEWHERE = Contact(address="ann@example.org")
WEB_IN, WEB_OUT = "channel.web.inbound", "channel.web.outbound"


async def heard(ground: Ground, topic: str) -> list[NoticeIssued]:
    return [NoticeIssued.model_validate_json(r.value or b"") for r in await all_of(ground, "world", topic)]


async def registered(ground: Ground) -> dict[str, MessageRegistered]:
    records = await all_of(ground, "routing", "intake.messages")
    kept = [r for r in records if header_map(r.headers)["ce_type"] == MessageRegistered.type]
    found = [MessageRegistered.model_validate_json(r.value or b"") for r in kept]
    return {one.text: one for one in found}


async def test_two_channels_become_one_person_by_a_code_and_are_erased_as_one(ground: Ground) -> None:
    async with running(ground):
        await said(ground, message("By telephone", "calls"), "m1")
        await said(ground, message("By the web", "page", contact=ELSEWHERE), "m2", WEB_IN)
        before = await registered(ground)
        caller, writer = before["By telephone"].citizen, before["By the web"].citizen
        assert caller != writer

        link = LinkRequested(
            conversation="calls", contact=ANN, other_channel="web", other_address="Ann@Example.ORG", sent_at=NOW
        )
        await said(ground, link, "l1")
        sent = (await heard(ground, WEB_OUT))[-1]
        assert (sent.kind, sent.conversation, sent.outside_id) == ("link_code", "page", None)
        code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", sent.text)
        assert code is not None
        # A wrong code, then the right one; the same code counts for nothing where nobody asked.
        await said(ground, message("AAAA-BBBB", "calls"), "c1")
        await said(ground, message(code[0].lower(), "calls"), "c2")
        here = [n.kind for n in await heard(ground, OUTBOUND)]
        assert here == ["registered", "link_asked", "link_wrong", "linked"]
        assert (await heard(ground, WEB_OUT))[-1].kind == "linked"

        # Whatever is said on either from now on is said by one person, in conversations of before too.
        await said(ground, message("By telephone again", "calls 2"), "m3")
        await said(ground, message("And more", "calls"), "m4")
        assert (await registered(ground))["By telephone again"].citizen == writer
        assert "refused" not in [n.kind for n in await heard(ground, OUTBOUND)]

        await said(ground, ErasureRequested(conversation="page", contact=ELSEWHERE, sent_at=NOW), "e1", WEB_IN)
        records = await all_of(ground, "operator", "intake.erasures")
        told = {header_map(r.headers)["ce_type"]: [] for r in records}
        for record in records:
            told[header_map(record.headers)["ce_type"]].append(record.value or b"")
        (linked,) = [CitizensLinked.model_validate_json(v) for v in told[CitizensLinked.type]]
        assert (linked.citizen, linked.into_citizen) == (caller, writer)
        erased = {CitizenErased.model_validate_json(v).citizen for v in told[CitizenErased.type]}
        assert erased == {caller, writer}
        # Who comes back is as anybody was at first.
        await said(ground, message("I am back", "calls"), "m5", INBOUND)
        assert (await registered(ground))["I am back"].citizen == caller


async def test_one_person_gets_five_codes_in_a_day_however_they_are_asked_for(ground: Ground) -> None:
    async with running(ground):
        await said(ground, message("By the web", "page", contact=ELSEWHERE), "m1", WEB_IN)
        for one in ("first", "second"):
            await said(ground, message("By telephone", one), f"m-{one}")
            for number in range(7):
                link = LinkRequested(
                    conversation=one, contact=ANN, other_channel="web", other_address=ELSEWHERE.address, sent_at=NOW
                )
                await say(ground, link, f"l-{one}-{number}")
                # Wrong codes, as many as end it: what was sent stays counted.
                for wrong in range(5):
                    await say(ground, message("AAAA-BBBB", one), f"w-{one}-{number}-{wrong}")
        await at_rest(ground, "intake")
        codes = [n.kind for n in await heard(ground, WEB_OUT) if n.kind == "link_code"]
        assert len(codes) == 5
        # A conversation that asks too often is told nothing more, on any channel.
        asked = [n.conversation for n in await heard(ground, OUTBOUND) if n.kind == "link_asked"]
        assert sorted(asked) == ["first"] * 5 + ["second"] * 5
