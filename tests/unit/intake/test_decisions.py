"""What becomes of a message, and what the citizen is told: decisions without servers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from common.contracts.envelope import Envelope
from common.contracts.events.base import Place
from common.contracts.events.channel import Contact, Fault, MessageReceived, VerdictReceived
from common.contracts.events.intake import MessageAdded, MessageRefused, MessageRegistered, VerdictGiven
from common.contracts.reference import reference_of
from common.federation.language_of_words import LanguageOfWords
from common.messaging.consume.time_bounds import Timeliness
from intake.conversation import Conversation, MessageDecision
from intake.course import Course, course_of, otherwise
from intake.domain import (
    UNKNOWN_CATEGORY,
    Incoming,
    IntakeRules,
    decide,
    message_id_of,
    reader_language,
)
from intake.telling import Telling

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANN = Contact(address="ann@example.org", name="Ann Example")
RULES = IntakeRules({"Pothole": "Pothole"}.get, language="en")


def message(text: str = "A hole in the road", sent_at: datetime = NOW, **fields: object) -> MessageReceived:
    given = {"conversation": "a", "contact": ANN, "text": text, "sent_at": sent_at, **fields}
    return MessageReceived.model_validate(given)


def verdict(verdict: str, text: str = "") -> VerdictReceived:
    given = {"conversation": "a", "contact": ANN, "verdict": verdict, "text": text, "sent_at": NOW}
    return VerdictReceived.model_validate(given)


def incoming(
    event: MessageReceived | VerdictReceived, *, id: str = "1", citizen: str = "ann", by_edge: bool = False
) -> Incoming:
    cause = Envelope(id, "channel/web", event.type, NOW, id, f"correlation of {id}")
    return Incoming(event, cause, "web", citizen, by_edge, appended_at=NOW, claimed_at=NOW)


def judge(conversation: Conversation | None, given: Incoming) -> MessageDecision:
    cases = [] if conversation is None else [conversation]
    course = course_of(given.event, cases, {}, {}, otherwise)
    return decide(course, given, RULES, Timeliness("wall"), conversation)


def begun(**fields: object) -> Conversation:
    conversation = judge(None, incoming(message(**fields))).conversation
    assert conversation is not None
    return conversation


def test_the_first_message_begins_a_conversation_and_is_told_its_number() -> None:
    decision = judge(None, incoming(message()))
    conversation = decision.conversation
    assert conversation is not None
    assert decision.begins
    assert decision.refusal is None
    assert isinstance(decision.event, MessageRegistered)
    assert decision.event.case_id == conversation.case_id
    assert decision.event.reference == conversation.reference == reference_of(conversation.case_id)
    assert decision.tellings == (Telling("registered", {}),)
    assert (conversation.citizen, conversation.correlation_id) == ("ann", "correlation of 1")


def test_the_same_message_decided_again_gives_the_same_ids() -> None:
    assert judge(None, incoming(message())) == judge(None, incoming(message()))
    assert judge(None, incoming(message(), id="2")).message_id != judge(None, incoming(message())).message_id


def test_a_later_message_joins_the_case_and_is_answered_with_no_notice() -> None:
    conversation = begun()
    decision = judge(conversation, incoming(message("It grew"), id="2"))
    assert decision.conversation is conversation
    assert not decision.begins
    assert decision.tellings == ()
    assert isinstance(decision.event, MessageAdded)
    assert (decision.event.case_id, decision.event.text) == (conversation.case_id, "It grew")


def test_a_verdict_is_about_the_conversations_case() -> None:
    conversation = begun()
    decision = judge(conversation, incoming(verdict("reopened", "Still there, write to ann@example.org"), id="2"))
    assert isinstance(decision.event, VerdictGiven)
    assert (decision.event.case_id, decision.event.verdict) == (conversation.case_id, "reopened")
    assert decision.event.text == "Still there, write to [e-mail]"


def test_what_is_told_on_holds_nothing_personal_and_no_category_that_nobody_knows() -> None:
    place = Place(address="Main street 5, apt. 12", lat=0.5, lon=0.5)
    decision = judge(None, incoming(message("I am Ann Example, +7 916 123 45 67", place=place, category="Ann")))
    assert isinstance(decision.event, MessageRegistered)
    assert decision.event.text == "I am [name], [phone]"
    assert decision.event.place == Place(address="Main street 5, [flat]", lat=0.5, lon=0.5)
    assert decision.event.category == UNKNOWN_CATEGORY
    known = judge(None, incoming(message(category="Pothole"))).event
    assert isinstance(known, MessageRegistered)
    assert known.category == "Pothole"


@pytest.mark.parametrize(
    ("known", "given", "fault"),
    [
        (False, incoming(message(sent_at=NOW + timedelta(days=1))), "untimely"),
        (False, incoming(message(sent_at=NOW - timedelta(days=400))), "untimely"),
        (False, incoming(verdict("confirmed")), "unknown_conversation"),
        (True, incoming(message(), citizen="bob"), "foreign_conversation"),
        (True, incoming(message(), by_edge=True), "foreign_conversation"),
    ],
)
def test_a_message_that_cannot_be_taken_is_refused_with_a_reason_its_sender_is_told(
    known: bool, given: Incoming, fault: Fault
) -> None:
    decision = judge(begun() if known else None, given)
    assert decision.refusal is not None
    assert decision.refusal.fault == fault
    assert decision.conversation is None
    assert not decision.begins
    assert isinstance(decision.event, MessageRefused)
    assert decision.event.reason == decision.refusal.reason
    assert decision.tellings == (Telling("refused", {"answer": decision.refusal.reason}),)
    assert (decision.message_id, decision.at) == (message_id_of(given.cause), NOW)


def test_who_began_a_conversation_over_http_goes_on_in_it_over_http() -> None:
    conversation = judge(None, incoming(message(), by_edge=True)).conversation
    assert judge(conversation, incoming(message(), id="2", by_edge=True)).refusal is None


def test_who_sends_attachments_is_told_each_time_that_they_are_not_kept() -> None:
    first = judge(None, incoming(message(attachments=["photo.jpg"])))
    assert [telling.kind for telling in first.tellings] == ["registered", "attachments"]
    later = judge(first.conversation, incoming(message(attachments=["photo.jpg"]), id="2"))
    assert [telling.kind for telling in later.tellings] == ["attachments"]


def test_the_language_is_the_citizens_where_it_is_one_and_else_the_federations() -> None:
    assert begun(contact=ANN.model_copy(update={"language": "ru-RU"})).language == "ru-ru"
    assert begun(contact=ANN.model_copy(update={"language": "+16175550100"})).language == "en"


def test_an_edited_message_is_told_on_with_the_one_that_it_is_said_instead_of() -> None:
    conversation = begun()
    event = message("It is at no. 9", replaces="the sender's id")
    course = Course("joins", conversation, conversation.case_id, event, "m1")
    said = decide(course, incoming(event, id="2"), RULES, Timeliness("wall"), conversation).event
    assert isinstance(said, MessageAdded)
    assert (said.replaces, said.text) == ("m1", "It is at no. 9")


def test_to_take_back_what_is_not_known_is_refused_and_an_edit_of_it_is_a_message() -> None:
    conversation = begun()
    refused = judge(conversation, incoming(message("", replaces="unheard of"), id="2"))
    assert refused.refusal is not None
    assert refused.refusal.fault == "unknown_conversation"
    assert "unheard of" not in refused.refusal.reason
    edited = judge(conversation, incoming(message("Still there", replaces="unheard of"), id="2")).event
    assert isinstance(edited, MessageAdded)
    assert edited.replaces is None


def test_a_verdict_on_a_case_of_another_conversation_is_refused_with_words() -> None:
    conversation = begun()
    own = verdict("confirmed").model_copy(update={"case_reference": conversation.reference.lower()})
    assert isinstance(judge(conversation, incoming(own, id="2")).event, VerdictGiven)
    foreign = own.model_copy(update={"case_reference": reference_of("of another")})
    refused = judge(conversation, incoming(foreign, id="3"))
    assert refused.refusal is not None
    assert refused.refusal.fault == "unknown_conversation"
    assert refused.refusal.reason.startswith("case_reference: ")


def test_a_citizen_is_answered_in_the_language_of_the_channel_else_of_their_words_else_as_before() -> None:
    rules = replace(RULES, language_of_words=LanguageOfWords(("en", "es")))
    spanish = "Hay un bache muy grande en la calle"
    assert reader_language(incoming(message(spanish)), rules) == "es"
    named = ANN.model_copy(update={"language": "en-US"})
    assert reader_language(incoming(message(spanish, contact=named)), rules, "es") == "en-us"
    assert reader_language(incoming(message("12")), rules) == "en"
    assert reader_language(incoming(message("12")), rules, "es") == "es"
    assert reader_language(incoming(verdict("reopened", spanish)), rules, "en") == "es"
    assert reader_language(incoming(verdict("confirmed")), rules, "es") == "es"
