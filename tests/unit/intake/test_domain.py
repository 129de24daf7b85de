"""Messages from the future, and the texts of notices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from common.events.clock import TimePassed
from cryptography.exceptions import InvalidTag
from intake.domain import FALLBACK, too_early, words
from intake.edge import Refused, open311_message, parse_form, parse_json
from intake.vault import KeyRefused, Vault, read_key

NOW = datetime(2011, 7, 1, tzinfo=UTC)
TICK = TimePassed(since=NOW - timedelta(hours=6), until=NOW)


def test_a_message_may_run_one_interval_ahead_of_the_clock_and_no_further() -> None:
    assert too_early(NOW + timedelta(hours=6), TICK) is None
    assert "future" in (too_early(NOW + timedelta(hours=6, seconds=1), TICK) or "")
    assert too_early(NOW + timedelta(days=900), None) is None


@pytest.mark.parametrize("template", ["{answer:d}", "{answer!z}", "{answer:{reference}}", "{answer.x}", "{other}", "{"])
def test_a_text_row_that_cannot_be_filled_falls_back_to_the_plain_text(template: str) -> None:
    said = words("answered", template, reference="R", answer="A")
    assert said == FALLBACK["answered"].format(reference="R", answer="A")


def test_brackets_inside_a_text_do_not_nest_and_real_nesting_is_bounded() -> None:
    assert parse_json(b'{"text": "' + b"[" * 50 + b'"}')["text"] == "[" * 50
    with pytest.raises(Refused, match="nested"):
        parse_json(b'{"a":' * 30 + b"1" + b"}" * 30)


def test_an_open311_form_needs_a_service_and_a_place() -> None:
    with pytest.raises(Refused, match="service_code"):
        open311_message(parse_form(b"lat=1&long=2"), NOW)
    with pytest.raises(Refused, match="lat and long"):
        open311_message(parse_form(b"service_code=1&lat="), NOW)
    message = open311_message(parse_form(b"service_code=Pothole&lat=1&long=2&description=hole"), NOW)
    assert (message.category, message.place.lat, message.text) == ("Pothole", 1.0, "hole")


def test_a_sealed_text_opens_only_about_what_it_was_sealed() -> None:
    vault = Vault(bytes(32), bytes(32))
    sealed = vault.seal("secret", "m1")
    assert vault.open(sealed, "m1") == "secret"
    with pytest.raises(InvalidTag):
        vault.open(sealed, "m2")
    assert vault.pseudonym("web", "A@x ") == vault.pseudonym("web", "a@x") != vault.pseudonym("sms", "a@x")
    with pytest.raises(KeyRefused, match="OTKLIK_VAULT_KEY"):
        read_key("OTKLIK_VAULT_KEY", "short")
