"""What events make of the items that pages list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from common.contracts.events import operations
from portal.handlers import PortalHandler
from portal.item_fold import fold_item

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_dead_letter_that_was_deleted_with_its_channels_time_is_open_no_more() -> None:
    recorded = operations.DeadLetterRecorded(
        dead_letter_id="d", service="intake", topic="channel.web.inbound", partition=0, offset=7, reason="no JSON",
        size=12, sha256="00", parks_key=False, recorded_at=NOON,
    )  # fmt: skip
    expired = operations.DeadLetterExpired(dead_letter_id="d", service="intake")
    assert {type(recorded), type(expired)} <= PortalHandler.types
    letter = fold_item(None, recorded, NOON)
    assert letter is not None
    assert letter.state == "open"
    gone = fold_item(letter, expired, NOON + timedelta(days=14))
    assert gone is not None
    assert (gone.state, gone.time) == ("expired", NOON)
