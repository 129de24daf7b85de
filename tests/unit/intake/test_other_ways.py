"""Where a notice may be said again: which of the addresses that were given, and how often."""

from __future__ import annotations

import pytest
from common.contracts.events.channel import OtherContact
from common.federation.country import Channel
from intake.address import Addresses
from intake.other_ways import GivenAddress, given_addresses, may_be_written_to

REACHES = {one: Channel(id=one, title=one).reaches for one in ("email", "sms", "telegram", "web", "posts")}
ADDRESSES = Addresses("US")


def given(*others: tuple[str, str], own: str = "web") -> list[tuple[str, str]]:
    contacts = [OtherContact(channel=channel, address=address) for channel, address in others]
    found: tuple[GivenAddress, ...] = given_addresses(contacts, own, REACHES, ADDRESSES)
    return [(one.channel, one.address) for one in found]


def test_addresses_stand_in_one_spelling_in_the_order_given_and_one_a_channel() -> None:
    assert given(("sms", "(617) 555-0100"), ("email", "Ann@Example.ORG"), ("sms", "+1 617 555 0199")) == [
        ("sms", "+16175550100"),
        ("email", "ann@example.org"),
    ]


@pytest.mark.parametrize(
    ("channel", "address"),
    [("telegram", "17"), ("web", "ann"), ("posts", "ann"), ("pigeon", "ann"), ("email", "ann"), ("sms", "911")],
)
def test_what_cannot_be_written_to_is_left_out(channel: str, address: str) -> None:
    assert given((channel, address)) == []


def test_the_channel_itself_is_no_other() -> None:
    assert given(("email", "ann@example.org"), own="email") == []


def test_a_federation_says_otherwise() -> None:
    assert Channel.model_validate({"id": "email", "title": "E-mail", "says_again": "nobody"}).reaches == "nobody"
    assert Channel.model_validate({"id": "pigeon", "title": "Pigeons", "says_again": "anyone"}).reaches == "anyone"


def test_an_address_is_written_to_so_often_within_a_day_and_within_a_month() -> None:
    assert may_be_written_to([2, 9])
    assert not may_be_written_to([3, 3])
    assert not may_be_written_to([0, 10])
