"""What stays of a case's history when a citizen was erased."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from common.messaging.erased_citizens import Erased
from portal.erasures import Happened, item_without_words, named_in, without_words

AT = datetime(2011, 7, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def of_citizens(erased: dict[str, datetime]) -> Erased:
    return Erased(erased, {})


def happened(number: int, kind: str, case_id: str = "c1", **data: object) -> Happened:
    return Happened(number, case_id, kind, AT + number * HOUR, data)


def test_the_citizens_words_go_and_officials_words_and_facts_stay() -> None:
    history = [
        happened(1, "intake.message.registered.v1", citizen="anna", text="my hole", reference="R"),
        happened(2, "region.case.opened.v1", citizen="anna", text="my hole", area="01"),
        happened(3, "region.case.message_joined.v1", text="still there", message_id="m"),
        happened(4, "region.case.answered.v1", text="We filled it."),
        happened(5, "intake.message.added.v1", citizen="boris", text="mine too"),
    ]
    changed = without_words(history, of_citizens({"anna": AT + 5 * HOUR}))
    assert [(one.arrival, one.data["text"]) for one in changed] == [(1, ""), (2, ""), (3, "")]
    assert changed[1].data["area"] == "01"
    assert without_words([*changed, *history[3:]], of_citizens({"anna": AT + 5 * HOUR})) == []


def test_words_and_parts_that_triage_was_shown_later_go_too_though_they_name_no_citizen() -> None:
    shown = {"text": "a hole, a lamp", "parts": [{"text": "a hole", "category": "pothole"}]}
    history = [
        happened(1, "routing.triage.requested.v1", citizen="anna", text="a hole"),
        happened(2, "routing.triage.supplemented.v1", **shown),
    ]
    changed = without_words(history, of_citizens({"anna": AT + 5 * HOUR}))
    assert changed[1].data == {"text": "", "parts": [{"text": "", "category": "pothole"}]}


def test_what_the_citizen_said_of_the_answer_goes_and_an_officials_reason_stays() -> None:
    history = [
        happened(1, "region.case.reopened.v1", actor="anna", reason="it is as deep as ever", times=1),
        happened(2, "region.case.extended.v1", actor="desk:yard-01", reason="no asphalt"),
    ]
    changed = without_words(history, of_citizens({"anna": AT + 5 * HOUR}))
    assert [(one.arrival, one.data["reason"], one.data["times"]) for one in changed] == [(1, "", 1)]


def test_what_is_said_after_the_erasure_and_in_others_cases_stays() -> None:
    history = [
        happened(1, "region.case.opened.v1", citizen="anna", text="my hole"),
        happened(3, "intake.message.added.v1", citizen="anna", text="I am back"),
        happened(2, "region.case.opened.v1", "c2", citizen="boris", text="his"),
        happened(2, "region.case.message_joined.v1", "c2", text="his"),
    ]
    assert [one.arrival for one in without_words(history, of_citizens({"anna": AT + 2 * HOUR}))] == [1]
    assert without_words(history, of_citizens({})) == []


def test_the_parts_of_a_message_go_with_its_words() -> None:
    parts = [{"text": "my hole", "category": "pothole"}, {"text": "and my lamp"}]
    (changed,) = without_words(
        [happened(1, "routing.message.split.v1", citizen="anna", parts=parts)], of_citizens({"anna": AT + 2 * HOUR})
    )
    assert changed.data["parts"] == [{"text": "", "category": "pothole"}, {"text": ""}]


def test_a_body_names_its_citizen_and_an_actor_that_is_a_pseudonym_and_nobody_in_its_words() -> None:
    pseudonym = "0123456789abcdef01234567"
    told = {"citizen": "anna", "actor": "desk:yard-01", "text": 'I said "citizen":"boris" and \\"citizen\\":"vera"'}
    assert named_in(json.dumps(told).encode()) == {"anna"}
    assert named_in(json.dumps({"actor": pseudonym}, separators=(",", ":")).encode()) == {pseudonym}
    assert named_in(b"{}") == set()


def test_an_item_keeps_its_words_unless_it_was_received_before_its_citizens_erasure() -> None:
    item = {"citizen": "anna", "text": "my hole", "reference": "R", "received_at": AT.isoformat()}
    assert item_without_words("c1", item, of_citizens({"anna": AT})) == {**item, "text": ""}
    assert item_without_words("c1", item, of_citizens({"anna": AT - HOUR})) == item
    assert item_without_words("c1", item, of_citizens({"boris": AT})) == item


def test_of_an_erased_conversation_cases_and_messages_lose_their_words_and_others_of_the_address_do_not() -> None:
    history = [
        happened(1, "region.case.opened.v1", citizen="anna", text="my hole"),
        happened(1, "region.case.opened.v1", "c2", citizen="anna", text="somebody else's, who named her address"),
        happened(2, "intake.message.added.v1", "c2", citizen="anna", text="the same as mine", message_id="m1"),
        happened(3, "region.case.message_joined.v1", "c2", text="the same as mine", message_id="m1"),
        happened(3, "region.case.message_joined.v1", "c2", text="theirs", message_id="m2"),
        happened(9, "intake.message.added.v1", citizen="anna", text="I am back", message_id="m3"),
    ]
    at = AT + 5 * HOUR
    erased = Erased({}, {("c1", "anna"): at, ("m1", "anna"): at})
    assert [(one.arrival, one.case_id) for one in without_words(history, erased)] == [(1, "c1"), (2, "c2"), (3, "c2")]
    item = {"citizen": "anna", "text": "my hole", "received_at": AT.isoformat()}
    assert item_without_words("c1", item, erased)["text"] == ""
    assert item_without_words("c2", item, erased) == item
