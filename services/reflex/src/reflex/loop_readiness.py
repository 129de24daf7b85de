"""What readiness tells of the loops: which of them are stopped. The others go on, so the service stays ready."""

from __future__ import annotations

from collections.abc import Sequence

from common.messaging.postgres import Database
from common.messaging.problems import Problem
from common.messaging.telemetry.metrics import LOOP_MISSED, LOOP_STOPPED

from reflex import stopped_loops
from reflex.stopped_loops import Stop


class LoopWatch:
    """Sets the loops' gauges from the database, where every replica sees the same."""

    def __init__(self, loops: Sequence[str]) -> None:
        self._loops = loops

    async def __call__(self, db: Database) -> list[Problem]:
        stops, missed = await stopped_loops.all_stopped(db), await stopped_loops.number_missed(db)
        for loop in self._loops:
            LOOP_STOPPED.labels(loop).set(loop in stops)
            LOOP_MISSED.labels(loop).set(missed.get(loop, 0))
        return [_problem(loop, stop, missed.get(loop, 0)) for loop, stop in sorted(stops.items())]


def _problem(loop: str, stop: Stop, missed: int) -> Problem:
    words = (
        f"loop {loop} is stopped since {stop.since:%Y-%m-%d %H:%M} UTC ({stop.reason}), {stop.failures} failures;"
        f" {missed:,} facts wait for it; it is tried again by itself, from {stop.retry_at:%Y-%m-%d %H:%M} UTC on;"
        " the other loops go on; see deploy/runbooks/loop-stopped.md"
    )
    return Problem("loop_stopped", words, "warning", waiting=missed)
