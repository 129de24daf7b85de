"""How much is taken of one conversation and of one key, and when a refusal says that more is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from channels.adapters.open311.api_keys import ApiKeys
from channels.bodies import Refused
from channels.edge_key import EdgeKey
from channels.edge_limits import EdgeLimits, TooSoon
from channels.settings import ChannelsSettings
from common.runtime.http.rate_limit import MAX_SOURCES
from pydantic import SecretStr


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def limits(clock: Clock | None = None, **told: object) -> EdgeLimits:
    given = {"conversation_rate": 12.0, "conversation_burst": 3.0, "reading_rate": 60.0, "reading_burst": 2.0,
             "key_rate": 1.0, "key_burst": 2.0} | told  # fmt: skip
    return EdgeLimits(ChannelsSettings.model_construct(**given), clock or Clock())  # type: ignore[arg-type]


def refusal(act: Callable[[], None]) -> TooSoon:
    with pytest.raises(TooSoon) as caught:
        act()
    return caught.value


def test_what_is_said_too_soon_is_taken_exactly_when_its_refusal_says() -> None:
    clock = Clock()
    edge = limits(clock, conversation_rate=7.0)
    for _ in range(3):
        edge.say("web", "a")
    told = refusal(lambda: edge.say("web", "a"))
    assert (told.status, told.limit, "conversation" in str(told)) == (429, "conversation", True)
    seconds = int(told.headers["retry-after"])
    assert seconds == 9
    clock.seconds += seconds - 1
    refusal(lambda: edge.say("web", "a"))
    clock.seconds += 1
    edge.say("web", "a")


def test_a_conversation_is_one_on_its_channel_however_its_name_is_spelt() -> None:
    edge = limits()
    for name in ("Caf\u00e9", "Cafe\u0301", " Caf\u00e9 "):
        edge.say("web", name)
    refusal(lambda: edge.say("web", "Caf\u00e9"))
    edge.say("telegram", "Caf\u00e9")
    edge.say("web", "caf\u00e9")


def test_asking_whether_it_is_time_uses_up_nothing() -> None:
    edge = limits()
    for _ in range(10):
        edge.must_be_due("sms", "+1")
    for _ in range(3):
        edge.say("sms", "+1")
    refusal(lambda: edge.must_be_due("sms", "+1"))


def test_reading_and_saying_are_counted_apart() -> None:
    edge = limits()
    for _ in range(2):
        edge.read(b"whose")
    assert refusal(lambda: edge.read(b"whose")).limit == "reading"
    edge.read(b"another's")
    edge.say("web", "a")


def test_a_key_counts_what_its_requests_hold() -> None:
    clock = Clock()
    edge = limits(clock)
    edge.use("posts feed")
    edge.charge("posts feed", 30)
    seconds = int(refusal(lambda: edge.use("posts feed")).headers["retry-after"])
    assert seconds == 30
    clock.seconds += seconds
    edge.use("posts feed")


def test_whoever_makes_up_keys_neither_is_remembered_nor_uses_up_anothers() -> None:
    edge = limits()
    held = ChannelsSettings.model_construct(open311_keys=SecretStr("mine, other"))
    keys = ApiKeys(held, EdgeKey(b"k" * 32), edge)
    for number in range(1_000):
        with pytest.raises(Refused, match="missing or wrong"):
            keys.must_be_held({"api_key": f"made up {number}"})
    for _ in range(2):
        keys.must_be_held({"api_key": "mine"})
    refusal(lambda: keys.must_be_held({"api_key": "mine"}))
    keys.must_be_held({"api_key": "other"})
    anybody = ApiKeys(ChannelsSettings.model_construct(open311_keys=None), EdgeKey(b"k" * 32), edge)
    for number in range(1_000):
        anybody.must_be_held({"api_key": f"made up {number}"})
    assert edge.remembered <= 2


def test_any_number_of_conversations_takes_bounded_memory_and_those_who_say_most_are_remembered() -> None:
    edge = limits()
    for _ in range(3):
        edge.say("web", "flood")
    for number in range(MAX_SOURCES + 10):
        edge.say("web", f"{number}")
    assert edge.remembered <= MAX_SOURCES
    refusal(lambda: edge.say("web", "flood"))
