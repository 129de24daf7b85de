"""Early warnings that were raised while the clock was wrong stand on no page once it is corrected."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
from common.contracts.events.base import Actor
from common.contracts.events.clock import TimeCorrected
from common.contracts.events.reflex.warnings import WarningGrown, WarningRaised
from portal.queries import Reader
from portal.snapshot import SnapshotPool

from tests.databases import Databases
from tests.integration.portal.test_late_words import HANDLER, delivery
from tests.portal_rig import NOW

ABOUT = {"region": "north", "authority": "yard-01", "category": "street-light"}
MINUTES_WRONG = 40 * 24 * 60


def raised(warning_id: str) -> WarningRaised:
    return WarningRaised(
        **ABOUT, warning_id=warning_id, area="01", lat=0.5, lon=0.5, radius_m=800, reports=15, expected=1.2, since=NOW,
        window_hours=24, likelihood=30, threshold=18, cases=("c",), parent_case="c", raised_at=NOW,
    )  # fmt: skip


async def test_a_warning_of_a_wrong_tick_stands_no_more_after_the_correction_and_can_be_raised_anew(
    databases: Databases,
) -> None:
    actor = Actor(id="federal:centre", role="federal", scope="*")
    corrected = TimeCorrected(wrong_until=NOW + timedelta(days=40), until=NOW, reason="ahead", actor=actor)
    async with asyncpg.create_pool(databases["portal"], min_size=1, max_size=2) as pool:
        reader = Reader(SnapshotPool(pool))

        async def standing() -> list[str]:
            return sorted(one.id for one in await reader.items("warning", "standing", 9))

        async with pool.acquire() as db:
            batch = [delivery(raised("right"), 1), delivery(raised("wrong"), MINUTES_WRONG)]
            await HANDLER.handle(batch, db)
            assert await standing() == ["right", "wrong"]
            await HANDLER.handle([delivery(corrected, 2)], db)
            assert await standing() == ["right"]
            grown = WarningGrown(**ABOUT, warning_id="wrong", reports=30, cases=("d",), grown_at=NOW)
            await HANDLER.handle([delivery(grown, 3)], db)
            assert await standing() == ["right"]
            await HANDLER.handle([delivery(raised("wrong"), 4)], db)
            assert await standing() == ["right", "wrong"]
