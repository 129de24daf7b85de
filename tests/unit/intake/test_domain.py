"""The vault and the texts of notices."""

from __future__ import annotations

import pytest
from common.contracts.notices import fits
from common.federation.languages import languages_to_try
from common.messaging.failures import PermanentError
from common.runtime.key_setting import KeyRefused, read_key
from cryptography.exceptions import InvalidTag
from intake.domain import language_of
from intake.vault import Vault


@pytest.mark.parametrize("template", ["{answer:d}", "{answer!z}", "{answer:{reference}}", "{answer.x}", "{other}", "{"])
def test_a_text_row_that_cannot_be_filled_is_passed_over(template: str) -> None:
    assert not fits(template, {"reference", "answer"})
    assert fits("Answer to {reference}: {answer}", {"reference", "answer"})


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
