"""The question which case a message is about: what is offered, and what is an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from common.contracts.events.channel import Contact, MessageReceived
from common.contracts.reference import reference_of
from intake.conversation import Conversation
from intake.course import course_by_choice
from intake.standing import Standing, Stands
from intake.which_case import MOST_CASES, Answer, Question, answer_in, question_about

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def case(name: str) -> Conversation:
    return Conversation(
        channel="web", case_id=name, reference=reference_of(name), citizen="ann", language="en", correlation_id=name,
        begun_at=NOW, by_edge=True,
    )  # fmt: skip


OLD, NEW = case("old"), case("new")
QUESTION = Question(("new", "old"), NOW)


def standing(name: str, stands: Stands) -> Standing:
    return Standing(name, stands, "north", NOW)


def test_the_case_stands_first_then_the_newest_that_are_not_closed_and_not_too_many() -> None:
    cases = [case(str(n)) for n in range(9)]
    standings = {"8": standing("8", "closed"), "7": standing("7", "answered")}
    found = question_about(cases[2], cases, {}, standings, NOW, 60)
    assert found == Question(("2", "7", "6", "5", "4"), NOW + timedelta(hours=1))
    assert len(found.case_ids) == MOST_CASES


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("1", Answer("new", alone=True)),
        (" 2. ", Answer("old", alone=True)),
        ("3", Answer(None, alone=True)),
        ("4", None),
        ("Yes!", Answer("new", alone=True)),
        ("Да, об этом", None),
        ("об этом же", Answer("new", alone=True)),
        ("ДРУГОЕ", Answer(None, alone=True)),
        ("another matter", Answer(None, alone=True)),
        ("Otra cosa.", Answer(None, alone=True)),
        (OLD.reference.lower(), Answer("old", alone=True)),
        (f"{OLD.reference}: the one at the school", Answer("old", alone=False)),
        (reference_of("of somebody else"), None),
        ("There are 2 of them", None),
        ("another lamp is out too", None),
        ("", None),
    ],
)
def test_a_number_a_cases_own_number_or_plain_words_answer_and_nothing_else_does(
    text: str, answer: Answer | None
) -> None:
    assert answer_in(text, QUESTION, [OLD, NEW]) == answer


def test_what_was_asked_about_goes_where_the_citizen_says_and_never_where_nobody_works() -> None:
    event = MessageReceived(conversation="a", contact=Contact(address="a@b.c"), text="Here", sent_at=NOW)
    assert course_by_choice(event, OLD, {}, {}, another=False).then == "joins"
    assert course_by_choice(event, OLD, {}, {}, another=True).then == "opens"
    closed = {"old": standing("old", "closed")}
    assert course_by_choice(event, OLD, {}, closed, another=False).then == "opens"
    joined = course_by_choice(event, OLD, {"old": "living"}, {}, another=False)
    assert (joined.then, joined.into) == ("joins", "living")
