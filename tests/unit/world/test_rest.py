"""Rest, intervals and the account of messages: pure functions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import TopicPartition
from common.contracts.catalogue import Installation
from hypothesis import given
from hypothesis import strategies as st
from world.clock import intervals
from world.quiescence import MAX_PAUSE, NotAtRest, Watch, behind, by_most, most, pause, read_by
from world.report import balance

A, B = TopicPartition("a", 0), TopicPartition("b", 0)
IDS = st.sets(st.integers(0, 60).map(str))


def test_all_read_to_the_end_is_rest() -> None:
    assert behind({"g": [A, B], "h": [B]}, {"g": {A: 5, B: 0}, "h": {}}, {}, {A: 5, B: 0}) == {}


def test_one_group_behind_on_one_partition_is_not_rest() -> None:
    found = behind({"g": [A, B], "h": [B]}, {"g": {A: 5, B: 7}, "h": {B: 6}}, {}, {A: 5, B: 7})
    assert found == {("h", B): 1}


def test_a_group_that_never_committed_has_all_of_what_is_left_before_it() -> None:
    assert behind({"g": [A]}, {"g": {A: -1}}, {A: 3}, {A: 9}) == {("g", A): 6}
    assert behind({"g": [A]}, {}, {A: 9}, {A: 9}) == {}


def test_a_region_is_waited_for_on_its_own_topics_and_who_keeps_time_on_ticks() -> None:
    read = read_by(Installation("p", ("web",), ("north", "south")))
    assert set(read) == {f"p.{n}" for n in (
        "channels", "intake", "routing", "regional-north", "regional-south", "federal", "rules", "deliberation",
        "archive", "reflex", "portal")}  # fmt: skip
    assert "p.region.north.commands.v1" in read["p.regional-north"]
    assert "p.region.south.commands.v1" not in read["p.regional-north"]
    assert {g for g, topics in read.items() if "p.clock.ticks.v1" not in topics} == set()


def test_a_set_of_loops_is_waited_for_on_all_that_reflex_reads() -> None:
    read = read_by(Installation("p", ("web",), ("north",)), ["reflex", "reflex.set_places"])
    assert read["p.reflex.set_places"] == read["p.reflex"]
    assert "p.region.north.cases.v1" in read["p.reflex"]


def test_pauses_are_short_near_rest_and_bounded_far_from_it() -> None:
    assert pause(1) < 0.02
    assert pause(10**9) == MAX_PAUSE


def test_who_was_waited_for_long_is_looked_at_more_rarely() -> None:
    assert pause(1) < pause(1, 1.0) < pause(1, 10.0) == MAX_PAUSE


def test_the_group_that_has_most_to_read_comes_first_and_then_by_name() -> None:
    assert by_most({("g", A): 3, ("f", A): 3, ("h", A): 5, ("h", B): 1}) == ["h", "f", "g"]


class Groups(Watch):
    """A watch of groups that move by a plan: at each question about one it may move, or write more."""

    def __init__(self, ends: dict[TopicPartition, int], committed: dict[str, dict[TopicPartition, int]]) -> None:
        super().__init__(Installation("p", ("web",), ("north",)), {})
        self.at, self.held = ends, committed
        self.asked: list[str] = []
        self.move: Callable[[str], None] = lambda group: None
        self._groups, self._all = {group: list(ends) for group in committed}, sorted(ends)
        self._committed = self  # type: ignore[assignment]

    async def ends(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        return {p: self.at[p] for p in partitions}

    async def of(self, group: str, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        self.asked.append(group)
        self.move(group)
        return {p: self.held[group].get(p, -1) for p in partitions}


async def test_nobody_else_is_asked_before_the_one_that_has_most_to_read_is_there() -> None:
    watch = Groups({A: 9}, {"far": {A: 0}, "near": {A: 8}, "there": {A: 9}})
    await watch.look()
    watch.asked.clear()

    def move(group: str) -> None:
        watch.held["near"][A] = 9
        watch.held["far"][A] += 3

    watch.move = move
    watch._rested = {A: 8}
    assert await watch.rest() == {A: 9}
    assert watch.asked == ["far", "far", "far", "near", "there"]
    assert await watch.rest() == {A: 9}
    assert len(watch.asked) == 5


async def test_what_is_written_while_groups_are_asked_is_waited_for_too() -> None:
    watch = Groups({A: 4, B: 0}, {"first": {A: 4}, "second": {A: 4, B: 0}})

    def move(group: str) -> None:
        if len(watch.asked) == 2:
            watch.at[B] = 2
        elif len(watch.asked) > 3:
            watch.held["second"][B] = watch.held["first"][B] = 2

    watch.move = move
    assert await watch.rest() == {A: 4, B: 2}
    assert watch.held["second"] == watch.at


async def test_rest_is_given_up_when_nobody_moves_and_says_who_is_behind() -> None:
    watch = Groups({A: 9}, {"p.far": {A: 0}, "p.near": {A: 8}})
    with pytest.raises(NotAtRest, match=r"nothing has moved.*p\.far 9 on a/0, p\.near 1 on a/0"):
        await watch.rest(patience=0)


async def test_rest_is_not_given_up_while_one_moves_that_is_not_asked() -> None:
    watch = Groups({A: 9}, {"p.far": {A: 0}, "p.near": {A: 2}})

    def move(group: str) -> None:
        if group == "p.near":
            watch.held[group][A] += 1
            watch.held["p.far"][A] = 9 if watch.held[group][A] == 9 else 0

    watch.move = move
    assert await watch.rest(patience=0) == {A: 9}


def test_the_group_that_has_most_to_read_decides_how_soon_to_look_again() -> None:
    assert most({("g", A): 3, ("g", B): 4, ("h", A): 5}) == 7
    assert most({}) == 0


def test_intervals_follow_each_other_and_hold_the_first_and_the_last() -> None:
    first, last = datetime(2011, 7, 1, 5, 32, tzinfo=UTC), datetime(2011, 12, 31, 23, tzinfo=UTC)
    found = list(intervals(first, last))
    assert len(found) == 736
    assert all(a[1] == b[0] for a, b in itertools.pairwise(found))
    assert found[0][0] < first <= found[0][1]
    assert found[-1][0] < last <= found[-1][1]
    midnight = datetime(2011, 7, 1, tzinfo=UTC)
    assert next(intervals(midnight, midnight + timedelta(hours=1)))[1] == midnight


@given(IDS, IDS, IDS, IDS, IDS, IDS)
def test_each_message_is_counted_once_and_the_lost_ones_are_named(
    sent: set[str], opened: set[str], joined: set[str], refused: set[str], waiting: set[str], dead: set[str]
) -> None:
    found = balance({i: f"message-{i}" for i in sent}, opened, {f"message-{i}" for i in joined}, refused, waiting, dead)
    parts = found.opened + found.joined_before + found.refused + found.waiting + found.dead
    assert parts + len(found.unaccounted) == found.acknowledged == len(sent)
    assert set(found.unaccounted) == sent - opened - joined - refused - waiting - dead
    assert found.holds == (not found.unaccounted)
