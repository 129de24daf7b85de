"""What a batch takes of each source: equal parts of its time, and all of it for one that is alone."""

from __future__ import annotations

import pytest
from common.messaging.consume.fair_share import ALONE_SECONDS, SHARED_SECONDS, FairShare, source_of


def batch(share: FairShare, waiting: dict[str, int], cost: dict[str, float] | None = None) -> dict[str, int]:
    """Take one batch out of what waits, and let it take as long as its records cost."""
    left = dict(waiting)
    plan = share.plan([source for source, number in waiting.items() if number])
    while (asked := plan.next()) is not None:
        source, number = asked
        found = min(number, left[source])
        left[source] -= found
        plan.got(source, number, found)
    share.took(plan)
    share.done(0.01 + sum(n * (cost or {}).get(source, 0.0001) for source, n in plan.taken.items()))
    return plan.taken


def test_a_source_that_is_alone_soon_gets_the_whole_batch() -> None:
    share = FairShare(2_000)
    taken = [batch(share, {"a": 100_000})["a"] for _ in range(5)]
    assert taken == [250, 500, 1_000, 2_000, 2_000]
    assert share.more


def test_the_few_records_of_one_source_are_all_taken_beside_the_flood_of_another() -> None:
    share = FairShare(2_000)
    taken = [batch(share, {"flood": 100_000, "a": 3, "b": 40}) for _ in range(30)]
    assert all((t["a"], t["b"]) == (3, 40) for t in taken)
    assert sum(t["flood"] for t in taken) > 25 * 1_500


def test_two_floods_get_equal_parts() -> None:
    share = FairShare(2_000)
    taken = [batch(share, {"a": 100_000, "b": 100_000}) for _ in range(40)]
    of_a, of_b = sum(t["a"] for t in taken), sum(t["b"] for t in taken)
    assert of_a == pytest.approx(of_b, rel=0.1)
    assert of_a + of_b > 30 * 2_000


@pytest.mark.parametrize("cost", [0.002, 0.02])
def test_a_batch_stays_within_its_time_when_a_flood_is_dear(cost: float) -> None:
    share = FairShare(2_000)
    for _ in range(10):
        taken = batch(share, {"flood": 100_000, "a": 5}, {"flood": cost})
    assert taken["a"] == 5
    assert taken["flood"] <= max(1.1 * SHARED_SECONDS / cost, 100)
    for _ in range(10):
        alone = batch(share, {"flood": 100_000}, {"flood": cost})
    assert alone["flood"] <= max(1.1 * ALONE_SECONDS / cost, 100)


def test_a_dear_source_does_not_make_a_cheap_one_slow() -> None:
    share = FairShare(2_000)
    taken = [batch(share, {"dear": 100_000, "cheap": 100_000}, {"dear": 0.005}) for _ in range(40)][20:]
    assert sum(t["cheap"] for t in taken) > 5 * sum(t["dear"] for t in taken)


def test_a_machine_that_was_slow_for_a_moment_does_not_make_batches_small_for_long() -> None:
    share = FairShare(2_000)
    for _ in range(3):
        batch(share, {"a": 1}, {"a": 2.0})
    for _ in range(12):
        taken = batch(share, {"a": 100_000})
    assert taken["a"] == 2_000


def test_sources_are_channels_regions_services_and_single_topics() -> None:
    assert source_of("channel.web.inbound") == source_of("channel.web.receipts") == "channel web"
    assert source_of("region.north.cases") == "region north"
    assert source_of("intake.operations") == "service intake"
    assert source_of("intake.messages") == "intake.messages"
