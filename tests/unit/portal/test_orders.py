"""What a form becomes, and where its reader goes on."""

from __future__ import annotations

import pytest
from common.contracts.catalogue import Installation
from common.contracts.events.base import Place
from common.contracts.events.routing import SplitTriage
from common.contracts.rights import INSTALLATION
from common.federation.country import Federation
from portal.forms import Form, FormRefused
from portal.orders import settle_dead_letter, split_triage
from portal.pages.frame import came_from
from starlette.requests import Request

from tests.conftest import ROOT

FEDERATION = Federation(ROOT / "tests" / "federation")


def test_a_dead_letter_that_failed_again_can_be_ordered_again_at_once() -> None:
    said = {"decision": "replay", "service": "intake", "dead_letter_id": "letter-1"}
    once, again = (
        settle_dead_letter(INSTALLATION, Form({**said, "seen": seen}, FEDERATION, Installation(regions=("north",))))
        for seen in ("", "order-1")
    )
    assert once.command == again.command
    assert once.occasion != again.occasion


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://portal/cases?state=answered", "/cases?state=answered"),
        ("http://portal/triage", "/triage"),
        ("http://portal//elsewhere.example/x", "/"),
        ("http://elsewhere.example/cases", "/"),
        ("http://portal", "/"),
        (None, "/"),
    ],
)
def test_whoever_goes_back_stays_within_this_site(referer: str | None, back: str) -> None:
    headers = [(b"host", b"portal"), *([(b"referer", referer.encode())] if referer is not None else [])]
    scope = {"type": "http", "scheme": "http", "path": "/language", "query_string": b"", "headers": headers}
    assert came_from(Request(scope)) == back


def test_a_message_is_divided_into_the_parts_that_have_words() -> None:
    said = {"case_id": "c1", "text_1": "a hole", "category_1": "pothole", "text_4": "a lamp", "area_4": "03"}
    said |= {"address_4": "5 Elm Street"}
    order = split_triage(INSTALLATION, Form(said, FEDERATION, Installation(regions=("north",))))
    assert isinstance(order.command, SplitTriage)
    found = [(one.text, one.category, one.area, one.place) for one in order.command.parts]
    assert found == [("a hole", "pothole", None, None), ("a lamp", None, "03", Place(address="5 Elm Street"))]
    with pytest.raises(FormRefused):
        split_triage(INSTALLATION, Form({**said, "text_4": ""}, FEDERATION, Installation(regions=("north",))))
