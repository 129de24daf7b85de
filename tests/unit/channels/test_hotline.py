"""The hotline's form: numbers of callers, what an operator writes down, and the pass that says who the operator is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from channels.adapters.hotline.form import about_case, taken_down
from channels.adapters.hotline.numbers import number_of, readable
from channels.form_fields import FormWrong
from common.contracts.hotline_pass import HotlinePass, pass_for, read_pass
from common.contracts.signing import Signer, Verifier, generate_key
from intake.address import Addresses

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FORM = {"words": "A hole", "address": "1 Main St", "once": "a" * 16, "spoken": "en"}
ABOUT = {"act": "add", "case": "AAAAA-BBBBB", "words": "It is deep", "once": "a" * 16}


@pytest.mark.parametrize(
    ("given", "country", "number"),
    [
        ("(617) 555-0100", "US", "+16175550100"),
        ("617.555.0100", "US", "+16175550100"),
        ("+1 617 555 0100", None, "+16175550100"),
        ("8 (495) 123-45-67", "RU", "+74951234567"),
        ("+7 495 123-45-67", "US", "+74951234567"),
        ("8 495 123 45 67 доб. 12", "RU", "+74951234567;ext=12"),
    ],
)
def test_a_number_is_one_in_any_spelling_and_the_one_that_intake_makes_of_it(
    given: str, country: str | None, number: str
) -> None:
    assert number_of(given, country) == number
    assert Addresses(country).canonical("hotline", number) == number


@pytest.mark.parametrize("given", ["", "12", "ann@example.org", "555", "+", "6" * 200, "+999999999999999999"])
def test_what_is_no_number_is_refused_at_its_field(given: str) -> None:
    with pytest.raises(FormWrong) as wrong:
        number_of(given, "US")
    assert wrong.value.field == "number"


def test_a_number_is_shown_as_it_is_read_aloud() -> None:
    assert readable("+16175550100") == "+1 617-555-0100"


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("words", {"words": " "}),
        ("category", {"category": "unicorn"}),
        ("place", {"address": ""}),
        ("name", {"name": "x" * 201}),
        ("name", {"name": "a\x07b"}),
        ("spoken", {"spoken": "tlh"}),
        ("mail", {"mail": "+1 617 555 0100"}),
        ("", {"once": "short"}),
    ],
)
def test_a_matter_that_cannot_be_recorded_is_refused_at_its_field(field: str, given: dict[str, str]) -> None:
    with pytest.raises(FormWrong) as wrong:
        taken_down({**FORM, **given}, {"pothole"}, ("en", "ru"))
    assert wrong.value.field == field


def test_a_matter_is_taken_down_without_the_contact_that_a_form_may_smuggle_in() -> None:
    said = taken_down({**FORM, "name": " Ann  Example ", "contact": "x"}, {"pothole"}, ("en", "ru"))
    assert (said.words, said.name, said.spoken, said.place.address) == ("A hole", "Ann Example", "en", "1 Main St")


@pytest.mark.parametrize(
    "given", [{"act": "erase", "sure": "yes"}, {"act": "steal"}, {"act": "reopened", "words": ""}, {"words": ""},
              {"act": "told", "once": ""}, {"act": "add", "words": "", "files": "attachment:x"}]
)  # fmt: skip
def test_nobody_erases_by_telephone_and_words_that_are_needed_are_asked_for(given: dict[str, str]) -> None:
    with pytest.raises(FormWrong):
        about_case({**ABOUT, **given})


def test_a_caller_may_rate_what_was_done() -> None:
    said = about_case({**ABOUT, "act": "confirmed", "rating": "4", "words": ""})
    assert (said.act, said.case, said.rating) == ("confirmed", "AAAAA-BBBBB", 4)


def test_a_pass_is_the_portals_alone_names_one_person_and_ends(tmp_path: Path) -> None:
    for principal in ("portal", "channels"):
        generate_key(tmp_path, principal)
    portal, other = (Signer.load(tmp_path, name) for name in ("portal", "channels"))
    assert portal is not None
    assert other is not None
    verifier, until = Verifier.load(tmp_path), NOW + timedelta(minutes=5)
    good = pass_for("operator:north", until, "n1", portal)
    assert read_pass(good, NOW, verifier) == HotlinePass("operator:north", "n1")
    assert read_pass(good, until, verifier) is None
    assert read_pass(pass_for("operator:north", until, "n1", other), NOW, verifier) is None
    person, _, nonce, signature = good.split(".")
    later = str(int((until + timedelta(days=1)).timestamp()))
    forged = [".".join((person, later, nonce, signature)), good.replace(person, person[:-1]), good[:-3], "", "...",
              f"{good}.x", "é" * 50, "9" * 2_000, f"{person}.{'9' * 300}.{nonce}.{signature}"]  # fmt: skip
    assert [read_pass(one, NOW, verifier) for one in forged] == [None] * len(forged)
