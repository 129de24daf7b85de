"""What is sealed under a citizen's key is lost with it; what was sealed before there were such keys stays open."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag
from intake.citizen_keys import CitizenKeys
from intake.vault import Vault

VAULT = Vault(bytes(32), bytes(32))


def test_what_a_citizens_key_sealed_opens_with_that_key_alone() -> None:
    keys = CitizenKeys(VAULT)
    ann, bob = keys.made("ann"), keys.made("bob")
    keys.hold([ann, bob])
    sealed = keys.seal("a secret", "m1", keys.of("ann"))
    assert b"secret" not in sealed
    assert keys.open(sealed, "m1", ann.key_id) == "a secret"
    for about, key in (("m1", bob), ("m2", ann)):
        with pytest.raises(InvalidTag):
            keys.open(sealed, about, key.key_id)


def test_without_its_key_nothing_of_a_citizen_opens() -> None:
    keys = CitizenKeys(VAULT)
    keys.hold([ann := keys.made("ann")])
    sealed = keys.seal("a secret", "m1", ann.key_id)
    keys.begin()
    assert not keys.opens(ann.key_id)
    assert keys.missing([ann.key_id, VAULT.key_id]) == {ann.key_id}
    with pytest.raises(KeyError):
        keys.open(sealed, "m1", ann.key_id)


def test_a_key_lies_sealed_and_opens_after_the_vaults_own_key_has_changed() -> None:
    kept = CitizenKeys(VAULT).made("ann")
    later = CitizenKeys(Vault(b"n" * 32, bytes(32), older=[bytes(32)]))
    later.hold([kept])
    assert later.open(later.seal("a secret", "m1", kept.key_id), "m1", kept.key_id) == "a secret"


def test_rows_of_the_time_before_citizens_had_keys_still_open() -> None:
    keys = CitizenKeys(VAULT)
    assert keys.opens(VAULT.key_id)
    assert keys.open(VAULT.seal("a secret", "m1"), "m1", VAULT.key_id) == "a secret"
    assert keys.open_older(VAULT.seal_bytes(b"id-1", "v1"), "v1") == "id-1"


def test_a_key_that_is_in_use_no_more_opens_and_seals_nothing_new() -> None:
    keys = CitizenKeys(VAULT)
    old, new = keys.made("ann"), keys.made("ann")
    old.in_use = False  # type: ignore[misc]
    keys.hold([new, old])
    assert keys.of("ann") == new.key_id
    assert keys.opens(old.key_id)
