"""Bodies, forms, the vault and the texts of notices."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from common.federation.languages import languages_to_try
from common.messaging.failures import PermanentError
from cryptography.exceptions import InvalidTag
from intake import open311
from intake.bodies import Refused, parse_form, parse_json
from intake.domain import language_of
from intake.phrasing import words
from intake.vault import KeyRefused, Vault, read_key

NOW = datetime(2011, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize("template", ["{answer:d}", "{answer!z}", "{answer:{reference}}", "{answer.x}", "{other}", "{"])
def test_a_text_row_that_cannot_be_filled_falls_back_to_the_plain_text(template: str) -> None:
    assert words(template, "Answer to {reference}: {answer}", reference="R", answer="A") == "Answer to R: A"


def test_brackets_inside_a_text_do_not_nest_and_real_nesting_is_bounded() -> None:
    assert parse_json(b'{"text": "' + b"[" * 50 + b'"}')["text"] == "[" * 50
    with pytest.raises(Refused, match="nested"):
        parse_json(b'{"a":' * 30 + b"1" + b"}" * 30)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"[]", "object"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": "\\u0000"}', "NUL"),
        (b'{"a": {"b": ["\\ud800"]}}', "pair"),
        (b'{"\\udfff": 1}', "pair"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"\xff", "not JSON"),
    ],
)
def test_json_is_read_strictly(body: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        parse_json(body)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (b"lat=1&long=2", "service_code"),
        (b"service_code=1&lat=", "lat and long"),
        (b"service_code=1&lat=1", "together"),
        (b"service_code=1&lat=NaN&long=2", "lat"),
        (b"service_code=1&lat=north&long=2", "lat"),
        (b"service_code=1&lat=1&long=1000", "lon"),
        (b"service_code=1&address_string=x&description=" + b"x" * 4001, "description"),
        (b"service_code=1&address_string=%00", "NUL"),
        (b"service_code=1&address_string=%ff", "form"),
        (b"&".join(b"a%d=1" % n for n in range(300)), "form"),
    ],
)
def test_an_open311_form_that_is_wrong_is_refused_in_words(form: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words) as found:
        open311.message(parse_form(form), NOW, "thread")
    assert found.value.status == 400


def test_an_open311_form_is_a_message_with_its_attributes() -> None:
    form = b"service_code=Pothole&lat=1&long=2&description=hole&attribute[DEPTH]=10&attribute[W][]=a&attribute[W][]=b"
    message = open311.message(parse_form(form), NOW, "thread")
    assert (message.category, message.place.lat) == ("Pothole", 1.0)
    assert message.text == "hole\nDEPTH: 10\nW: a, b"


def test_a_sealed_text_opens_only_about_what_it_was_sealed_and_under_older_keys() -> None:
    old = Vault(bytes(32), bytes(32))
    sealed = old.seal("secret", "m1")
    assert b"secret" not in sealed
    vault = Vault(b"n" * 32, bytes(32), older=[bytes(32)])
    assert vault.open(sealed, "m1", old.key_id) == "secret"
    assert vault.open(vault.seal("secret", "m1"), "m1", vault.key_id) == "secret"
    with pytest.raises(InvalidTag):
        vault.open(sealed, "m2", old.key_id)
    with pytest.raises(PermanentError, match="OTKLIK_VAULT_OLDER_KEYS"):
        Vault(b"n" * 32, bytes(32)).open(sealed, "m1", old.key_id)


def test_a_pseudonym_is_the_citizens_on_the_channel_and_needs_the_key() -> None:
    vault = Vault(bytes(32), bytes(32))
    assert vault.pseudonym("web", "A@x ") == vault.pseudonym("web", "a@x") != vault.pseudonym("sms", "a@x")
    assert vault.pseudonym("web", "a@x") != Vault(bytes(32), b"n" * 32).pseudonym("web", "a@x")
    with pytest.raises(KeyRefused, match="OTKLIK_VAULT_KEY"):
        read_key("OTKLIK_VAULT_KEY", "short")


def test_a_language_is_a_tag_and_nothing_that_tells_who() -> None:
    assert language_of("ru-RU") == "ru-ru"
    assert language_of("+16175550100") is language_of("ann@ex.org") is language_of(None) is None
    assert languages_to_try("ru-ru", "en") == ("ru-ru", "ru", "en")
