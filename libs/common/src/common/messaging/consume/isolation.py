"""Finds the records of a batch that make it fail, by halving: one among n costs at most 2 * log2(n) transactions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from common.messaging.kafka import Record

Attempt = Callable[[Sequence[Record]], Awaitable[Exception | None]]
GiveUp = Callable[[Record, Exception], Awaitable[None]]


async def handle_apart(records: Sequence[Record], attempt: Attempt, give_up: GiveUp) -> None:
    """Handle records that failed together, in their order; `give_up` is called with each that fails alone.

    `attempt` handles some in one transaction and returns why that failed, or None. Every record that is given up has
    failed at least twice, once alone.
    """
    if len(records) == 1:
        error = await attempt(records)
        if error is not None:
            await give_up(records[0], error)
        return
    middle = len(records) // 2
    first, second = records[:middle], records[middle:]
    error = await attempt(first)
    if error is None:
        # So what fails is in the other half: there is no need to try it as a whole.
        await handle_apart(second, attempt, give_up)
        return
    for half in (first, second):
        if half is second:
            error = await attempt(second)
        if error is not None:
            if len(half) == 1:
                await give_up(half[0], error)
            else:
                await handle_apart(half, attempt, give_up)
