"""A partition with so many dead letters that something else is wrong: it is set aside and tried again, others go on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from common.messaging.consume.inbox import Place
from common.messaging.kafka import Record

LONGEST_STOP_SECONDS = 300.0
PROBE_RECORDS = 10
"""So many records of a stopped partition are handled when it is tried again; a good one among them ends the stop."""


@dataclass(frozen=True)
class StopLimit:
    """Bounds on dead letters among a partition's records that our own services wrote."""

    run: int = 100
    """This many in a row stop the partition."""
    ratio: float = 0.5
    """So does a larger share than this of its last `window` records."""
    window: int = 400
    pause_seconds: float = 5.0
    """Until a stopped partition is tried again for the first time; doubles up to LONGEST_STOP_SECONDS."""


class Stopped(Exception):
    """A partition passed the limit: its records of this batch stay undelivered."""

    def __init__(self, place: Place, words: str) -> None:
        super().__init__(f"{place[0]}/{place[1]}: {words}")
        self.place = place
        self.words = words


@dataclass(frozen=True)
class Stop:
    """Why a partition is set aside, and until when, in monotonic seconds."""

    words: str
    until: float
    pause_seconds: float


@dataclass(frozen=True)
class _Ended:
    """How records of one partition ended: the latest of all (True: dead), and those of one transaction."""

    recent: deque[bool]
    fresh: list[bool]


Verdict = dict[Place, _Ended]


class Stops:
    """Which partitions are set aside, from how their latest records ended. Times are monotonic seconds."""

    def __init__(self, limit: StopLimit) -> None:
        self._limit = limit
        self._length = max(limit.window, limit.run)
        self._recent: dict[Place, deque[bool]] = {}
        self._times: dict[Place, int] = {}
        """How often each partition was stopped since it last went well for a whole run."""
        self.stopped: dict[Place, Stop] = {}

    def admit(self, records: Sequence[Record], now: float) -> tuple[Sequence[Record], list[Record]]:
        """What of a batch may be handled, and what is left out because its partition is stopped.

        Of a stopped partition that is due again the first PROBE_RECORDS are admitted.
        """
        if not self.stopped:
            return records, []
        admitted, left, probed = [], [], dict.fromkeys(self.stopped, 0)
        for record in records:
            place = (record.topic, record.partition)
            stop = self.stopped.get(place)
            if stop is None or (stop.until <= now and probed[place] < PROBE_RECORDS):
                admitted.append(record)
            else:
                left.append(record)
            if stop is not None:
                probed[place] += 1
        return admitted, left

    def allow(self, outcomes: Iterable[tuple[Place, bool]]) -> Verdict:
        """What would be remembered after these records (place, whether dead); give it to `remember` once they are
        committed. Raises Stopped for a partition that passes a limit and is not being tried again.
        """
        fresh: dict[Place, list[bool]] = {}
        for place, dead in outcomes:
            fresh.setdefault(place, []).append(dead)
        verdict: Verdict = {}
        for place, ended in fresh.items():
            recent = deque(self._recent.get(place, ()), maxlen=self._length)
            recent.extend(ended)
            if True in recent and place not in self.stopped:
                self._check(place, recent)
            verdict[place] = _Ended(recent, ended)
        return verdict

    def _check(self, place: Place, recent: deque[bool]) -> None:
        run = 0
        for dead in reversed(recent):
            if not dead:
                break
            run += 1
        last = list(recent)[-self._limit.window :]
        share = sum(last) / len(last)
        if run >= self._limit.run or (len(last) == self._limit.window and share > self._limit.ratio):
            raise Stopped(
                place,
                f"{run} dead letters in a row, {share:.0%} of the last {len(last)} records; look at the reasons with"
                " `otklik dlq list` and mend the cause",
            )

    def remember(self, verdict: Verdict, now: float) -> None:
        """The records are committed."""
        for place, ended in verdict.items():
            stop = self.stopped.get(place)
            if stop is None:
                self._recent[place] = ended.recent
                if place in self._times and len(ended.recent) >= self._limit.run and True not in ended.recent:
                    del self._times[place]
            elif not all(ended.fresh):
                del self.stopped[place]
                self._recent.pop(place, None)
            elif stop.until <= now:
                self.stop(place, stop.words, now)

    def go_on(self, place: Place) -> None:
        """What the partition was stopped for is over."""
        self.stopped.pop(place, None)
        self._times.pop(place, None)

    def stop(self, place: Place, words: str, now: float) -> Stop:
        """Set a partition aside, each time for twice as long."""
        times = self._times[place] = self._times.get(place, 0) + 1
        pause = min(LONGEST_STOP_SECONDS, self._limit.pause_seconds * 2.0 ** min(times - 1, 30))
        stop = self.stopped[place] = Stop(words, now + pause, pause)
        return stop
