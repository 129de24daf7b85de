"""One person has one pseudonym on a channel, in whatever way the address is spelt."""

from __future__ import annotations

import pytest
from intake.address import Addresses, as_before
from intake.vault import Vault


@pytest.mark.parametrize(
    ("country", "number", "spellings"),
    [
        ("RU", "+74951234567", ["8 (495) 123-45-67", "84951234567", "74951234567", "4951234567", "+7 495 123‑45‑67",
                                "８ ４９５ １２３ ４５ ６７", "tel:+7-495-123-45-67", "007 495 1234567",
                                " +7\u00a0495\u00a01234567"]),
        ("US", "+16175550100", ["(617) 555-0100", "617.555.0100", "1-617-555-0100", "16175550100", "sms:+16175550100"]),
        ("US", "+4930123456", ["011 49 30 123456", "0049 30 123456", "+49 (0)30 123456"]),
        ("GB", "+442079460958", ["020 7946 0958", "+44 20 7946 0958"]),
        ("RU", "+79161234567;ext=5", ["8 916 123 45 67 доб. 5", "+7 916 1234567 ext. 5"]),
    ],
)  # fmt: skip
def test_a_telephone_number_is_one_in_any_spelling(country: str, number: str, spellings: list[str]) -> None:
    addresses = Addresses(country)
    assert addresses.canonical("sms", number) == number
    assert {addresses.canonical("sms", spelt) for spelt in spellings} == {number}


@pytest.mark.parametrize(
    ("address", "spellings"),
    [
        ("ann@example.org", ["Ann@Example.ORG", " ann@example.org ", "mailto:ann@example.org", "ann@example.org.",
                             "Ann Example <ann@example.org>", "\u200bann@example.org", "ａｎｎ@example.org"]),
        ("анна@пример.рф", ["АННА@ПРИМЕР.РФ", "анна@xn--e1afmkfd.xn--p1ai", "Анна@XN--E1AFMKFD.XN--P1AI"]),
        ("rené@example.org", ["rene\u0301@example.org", "RENÉ@example.org"]),
    ],
)  # fmt: skip
def test_an_email_address_is_one_in_any_case_and_unicode_form(address: str, spellings: list[str]) -> None:
    addresses = Addresses("RU")
    assert addresses.canonical("email", address) == address
    assert {addresses.canonical("email", spelt) for spelt in spellings} == {address}


@pytest.mark.parametrize(
    "canonical",
    ["ann@example.org", "resident-17@example.org", "анна@пример.рф", "+16175550100", "+79161234567", "@ann", "a@x",
     "chat-6175550100", "12345", "ann:matrix.example", "u/ann", "112"],
)  # fmt: skip
def test_what_was_canonical_keeps_its_pseudonym(canonical: str) -> None:
    vault = Vault(bytes(32), bytes(32), addresses=Addresses("US"))
    assert as_before(canonical) == canonical
    assert vault.pseudonym("web", canonical) == vault.pseudonym_before("web", canonical)


def test_different_people_stay_different() -> None:
    addresses = Addresses("US")
    others = ["ann@example.org", "ann+1@example.org", "a.nn@example.org", "ann@example.com", "+16175550100",
              "+16175550101", "+16175550100 ext 1", "ann", "@ann", "ann example"]  # fmt: skip
    assert len({addresses.canonical("web", each) for each in others}) == len(others)


def test_ids_of_a_messenger_are_no_telephone_numbers() -> None:
    addresses, ids = Addresses("US"), ("6175550100", "16175550100")
    assert tuple(addresses.canonical("telegram", one) for one in ids) == ids
    assert len({addresses.canonical("sms", one) for one in ids}) == 1


@pytest.mark.parametrize(
    "given", ["", " ", "+", "++", "@", "a@", "@b", "<>", "+" + "9" * 40, "x" * 320, "\x00", "+7(", "a@b@c"]
)
def test_any_text_is_an_address(given: str) -> None:
    once = Addresses("US").canonical("web", given)
    assert Addresses("US").canonical("web", once) == once
