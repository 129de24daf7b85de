"""How often each source may do something, and whom the limit remembers."""

from __future__ import annotations

import pytest
from common.runtime.http.rate_limit import RateLimit
from common.runtime.http.sources import Proxies, source_of


def test_a_source_has_its_burst_and_then_its_rate() -> None:
    limit = RateLimit(rate=10, burst=5)
    assert [limit.wait("a", 0.0) for _ in range(5)] == [0.0] * 5
    assert limit.wait("a", 0.0) == pytest.approx(0.1)
    assert limit.wait("b", 0.0) == 0.0
    taken = sum(limit.wait("a", n / 100) == 0.0 for n in range(1, 1001))
    assert taken == pytest.approx(100, abs=2)
    assert [limit.wait("a", 100.0) for _ in range(6)][-1] > 0


def test_units_may_be_charged_after_the_fact() -> None:
    limit = RateLimit(rate=10, burst=5)
    assert limit.wait("a", 0.0) == 0.0
    limit.charge("a", 50, 0.0)
    assert limit.wait("a", 0.0) > 4


def test_a_rate_of_nothing_limits_nobody() -> None:
    limit = RateLimit(rate=0, burst=1)
    assert [limit.wait("a", 0.0) for _ in range(1000)] == [0.0] * 1000


def test_any_number_of_sources_takes_bounded_memory_and_the_worst_are_remembered() -> None:
    limit = RateLimit(rate=1, burst=10, most_sources=1000)
    while limit.wait("flood", 0.0) == 0.0:
        pass
    for number in range(20_000):
        limit.wait(str(number), 0.0)
    assert len(limit) <= 1001
    assert limit.wait("flood", 0.0) > 0


def test_a_customer_of_a_provider_is_one_source() -> None:
    assert source_of("2001:db8:1:2:3:4:5:6") == source_of("2001:db8:1:2::9") != source_of("2001:db8:1:3::9")
    assert source_of("::ffff:192.0.2.1") == source_of("192.0.2.1") == "192.0.2.1"


def test_only_trusted_proxies_say_who_stands_behind_them() -> None:
    proxies = Proxies("10.0.0.0/8, 2001:db8::1")
    assert proxies.client("192.0.2.9", [b"198.51.100.1"]) == "192.0.2.9"
    assert proxies.client("10.0.0.1", [b"203.0.113.5, 198.51.100.1", b"10.0.0.2"]) == "198.51.100.1"
    assert proxies.client("2001:db8::1", [b"[2001:db8:9::7]:4711"]) == "2001:db8:9::7"
    assert proxies.client("10.0.0.1", [b"198.51.100.1:80"]) == "198.51.100.1"
    for unreadable in (b"", b"unknown", b"\xff, ,", b"198.51.100.1, x"):
        assert proxies.client("10.0.0.1", [unreadable]) == "10.0.0.1"
