"""Settings that are missing or wrong are named by their variable, with what they should be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from common.messaging.settings import SettingsError
from common.runtime.settings import load_settings

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
        load_settings()


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
        load_settings()


def test_a_password_is_not_shown_in_an_error(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OTKLIK_KAFKA_PASSWORD", "sesame")
    environment.setenv("OTKLIK_TIME", "moon")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "sesame" not in str(caught.value)


def test_lateness_counts_in_wall_time_alone(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OTKLIK_LATENESS_SECONDS", "90")
    assert load_settings().lateness == timedelta(seconds=90)
    environment.setenv("OTKLIK_TIME", "ticks")
    assert load_settings().lateness == timedelta(0)
