"""What citizens are told of emergencies, thanks and messages that a rule closes; how such a case stands afterwards."""

from __future__ import annotations

from datetime import UTC, datetime

from common.contracts.events.routing import EmergencyNoticed, ThanksReceived, TriageDeclined
from intake.standing import after
from intake.telling import Telling, speaker_of, telling_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EMERGENCY = EmergencyNoticed(case_id="c", message_id="m", citizen="p", call="112")
THANKS = ThanksReceived(
    case_id="c", reference="R", message_id="m", channel="web", citizen="p", text="Thank you", received_at=NOON
)


def test_whoever_wrote_of_an_emergency_is_told_whom_to_call_where_the_federation_names_a_number() -> None:
    assert telling_of(EMERGENCY) == Telling("emergency", {"call": "112"})
    assert speaker_of(EMERGENCY) == "p"
    assert telling_of(EMERGENCY.model_copy(update={"call": ""})) is None
    assert after(None, EMERGENCY, NOON) is None


def test_thanks_are_acknowledged_and_the_next_message_is_about_something_else() -> None:
    assert telling_of(THANKS) == Telling("thanked", {})
    standing = after(None, THANKS, NOON)
    assert standing is not None
    assert (standing.standing, standing.region) == ("closed", None)


def test_what_a_rule_closes_is_told_otherwise_than_what_a_person_closes() -> None:
    by_rule = TriageDeclined(case_id="c", reason="", actor="routing", matter="spam")
    assert telling_of(by_rule) == Telling("limited", {})
    by_person = TriageDeclined(case_id="c", reason="an advertisement", actor="operator:north")
    assert telling_of(by_person) == Telling("unplaced", {"reason": "an advertisement"})
