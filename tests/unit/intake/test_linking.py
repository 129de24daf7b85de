"""Which message is a code, and what a code does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from common.contracts.events.base import Place
from common.contracts.events.channel import Contact, MessageReceived
from intake.linking import (
    LETTERS,
    MOST_CODES,
    MOST_IN_THREAD,
    MOST_OF_CITIZEN,
    MOST_WRONG,
    TERM,
    AskedCodes,
    AwaitedCode,
    code_in,
    code_of,
    judge,
    judge_all,
    request_outcome,
)

NOW = datetime(2011, 7, 1, 14, tzinfo=UTC)
AWAITED = AwaitedCode(b"t", "ann", "ann-elsewhere", b"right", NOW)


def said(text: str, **fields: object) -> MessageReceived:
    given = {"conversation": "c", "contact": Contact(address="ann"), "text": text, "sent_at": NOW, **fields}
    return MessageReceived.model_validate(given)


@pytest.mark.parametrize("text", ["K7MN-2QXP", "k7mn2qxp", "  K7MN 2QXP\n", "k7mn-2qxp"])
def test_a_code_is_known_however_it_is_typed(text: str) -> None:
    assert code_in(said(text)) == "K7MN-2QXP"


@pytest.mark.parametrize(
    "text", ["", "K7MN-2QX", "K7MN-2QXPP", "K7MN-2QX0", "my code is K7MN-2QXP", " " * 50 + "K7MN-2QXP"]
)
def test_what_says_anything_else_is_no_code(text: str) -> None:
    assert code_in(said(text)) is None


def test_what_brings_a_place_or_a_category_is_no_code() -> None:
    assert code_in(said("K7MN-2QXP", category="Pothole")) is None
    assert code_in(said("K7MN-2QXP", place=Place(lat=0.5, lon=0.5))) is None


def test_each_code_that_is_sent_is_understood_as_typed() -> None:
    codes = {code_of(bytes([n, 255 - n, 7, n, 3, 200, n, 31])) for n in range(256)}
    assert all(code_in(said(code)) == code for code in codes)
    assert {letter for code in codes for letter in code} - {"-"} == set(LETTERS)


def test_the_right_code_links_within_its_term_and_others_end_it_at_last() -> None:
    assert judge(AWAITED, b"right", NOW + TERM) == "linked"
    assert judge(AWAITED, b"right", NOW + TERM + timedelta(seconds=1)) == "link_ended"
    outcomes = [judge(AwaitedCode(b"t", "a", "b", b"right", NOW, wrong), b"x", NOW) for wrong in range(MOST_WRONG)]
    assert outcomes == ["link_wrong"] * (MOST_WRONG - 1) + ["link_ended"]


@pytest.mark.parametrize(
    ("asked", "outcome"),
    [
        (AskedCodes(0, 0, 0), "code_sent"),
        (AskedCodes(MOST_CODES - 1, MOST_IN_THREAD - 1, MOST_OF_CITIZEN - 1), "code_sent"),
        (AskedCodes(MOST_CODES, 0, 0), "code_withheld"),
        (AskedCodes(0, MOST_IN_THREAD, 0), "link_limited"),
        (AskedCodes(0, 0, MOST_OF_CITIZEN), "link_limited"),
        (AskedCodes(MOST_CODES, MOST_IN_THREAD, 0), "link_limited"),
    ],
)
def test_a_code_is_sent_as_long_as_none_of_the_three_asked_or_got_too_many(asked: AskedCodes, outcome: str) -> None:
    assert request_outcome(asked) == outcome


def test_of_several_codes_in_a_conversation_the_right_one_counts_and_a_wrong_one_is_a_try_at_each() -> None:
    link, address = AWAITED, AwaitedCode(b"t", "ann", "mail", b"mailed", NOW, MOST_WRONG - 1, proves="mail")
    right = judge_all([link, address], b"mailed", NOW)
    assert (right.outcome, right.right, right.wrong, right.ended) == ("address_proved", address, (), ())
    assert judge_all([link, address], b"right", NOW).outcome == "linked"
    wrong = judge_all([link, address], b"x", NOW)
    assert (wrong.outcome, wrong.wrong, wrong.ended) == ("link_wrong", (link,), (address,))
    assert judge_all([address], b"x", NOW).outcome == "address_ended"
    assert judge_all([link], b"right", NOW + TERM + timedelta(seconds=1)).outcome == "link_ended"
