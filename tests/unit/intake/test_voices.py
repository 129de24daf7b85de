"""Which message is a voice on a proposal, and what becomes of a voice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from common.contracts.envelope import Envelope
from common.contracts.events.base import Place
from common.contracts.events.channel import Contact, Fault, MessageReceived, VoiceReceived
from common.contracts.events.intake import MessageRefused
from common.messaging.consume.time_bounds import Timeliness
from intake.conversation import Begun, MessageDecision
from intake.course import Course
from intake.domain import Incoming, IntakeRules, decide, message_id_of
from intake.voices import (
    MAX_WORDS,
    UNKNOWN_PROPOSAL,
    Asked,
    VoiceDecision,
    as_voice,
    decide_voice,
    reference_in,
    takes_idea_back,
    voice_on,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANN = Contact(address="ann@example.org", name="Ann Example")
RULES = IntakeRules({"Pothole": "Pothole"}.get, language="en")
OPENED = {"P-7K2MNA", "P-4F2K"}
ASKED = Asked("P-7K2MNA", until=NOW + timedelta(days=7))
PROPOSAL_ID = "0f6f2c2e-7d0a-5a7e-9a39-5b8b8f1c2d11"


def message(text: str, **fields: object) -> MessageReceived:
    given = {"conversation": "a", "contact": ANN, "text": text, "sent_at": NOW, **fields}
    return MessageReceived.model_validate(given)


def voice(text: str = "For", **fields: object) -> VoiceReceived:
    given = {"conversation": "a", "contact": ANN, "text": text, "sent_at": NOW, **fields}
    return VoiceReceived.model_validate(given)


def incoming(event: MessageReceived | VoiceReceived, *, citizen: str = "ann", by_edge: bool = False) -> Incoming:
    cause = Envelope("1", "channel/web", event.type, NOW, "1", "correlation")
    return Incoming(event, cause, "web", citizen, by_edge, appended_at=NOW, claimed_at=NOW)


def decide_first(given: Incoming, begun: Begun | None = None) -> MessageDecision:
    """Of a message in a conversation that is about no case yet."""
    assert isinstance(given.event, MessageReceived)
    return decide(Course("opens", None, "", given.event), given, RULES, Timeliness("wall"), begun)


def case_of(by_edge: bool = False) -> MessageDecision:
    return decide_first(incoming(message("A hole"), by_edge=by_edge))


def judge(event: VoiceReceived, asked: Asked | None = None) -> VoiceDecision:
    decision = decide_voice(None, asked, incoming(event), RULES, Timeliness("wall"))
    assert isinstance(decision, VoiceDecision)
    return decision


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("P-7K2MNA", "P-7K2MNA"),
        ("P-7K2MNA: against, because the yard is far away", "P-7K2MNA"),
        ("  «p-7k2mna» за", "P-7K2MNA"),
        ("Р-4F2K против, потому что далеко", "P-4F2K"),
        ("I don't support P-4F2K", "P-4F2K"),
        ("Я против P-4F2K", "P-4F2K"),
        ("For P-4F2K!", "P-4F2K"),
        ("A question about P-4F2K: who pays?", None),
        ("The hole is still there. I support P-4F2K.", None),
        ("The lamp P-4F2K is broken", None),
        ("P-9999QQ: for", None),
        ("XP-4F2K for", None),
        ("P-4F2K-1 for", None),
        ("For", None),
        ("", None),
    ],
)
def test_in_a_cases_conversation_it_is_a_voice_only_where_it_begins_with_the_reference_of_an_open_proposal(
    text: str, reference: str | None
) -> None:
    assert voice_on(message(text), about_a_case=True, asked=ASKED, opened=OPENED) == reference
    assert voice_on(message(text), about_a_case=False, asked=None, opened=OPENED) == reference


def test_in_a_conversation_that_holds_nothing_but_a_proposal_each_reply_in_time_is_a_voice() -> None:
    reply = message("Against, because the yard is far away")
    assert voice_on(reply, about_a_case=False, asked=ASKED, opened=()) == "P-7K2MNA"
    assert voice_on(reply, about_a_case=True, asked=ASKED, opened=()) is None
    assert voice_on(reply, about_a_case=False, asked=None, opened=()) is None
    assert voice_on(reply, about_a_case=False, asked=Asked("P-7K2MNA", until=None), opened=()) is None
    late = message("Against", sent_at=ASKED.until + timedelta(seconds=1) if ASKED.until else None)
    assert voice_on(late, about_a_case=False, asked=ASKED, opened=()) is None
    other = message("P-4F2K: for")
    assert voice_on(other, about_a_case=False, asked=ASKED, opened=OPENED) == "P-4F2K"


@pytest.mark.parametrize(
    "report",
    [
        message("P-4F2K for", category="Pothole"),
        message("P-4F2K for", place=Place(lat=0.5, lon=0.5)),
        message("P-4F2K for", attachments=("photo.jpg",)),
        message("P-4F2K " + "x" * MAX_WORDS),
    ],
)
def test_what_is_a_report_by_its_form_stays_a_message(report: MessageReceived) -> None:
    assert voice_on(report, about_a_case=False, asked=ASKED, opened=OPENED) is None


def test_a_message_that_is_a_voice_says_what_the_message_said() -> None:
    given = as_voice(message("P-4F2K for", synthetic=True), "P-4F2K")
    assert given == voice("P-4F2K for", proposal="P-4F2K", synthetic=True)


def test_a_voice_goes_on_under_a_pseudonym_without_what_is_personal() -> None:
    decision = judge(voice("I am Ann Example, +7 916 123 45 67", proposal="p-4f2k", stance="support"))
    given = decision.event
    assert (given.citizen, given.channel, given.stance, given.proposal) == ("ann", "web", "support", "P-4F2K")
    assert given.text == "I am [name], [phone]"
    assert given.voice_id == decision.voice_id == message_id_of(incoming(voice()).cause)
    assert given.given_at == decision.at == NOW


def test_what_a_voice_says_of_the_words_of_others_goes_on_by_their_numbers() -> None:
    given = judge(voice("", proposal="P-4F2K", agree=(12, 14), disagree=(3,))).event
    assert (given.agree, given.disagree, given.stance, given.text) == ((12, 14), (3,), None, "")


@pytest.mark.parametrize(
    ("named", "text", "asked", "proposal"),
    [
        (None, "for", ASKED, "P-7K2MNA"),
        (None, "for", None, None),
        (None, "P-4F2K for", ASKED, "P-4F2K"),
        ("", "for", ASKED, "P-7K2MNA"),
        (PROPOSAL_ID.upper(), "for", ASKED, PROPOSAL_ID),
        (" P-4F2K ", "for", ASKED, "P-4F2K"),
        ("P-79161234567", "for", ASKED, UNKNOWN_PROPOSAL),
        ("Ann Example", "for", ASKED, UNKNOWN_PROPOSAL),
    ],
)
def test_the_proposal_is_the_one_named_else_the_one_the_conversation_was_told_of_last_else_none(
    named: str | None, text: str, asked: Asked | None, proposal: str | None
) -> None:
    assert judge(voice(text, proposal=named), asked).event.proposal == proposal


def test_the_language_is_the_voices_own_else_the_conversations_else_the_federations() -> None:
    begun = decide_first(incoming(message("Яма", contact=Contact(address="a", language="ru")))).conversation
    said = decide_voice(begun, None, incoming(voice()), RULES, Timeliness("wall"))
    assert isinstance(said, VoiceDecision)
    assert said.event.language == "ru"
    assert judge(voice(contact=Contact(address="a", language="es-MX"))).event.language == "es-mx"
    assert judge(voice()).event.language == "en"


def test_the_same_voice_decided_again_is_the_same() -> None:
    assert judge(voice()) == judge(voice())


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (incoming(voice(sent_at=NOW + timedelta(days=1))), "untimely"),
        (incoming(voice(), citizen="bob"), "foreign_conversation"),
        (incoming(voice(), by_edge=True), "foreign_conversation"),
    ],
)
def test_a_voice_is_refused_as_a_message_is(given: Incoming, fault: Fault) -> None:
    decision = decide_voice(case_of().conversation, None, given, RULES, Timeliness("wall"))
    assert isinstance(decision, MessageDecision)
    assert decision.refusal is not None
    assert decision.refusal.fault == fault
    assert isinstance(decision.event, MessageRefused)
    assert [telling.kind for telling in decision.tellings] == ["refused"]


def test_a_conversation_that_a_voice_began_is_its_citizens_when_a_case_is_begun_in_it() -> None:
    begun = case_of().conversation
    mine = decide_first(incoming(message("A hole")), begun)
    assert mine.begins
    stranger = decide_first(incoming(message("A hole"), citizen="bob"), begun)
    assert stranger.refusal is not None
    assert stranger.refusal.fault == "foreign_conversation"


def test_a_reference_is_found_however_it_is_typed() -> None:
    assert reference_in("за (р-7k2mna)") == "P-7K2MNA"
    assert reference_in("UP-7K2MNA, P-1, P-") is None


@pytest.mark.parametrize("text", ["withdraw I-7K2MNA", "I-7K2MNA: I withdraw my wish!", "Отзываю І-7K2MNA."])
def test_a_message_that_takes_an_own_wish_back_is_a_voice_and_keeps_the_wishs_reference(text: str) -> None:
    assert takes_idea_back(text)
    event = judge(as_voice(message(text), None)).event
    assert (event.text, event.proposal) == (text, None)


@pytest.mark.parametrize("text", ["I-7K2MNA", "I withdraw", "withdraw I-7K2MNA, the hole is at Lenin street"])
def test_a_message_that_says_more_than_that_stays_a_message(text: str) -> None:
    assert not takes_idea_back(text)
