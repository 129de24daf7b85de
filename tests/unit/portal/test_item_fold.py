"""What events make of the items that pages list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from common.contracts.events import operations, routing
from portal.handlers import PortalHandler
from portal.item_fold import Item, fold_item

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


def test_who_the_rules_name_is_shown_by_the_last_reading_of_what_waits_in_triage() -> None:
    def read(by_rules: str | None) -> routing.TriageSupplemented:
        return routing.TriageSupplemented(
            case_id="c1", message_id="m2", text="a hole", reason="confirm", missing=(), authority_by_rules=by_rules
        )

    named = fold_item(Item("triage", "c1", "waiting", NOON, {"reference": "R"}), read("yard"), NOON)
    assert named is not None
    assert named.data["authority_by_rules"] == "yard"
    unnamed = fold_item(named, read(None), NOON)
    assert unnamed is not None
    assert "authority_by_rules" not in unnamed.data


def test_an_emergency_that_is_added_marks_what_waits_in_triage_and_nothing_else() -> None:
    noticed = routing.EmergencyNoticed(case_id="c1", message_id="m2", citizen="p", call="112")
    assert fold_item(None, noticed, NOON) is None
    waiting = Item("triage", "c1", "waiting", NOON, {"reference": "R"})
    marked = fold_item(waiting, noticed, NOON)
    assert marked is not None
    assert (marked.state, marked.data) == ("waiting", {"reference": "R", "matter": "emergency"})
    done = Item("triage", "c1", "answered", NOON, {})
    assert fold_item(done, noticed, NOON) is done
