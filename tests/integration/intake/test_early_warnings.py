"""Citizens with a case in the circle of an early warning are told of it once, in their language, over real Kafka."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import asyncpg
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope, header_map
from common.contracts.events.base import Actor, Place
from common.contracts.events.channel import ErasureRequested, NoticeDelivered, NoticeIssued
from common.contracts.events.clock import TimeCorrected
from common.contracts.events.intake import DeliveryFailed, MessageRegistered
from common.contracts.events.reflex.warnings import WarningEnded, WarningGrown, WarningRaised
from common.contracts.events.routing import CaseWarned
from common.messaging.clock import tick_buffer
from intake.addressed_notices import AddressedNotices
from intake.citizen_keys import CitizenKeys
from intake.official_notices import OfficialNotices
from intake.warning_news import WarningNews

from tests.conftest import Ground
from tests.end_to_end.system import NOW, fact
from tests.integration.intake.test_conversations import BOB, heard, later, told
from tests.integration.intake.test_voices import OUTBOUND, running, said
from tests.integration.intake.test_which_case import publish, tick, written
from tests.kafka import all_of, at_rest

ABOUT = {"warning_id": "w", "region": "north", "authority": "yard-01", "category": "street-light"}
LAMP = {"category": "Street light", "place": Place(lat=0.5, lon=0.5)}


async def rows(ground: Ground) -> tuple[int, int]:
    """Warnings that are kept, and how often somebody was told."""
    db = await asyncpg.connect(ground.urls["intake"])
    try:
        count = "SELECT (SELECT count(*) FROM early_warning), (SELECT count(*) FROM told_warning)"
        return tuple(await db.fetchrow(count))
    finally:
        await db.close()


async def words(ground: Ground) -> list[str]:
    """Of all notices about early warnings."""
    issued = [NoticeIssued.model_validate_json(r.value or b"") for r in await all_of(ground, "world", OUTBOUND)]
    return sorted(one.text for one in issued if one.kind == "many_reports")


async def test_each_conversation_is_told_once_of_a_warning_at_the_tick_and_nobody_after_its_end(ground: Ground) -> None:
    hour = timedelta(hours=1)
    async with running(ground):
        await publish(ground, {"warnings": written("warnings")})
        await said(ground, later("Фонарь у дома не горит", 0, **LAMP), "1")
        await said(ground, later("No light", 1, "bob", contact=BOB.model_copy(update={"language": "en"}), **LAMP), "2")
        ann, bob = await heard(ground)
        assert isinstance(ann, MessageRegistered)
        assert isinstance(bob, MessageRegistered)
        raised = WarningRaised(
            **ABOUT, area="01", lat=0.5, lon=0.5, radius_m=800, reports=15, expected=1.2, since=NOW, window_hours=24,
            likelihood=30, threshold=18, cases=(ann.case_id,), parent_case=ann.case_id, raised_at=NOW,
        )  # fmt: skip
        await fact(ground, "reflex", "reflex.warnings", "w", raised, NOW + hour)
        for case_id in (bob.case_id, ann.case_id):
            warned = CaseWarned(case_id=case_id, region="north", category="street-light", warning_id="w")
            await fact(ground, "routing", "routing.triage", case_id, warned, NOW + hour * 2)
        await at_rest(ground, "intake")
        assert await words(ground) == [], "it waits for the tick"
        await tick(ground, NOW, NOW + hour * 3)
        english, russian = await words(ground)
        assert english.startswith(f"{bob.reference}: 15 or more reports of this kind")
        assert "need not report it again" in english
        assert russian.startswith(f"{ann.reference}: ")
        assert "Сообщать ещё раз не нужно" in russian
        assert [kind for kind, _ in await told(ground, "ann")] == ["registered", "many_reports"]
        assert await rows(ground) == (1, 2)

        ended = WarningEnded(**ABOUT, reports=20, since=NOW, ended_at=NOW + hour * 3)
        await fact(ground, "reflex", "reflex.warnings", "w", ended, NOW + hour * 3)
        await said(ground, later("No light here", 185, "cid", contact=BOB, **LAMP), "3")
        *_, cid = await heard(ground)
        assert isinstance(cid, MessageRegistered)
        late = CaseWarned(case_id=cid.case_id, region="north", category="street-light", warning_id="w")
        await fact(ground, "routing", "routing.triage", cid.case_id, late, NOW + hour * 4)
        await tick(ground, NOW + hour * 3, NOW + hour * 5)
        assert len(await words(ground)) == 2, "its end is not told where the row says nothing of it"
        assert await rows(ground) == (0, 0)


async def test_an_erased_citizen_in_the_circle_is_written_to_no_more_and_leaves_nothing_behind(ground: Ground) -> None:
    hour, table = timedelta(hours=1), written("warnings")
    for rule in table["nodes"][1]["content"]["rules"]:
        rule["out_tell_end"] = "true"
    async with running(ground):
        await publish(ground, {"warnings": table})
        people = {name: BOB.model_copy(update={"address": f"{name}@example.org"}) for name in ("ann", "bob", "cid")}
        for minute, (name, contact) in enumerate(people.items()):
            await said(ground, later("No light", minute, name, contact=contact, **LAMP), name)
        cases = [one.case_id for one in await heard(ground) if isinstance(one, MessageRegistered)]
        raised = WarningRaised(
            **ABOUT, area="01", lat=0.5, lon=0.5, radius_m=800, reports=15, expected=1.2, since=NOW, window_hours=24,
            likelihood=30, threshold=18, cases=(cases[0], cases[2]), parent_case=cases[0], raised_at=NOW,
        )  # fmt: skip
        await fact(ground, "reflex", "reflex.warnings", "w", raised, NOW + hour)
        await tick(ground, NOW, NOW + hour * 2)
        assert await rows(ground) == (1, 2)
        # Of ann who was told, and of bob of whom word waits for the tick.
        warned = CaseWarned(case_id=cases[1], region="north", category="street-light", warning_id="w")
        await fact(ground, "routing", "routing.triage", cases[1], warned, NOW + hour * 2)
        await at_rest(ground, "intake")
        for name in ("ann", "bob"):
            wish = ErasureRequested(conversation=name, contact=people[name], sent_at=NOW + hour * 3)
            await said(ground, wish, f"erase {name}")
        assert await rows(ground) == (1, 1)
        grown = WarningGrown(**ABOUT, reports=30, cases=tuple(cases), grown_at=NOW + hour * 4)
        await fact(ground, "reflex", "reflex.warnings", "w", grown, NOW + hour * 4)
        await tick(ground, NOW + hour * 2, NOW + hour * 5)
        assert await rows(ground) == (1, 1)
        ended = WarningEnded(**ABOUT, reports=30, since=NOW, ended_at=NOW + hour * 6)
        await fact(ground, "reflex", "reflex.warnings", "w", ended, NOW + hour * 6)
        await tick(ground, NOW + hour * 5, NOW + hour * 7)
        assert [kind for kind, _ in await told(ground, "ann")] == ["registered", "many_reports", "erased"]
        assert [kind for kind, _ in await told(ground, "bob")] == ["registered", "erased"]
        assert [kind for kind, _ in await told(ground, "cid")] == ["registered", "many_reports", "many_reports_over"]
        assert await rows(ground) == (0, 0)


async def test_the_head_of_an_authority_is_told_once_and_a_failed_delivery_is_known(ground: Ground) -> None:
    async with running(ground):
        raised = WarningRaised(
            **{**ABOUT, "authority": "signals"}, area="01", lat=0.5, lon=0.5, radius_m=800, reports=15, expected=1.2,
            since=NOW, window_hours=24, likelihood=30, threshold=18, cases=("c",), parent_case="c", raised_at=NOW,
        )  # fmt: skip
        for _ in range(2):
            await fact(ground, "reflex", "reflex.warnings", "w", raised, NOW)
        await at_rest(ground, "intake")
        (record,) = await all_of(ground, "world", "channel.email.outbound")
        notice = NoticeIssued.model_validate_json(record.value or b"")
        assert (notice.kind, notice.contact.address) == ("head_of_warning", "head@signals.example")
        failed = NoticeDelivered(
            notice_id=header_map(record.headers)["ce_id"], delivered=False, reason="no such box head@signals.example"
        )
        await said(ground, failed, "receipt", "channel.email.receipts")
        records = await all_of(ground, "routing", "intake.messages")
        (told_of,) = [DeliveryFailed.model_validate_json(r.value or b"") for r in records]
        assert (told_of.notice, told_of.case_id) == ("head_of_warning", None)
        assert "head@" not in (told_of.reason or "")


async def test_whoever_was_told_of_a_warning_raised_while_the_clock_was_wrong_is_told_that_it_is_taken_back(
    ground: Ground,
) -> None:
    hour, wrong = timedelta(hours=1), NOW + timedelta(days=20)
    about = {
        "region": "north", "authority": "signals", "category": "street-light", "area": "01", "lat": 0.5, "lon": 0.5,
        "radius_m": 800, "reports": 15, "expected": 1.2, "since": NOW, "window_hours": 24, "likelihood": 30,
        "threshold": 18,
    }  # fmt: skip

    async def to_head() -> list[str]:
        records = await all_of(ground, "world", "channel.email.outbound")
        return [NoticeIssued.model_validate_json(r.value or b"").kind or "" for r in records]

    async with running(ground):
        await publish(ground, {"warnings": written("warnings")})
        await said(ground, later("No light", 0, **LAMP), "1")
        (ann,) = await heard(ground)
        assert isinstance(ann, MessageRegistered)
        cases = {"cases": (ann.case_id,), "parent_case": ann.case_id}
        told_already = WarningRaised(**about, **cases, warning_id="told", raised_at=wrong)
        await fact(ground, "reflex", "reflex.warnings", "told", told_already, wrong)
        await tick(ground, NOW, wrong + hour)
        waiting = WarningRaised(**about, **cases, warning_id="waiting", raised_at=wrong)
        await fact(ground, "reflex", "reflex.warnings", "waiting", waiting, wrong + hour * 2)
        await at_rest(ground, "intake")
        assert [kind for kind, _ in await told(ground, "ann")] == ["registered", "many_reports"]
        assert await to_head() == ["head_of_warning", "head_of_warning"]

        actor = Actor(id="federal:centre", role="federal", scope="*")
        corrected = TimeCorrected(wrong_until=wrong + hour, until=NOW + hour, reason="ahead", actor=actor)
        await fact(ground, "operator", "clock.ticks", "clock", corrected, NOW + hour)
        await at_rest(ground, "intake")
        await tick(ground, NOW + hour, NOW + hour * 2)
        kinds = sorted(kind for kind, _ in await told(ground, "ann"))
        assert kinds == ["many_reports", "many_reports_over", "registered"]
        assert await to_head() == ["head_of_warning"] * 2 + ["head_of_no_warning"] * 2
        assert await rows(ground) == (0, 0)


async def test_what_was_heard_while_the_clock_was_wrong_waits_for_the_next_tick_alone(ground: Ground) -> None:
    nobody = WarningNews(
        cast("CitizenKeys", None), cast("AddressedNotices", None), cast("OfficialNotices", None),
        lambda region, category, at: None,
    )  # fmt: skip
    warned = CaseWarned(case_id="c", region="north", category="street-light", warning_id="w")
    actor = Actor(id="federal:centre", role="federal", scope="*")
    corrected = TimeCorrected(wrong_until=NOW + timedelta(days=40), until=NOW, reason="ahead", actor=actor)
    db = await asyncpg.connect(ground.urls["intake"])
    try:
        envelope = Envelope("warned", "test", warned.type, NOW + timedelta(days=40), "c", "c")
        await nobody.wait([Delivery(envelope, warned, "topic", 0, 1, "c")], db)
        await nobody.correct(Envelope("corrected", "test", corrected.type, NOW, "c", "c"), db)
        (heard,) = await tick_buffer.take(db, NOW + timedelta(hours=1))
        assert heard.envelope.type == CaseWarned.type
    finally:
        await db.close()
