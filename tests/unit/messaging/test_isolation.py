"""Which records of a batch are given up, and what finding them costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from common.messaging.consume.isolation import handle_apart


class Store:
    """Holds what was handled; a batch with a bad record is refused as a whole."""

    def __init__(self, bad: set[int]) -> None:
        self.bad = bad
        self.order: list[int] = []
        self.dead: list[int] = []
        self.transactions = 0

    async def attempt(self, records: Sequence[Any]) -> Exception | None:
        self.transactions += 1
        if self.bad.intersection(records):
            return RuntimeError("a bad record")
        self.order += records
        return None

    async def give_up(self, record: Any, error: Exception) -> None:
        self.transactions += 1
        self.dead.append(record)
        self.order.append(record)


@pytest.mark.parametrize("bad", [{0}, {1}, {999}, {1999}, {7, 8, 1500}, set(range(10)), {1234}], ids=str)
async def test_the_bad_ones_are_given_up_in_a_few_transactions_and_the_order_is_kept(bad: set[int]) -> None:
    store = Store(bad)
    await handle_apart(range(2000), store.attempt, store.give_up)  # type: ignore[arg-type]
    assert store.dead == sorted(bad)
    assert store.order == list(range(2000))
    assert store.transactions <= 24 * len(bad)


async def test_what_does_not_fail_again_is_handled() -> None:
    store = Store(set())
    await handle_apart(range(5), store.attempt, store.give_up)  # type: ignore[arg-type]
    assert (store.order, store.dead) == (list(range(5)), [])
