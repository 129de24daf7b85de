"""Settings that are missing or wrong are named by their variable, with what they should be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from channels.settings import ChannelsSettings
from common.contracts.catalogue import SERVICES
from common.messaging.settings import SettingsError
from common.runtime.settings import Settings, load_settings
from deliberation.settings import DeliberationSettings
from intake.settings import IntakeSettings

from tests.conftest import KINDS

GOOD = {
    "OTKLIK_NAME": "routing",
    "OTKLIK_KAFKA_BOOTSTRAP": "127.0.0.1:9092",
    "OTKLIK_DATABASE_URL": "postgresql://routing:pw@127.0.0.1/routing",
    "OTKLIK_FEDERATION": "federation",
    "OTKLIK_KEYS": "keys",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_missing_variable_is_named(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(name)
    with pytest.raises(SettingsError, match=f"{name} "):
        load_settings(Settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTKLIK_PREFIX", "with space"),
        ("OTKLIK_BATCH_RECORDS", "0"),
        ("OTKLIK_TRACE_SAMPLE", "2"),
        ("OTKLIK_TIME", "moon"),
        ("OTKLIK_HTTP_PORT", "high"),
        ("OTKLIK_READY_LAG", "0"),
    ],
)
def test_a_wrong_value_is_named_by_its_variable(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        load_settings(Settings)


def test_a_password_is_not_shown_in_an_error(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OTKLIK_KAFKA_PASSWORD", "sesame")
    environment.setenv("OTKLIK_TIME", "moon")
    with pytest.raises(SettingsError) as caught:
        load_settings(Settings)
    assert "sesame" not in str(caught.value)


def test_lateness_counts_in_wall_time_alone(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OTKLIK_LATENESS_SECONDS", "90")
    assert load_settings(Settings).lateness == timedelta(seconds=90)
    environment.setenv("OTKLIK_TIME", "ticks")
    assert load_settings(Settings).lateness == timedelta(0)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (IntakeSettings, "OTKLIK_VAULT_KEY"),
        (IntakeSettings, "OTKLIK_PSEUDONYM_KEY"),
        (ChannelsSettings, "OTKLIK_EDGE_KEY"),
        (DeliberationSettings, "OTKLIK_VOICE_KEY"),
    ],
)
def test_a_services_own_key_is_asked_for_by_its_variable(
    environment: pytest.MonkeyPatch, kind: type[Settings], name: str
) -> None:
    with pytest.raises(SettingsError, match=f"{name} "):
        load_settings(kind)


def test_keys_are_settings_of_the_one_service_that_needs_them() -> None:
    holders = {"vault_key": "intake", "vault_older_keys": "intake", "pseudonym_key": "intake", "edge_key": "channels",
               "open311_keys": "channels", "open311_contact": "channels", "voice_key": "deliberation",
               "forwarding_keys": "channels",
               "telegram_token": "channels", "telegram_secret": "channels", "telegram_url": "channels",
               "vk_token": "channels", "vk_secret": "channels", "vk_group": "channels", "vk_confirmation": "channels",
               "vk_url": "channels", "max_token": "channels", "max_secret": "channels", "max_url": "channels",
               "email_addresses": "channels", "email_smtp_password": "channels", "email_smtp_user": "channels",
               "email_imap_password": "channels",
               "sms_account": "channels", "sms_token": "channels", "sms_sender": "channels", "sms_webhook": "channels",
               "sms_url": "channels", "posts_keys": "channels",
               "portal_url": "portal", "form_origins": "channels", "channels_url": "portal"}  # fmt: skip
    for name, own in holders.items():
        assert [s for s in SERVICES if name in KINDS.get(s, Settings).model_fields] == [own], name
    assert not {"http_rate", "trusted_proxies", *holders} & Settings.model_fields.keys()
