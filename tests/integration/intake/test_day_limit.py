"""What one conversation says in a day: counted by the time of records, refused beyond the rule, forgotten with the
day and with its citizen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
from common.contracts.events.channel import ErasureRequested, NoticeIssued, RecordRejected
from common.contracts.events.intake import MessageAdded, MessageRefused, MessageRegistered
from common.contracts.events.region import CitizenAsked
from common.rulebook.jdm import document_of

from tests.conftest import Ground
from tests.end_to_end.system import NOW
from tests.integration.intake.test_conversations import happened, heard, later
from tests.integration.intake.test_voices import ANN, OUTBOUND, REJECTIONS, running, said, say
from tests.integration.intake.test_which_case import publish, tick, written
from tests.kafka import all_of, at_rest, types_of

MOST = 2


async def kept(ground: Ground) -> list[dict[str, Any]]:
    db = await asyncpg.connect(ground.urls["intake"])
    try:
        return [dict(row) for row in await db.fetch("SELECT said, beyond, told FROM said_today ORDER BY said, beyond")]
    finally:
        await db.close()


async def test_beyond_the_day_a_message_is_refused_and_told_once_until_the_day_is_over(ground: Ground) -> None:
    limit = document_of("daily_messages", [("any", {"channel": "", "most": str(MOST), "call": '"112"'})])
    await publish(ground, {"daily_messages": limit, **{name: written(name) for name in ("matters", "matter_words")}})
    async with running(ground, time="ticks"):
        await tick(ground, NOW - timedelta(hours=6), NOW)
        await said(ground, later("A hole", 0, "bob"), "bob")
        # All in one batch, or in several: it makes no difference.
        for number in range(MOST + 4):
            await say(ground, later(f"Again {number}", number), f"ann-{number}")
        await at_rest(ground, "intake")
        await said(ground, later("A house is on fire", 8), "fire")
        await said(ground, later("It is big", 9, "bob"), "bob-2")
        assert types_of(await all_of(ground, "portal", "intake.messages")).count(MessageRefused.type) == 3
        taken = [e.text for e in await heard(ground) if isinstance(e, MessageRegistered | MessageAdded)]
        assert sorted(taken) == ["A hole", "A house is on fire", "Again 0", "Again 1", "Again 2", "It is big"]
        assert await kept(ground) == [
            {"said": 1, "beyond": 0, "told": False}, {"said": 2, "beyond": 1, "told": True},
        ]  # fmt: skip

        # The integrator hears of each, the citizen once.
        rejected = [
            RecordRejected.model_validate_json(r.value or b"") for r in await all_of(ground, "intake", REJECTIONS)
        ]
        assert {(r.outside_id, r.fault) for r in rejected} == {(f"ann-{n}", "refused") for n in (3, 4, 5)}
        issued = [NoticeIssued.model_validate_json(r.value or b"") for r in await all_of(ground, "world", OUTBOUND)]
        (told,) = [one for one in issued if one.kind == "day_full"]
        assert (told.notice, told.conversation, told.outside_id, "112" in told.text) == (
            "refused",
            "ann",
            "ann-3",
            True,
        )

        # An answer to the region's question is no message too many.
        (case,) = [e for e in await heard(ground) if isinstance(e, MessageRegistered) and e.text == "Again 0"]
        await happened(ground, CitizenAsked, case.case_id, 10, {"state": "waiting", "question": "Where?"})
        await said(ground, later("By the school", 11), "reply")
        assert (await kept(ground))[1]["beyond"] == 2

        # The next day begins anew, and nothing is kept of the one before.
        await tick(ground, NOW, NOW + timedelta(days=1))
        assert await kept(ground) == []
        await said(ground, later("Still there", 24 * 60), "ann-next")
        assert [e.text for e in await heard(ground) if isinstance(e, MessageAdded)][-1] == "Still there"
        assert [one["said"] for one in await kept(ground)] == [1]

        # What is kept goes with its citizen.
        erasure = {"conversation": "ann", "contact": ANN, "sent_at": NOW + timedelta(days=1)}
        await said(ground, ErasureRequested.model_validate(erasure), "erase")
        assert await kept(ground) == []
