"""The citizen is asked which of the likely categories it is, and the reply places the case."""

from __future__ import annotations

from dataclasses import replace

import pytest
from common.contracts.events.base import Event, Place
from common.contracts.events.intake import MessageAdded, MessageRegistered
from common.contracts.events.routing import (
    AnswerTriage,
    CaseAssigned,
    ClarificationAsked,
    MessageForwarded,
    TriageAnswered,
    TriageRequested,
    TriageSupplemented,
)
from common.rulebook import ReleaseBook
from routing.clarification import chosen
from routing.domain import decide
from routing.model import Incoming, Read, RoutedCase, RoutingContext

from tests.unit.routing.test_classification import book, reads
from tests.unit.routing.test_routing import CENTRE, IN_NORTH, NOON, Country, tables

UNSURE = reads({"pothole": 60, "noise": 30})


class Talk:
    """One case, record after record."""

    def __init__(self, read: Read = UNSURE, rules: ReleaseBook | None = None, place: Place = IN_NORTH) -> None:
        self.context = RoutingContext(Country(), (rules or book()).in_force, read)
        self.case = RoutedCase()
        self.number = 0
        message = MessageRegistered(
            message_id="m0", case_id="c1", reference="R", channel="web", citizen="p", text="a hole", place=place,
            received_at=NOON,
        )  # fmt: skip
        self.begun = self.hear(message)

    def hear(self, event: Event) -> list[Event]:
        self.number += 1
        decision = decide(self.case, Incoming(f"e{self.number}", "chain", NOON, event), self.context)
        self.case = decision.case
        return [found.event for found in decision.events]

    def say(self, text: str, citizen: str = "p") -> list[Event]:
        return self.hear(
            MessageAdded(
                message_id=f"m{self.number}", case_id="c1", channel="web", citizen=citizen, text=text, received_at=NOON
            )
        )


def only_shown(told: list[Event]) -> bool:
    """Whether the case still waits, and a person is shown what was said at most."""
    return all(isinstance(event, TriageSupplemented) for event in told)


def test_the_citizen_is_asked_while_a_person_may_place_it_too() -> None:
    asked, question = Talk().begun
    assert isinstance(asked, TriageRequested)
    assert question == ClarificationAsked(case_id="c1", choices=("pothole", "noise"))


@pytest.mark.parametrize("reply", ["1", " 1. ", "№ 1, пожалуйста", "It is a hole in the ROAD.", "яма!", "pothole: 1"])
def test_a_reply_by_number_or_in_words_places_the_case_and_all_that_was_said_follows_it(reply: str) -> None:
    talk = Talk()
    told, given, *forwarded = talk.say(reply)
    assert isinstance(told, TriageAnswered)
    assert (told.category, told.actor, told.clarified) == ("pothole", "p", True)
    assert isinstance(given, CaseAssigned)
    assert (given.category, given.authority, given.by_hand) == ("pothole", "yard", False)
    first = given.because[0]
    assert (first.table, first.inputs["chosen"], first.inputs["then"]) == ("classification", "pothole", "ask")
    assert [e.text for e in forwarded if isinstance(e, MessageForwarded)] == [reply]
    (later,) = talk.say("thanks")
    assert isinstance(later, MessageForwarded)


@pytest.mark.parametrize(
    "reply", ["3", "0", "thanks", "pothole or noise", "1 and 2", "at 2 of our street there is", ""]
)
def test_a_reply_that_names_none_of_the_choices_leaves_the_case_to_a_person(reply: str) -> None:
    talk = Talk()
    assert only_shown(talk.say(reply))
    assert talk.case.route is not None
    assert talk.case.route.waiting


def test_the_choice_is_looked_for_in_the_first_replies_only() -> None:
    talk = Talk()
    assert only_shown(talk.say("hello?"))
    assert [type(e) for e in talk.say("2")][:2] == [TriageAnswered, CaseAssigned]
    talk = Talk()
    for _ in range(3):
        assert only_shown(talk.say("hello?"))
    assert only_shown(talk.say("2"))


def test_nobody_else_answers_for_the_citizen() -> None:
    assert Talk().say("1", citizen="another") == []


def test_a_person_who_is_first_places_it_and_the_reply_is_a_message_of_the_case() -> None:
    talk = Talk()
    told, given = talk.hear(AnswerTriage(actor=CENTRE, case_id="c1", category="noise"))
    assert isinstance(told, TriageAnswered)
    assert not told.clarified
    assert isinstance(given, CaseAssigned)
    assert [type(e) for e in talk.say("1")] == [MessageForwarded]
    assert talk.case.route is not None
    assert talk.case.route.choices == ()


def test_where_more_than_the_category_is_missing_nobody_is_asked_which() -> None:
    assert [type(e) for e in Talk(place=Place()).begun] == [TriageRequested]


def test_what_a_person_must_confirm_they_confirm_after_the_citizens_choice_too() -> None:
    release = book().head("national")
    assert release is not None
    confirm = tables("triage", {"category": '"pothole"', "confirm": "true"})
    rules = ReleaseBook([release.model_copy(update={"tables": {**release.tables, "triage": confirm}})])
    talk = Talk(rules=rules)
    assert only_shown(talk.say("1"))
    assert [type(e) for e in talk.hear(AnswerTriage(actor=CENTRE, case_id="c1", category="pothole"))] == [
        TriageAnswered, CaseAssigned, MessageForwarded,
    ]  # fmt: skip


def test_at_most_as_many_choices_are_offered_as_the_rules_allow_and_two_at_least() -> None:
    many = reads({"pothole": 45, "noise": 30}, likely=9)
    (_, question) = Talk(many).begun
    assert isinstance(question, ClarificationAsked)
    assert len(question.choices) == 2
    (_, question) = Talk(reads({"pothole": 60, "noise": 30}, likely=1)).begun
    assert isinstance(question, ClarificationAsked)
    assert len(question.choices) == 2


def test_a_name_inside_another_word_is_no_name() -> None:
    country = replace(Country())
    assert chosen("noisemaker", ("pothole", "noise"), country) is None
    assert chosen("the NOISE, please", ("pothole", "noise"), country) == "noise"
