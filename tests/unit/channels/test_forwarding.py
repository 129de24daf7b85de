"""What an authority's own endpoint is sent, and what its answers mean."""

from __future__ import annotations

import pytest
from channels.forwarding.forwarded import Forwarded, NotUnderstood, Told, commands, form, received, told
from common.contracts.events.base import Actor
from common.contracts.events.region import AcceptCase, AnswerCase, CaseCommand, DeclineCase, StartWork
from common.contracts.rights import beyond_forwarding
from common.federation.country import Authority, Endpoint

DESK = Actor(id="desk:yard", role="desk", scope="yard")
YARD = Authority(id="yard", title="Yard", open311=Endpoint(url="http://x/v2", service_codes={"pothole": "7"}))
CASE = Forwarded("c1", "north", "yard", "AB-1", "pothole", "A hole", "1 Main St", None, None)


def answer(fields: str, root: str = "service_requests") -> bytes:
    return f"<?xml version='1.0'?><{root}><request>{fields}</request></{root}>".encode()


def test_a_report_names_the_endpoints_own_code_and_only_what_is_known() -> None:
    assert form(CASE, YARD, "") == {
        "service_code": "7", "address_string": "1 Main St", "description": "A hole\n(AB-1)",
    }  # fmt: skip


def test_a_report_is_answered_with_a_number_or_a_token() -> None:
    assert received(answer("<service_request_id>9</service_request_id><token/>")) == ("9", None)
    assert received(answer("<token>t</token>")) == (None, "t")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"<errors/>", b"<service_requests/>", answer("<service_notice/>"), b"\xff\xfe",
        b'<!DOCTYPE x [<!ENTITY a "b">]><service_requests>&a;</service_requests>',
    ],
)  # fmt: skip
def test_what_is_no_answer_of_the_protocol_is_told(body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        received(body)


def test_news_are_known_by_number_whatever_else_an_endpoint_says() -> None:
    body = answer("<service_request_id>9</service_request_id><status>CLOSED</status><extra>x</extra>")
    assert told(body) == {"9": Told("9", "closed", "", "")}
    assert told(answer("<service_request_id>9</service_request_id><status>asleep</status>")) == {}
    assert told(b"<service_requests/>") == {}


@pytest.mark.parametrize(
    ("news", "kinds"),
    [
        (None, []),
        (Told("9", "open", "", ""), []),
        (Told("9", "open", "A crew is on its way", ""), [StartWork]),
        (Told("9", "closed", "Done", "Roads"), [AnswerCase]),
    ],
)
def test_the_desk_orders_what_its_endpoint_says(news: Told | None, kinds: list[type[CaseCommand]]) -> None:
    assert [type(c) for c in commands(CASE, news, YARD, DESK)] == kinds


def test_a_report_that_was_taken_is_accepted_where_a_desk_accepts_by_hand() -> None:
    by_hand = YARD.model_copy(update={"acceptance": "by_hand"})
    assert [type(c) for c in commands(CASE, None, by_hand, DESK)] == [AcceptCase]


def test_the_edges_order_only_what_an_endpoint_can_say_and_only_for_its_authority() -> None:
    ends = {"yard"}
    assert beyond_forwarding(AnswerCase, "yard", ends, "channels") is None
    assert beyond_forwarding(AnswerCase, "lighting", ends, "channels") is not None
    assert beyond_forwarding(DeclineCase, "yard", ends, "channels") is not None
    assert beyond_forwarding(DeclineCase, "lighting", ends, "portal") is None
