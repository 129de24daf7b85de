"""A log through the whole system: send what an interval holds, wait for rest, act on what became possible, tick."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from aiokafka import TopicPartition
from common.contracts.catalogue import channel_of
from common.contracts.events import archive, channel, deliberation, region, routing, rules
from common.contracts.events.reflex.prevention import PreventionOrdered

from world import clock
from world.citizens import CitizenRecord, first_message
from world.desks import DeskOrder, Desks, DeskStep, Known, Word, fold
from world.listening import Heard, Listener
from world.log_requests import Chance, LogRequest
from world.prevention import answer_to
from world.public import RULES, Public
from world.quiescence import Watch
from world.report import Ledger
from world.schedule import Agenda
from world.sending import Sender

Accept = Literal["ask", "auto", "never"]
"""Who speaks about proposals and decides them: people (`ask`), the model (`auto`), nobody (`never`)."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    at: datetime
    done: int
    of: int
    """Intervals."""
    messages: int
    seconds: float

    @property
    def rate(self) -> float:
        """Messages a second of real time."""
        return self.messages / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float:
        """At the pace so far."""
        return self.seconds / self.done * (self.of - self.done) if self.done else 0.0


@dataclass
class Replay:
    """One run. `rows` in order of opening."""

    rows: Sequence[LogRequest]
    desks: Desks
    public: Public
    sender: Sender
    listener: Listener
    watch: Watch
    ledger: Ledger
    draw: Chance
    seed: int
    accept: Accept = "ask"
    planned: Sequence[DeskOrder] = ()
    """What somebody does at its time, whatever happens before."""
    http_share: float = 0.1
    step: timedelta = clock.INTERVAL
    last: datetime | None = None
    """Where to end; without it, at the last opening of the log."""
    on_progress: Callable[[Progress], None] = lambda progress: None
    _known: dict[str, Known] = field(default_factory=dict)
    _row: dict[str, LogRequest] = field(default_factory=dict)
    _case: dict[str, str] = field(default_factory=dict)
    """The log's case id -> ours."""
    _children: dict[str, list[str]] = field(default_factory=dict)
    """The log's case id -> ours of those that the log calls its duplicates."""
    _agenda: Agenda = field(default_factory=Agenda)
    _ends: dict[TopicPartition, int] = field(default_factory=dict)
    _began: float = field(default_factory=time.perf_counter)
    _steps: list[tuple[datetime, datetime]] = field(default_factory=list)
    """Intervals from the first opening to the end."""
    _done: int = 0
    """Of the intervals."""
    _sent: int = 0
    """Of the rows."""
    _spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Real seconds by what they went into."""

    async def run(self) -> dict[str, Any]:
        """Replay everything; returns what it took. The callers start and stop the parts."""
        if not self.rows:
            raise ValueError("the log has no rows in these days; give more --days or another log")
        self._began = time.perf_counter()
        last = self.last or self.rows[-1].opened_at
        for order in self.planned:
            self._agenda.put(order.case_id, order)
        self._steps = list(clock.intervals(self.rows[0].opened_at, last, self.step))
        for since, until in self._steps:
            coming = []
            while self._sent < len(self.rows) and self.rows[self._sent].opened_at <= until:
                coming.append(self.rows[self._sent])
                self._sent += 1
            await self._interval(coming, since, until)
            self._done += 1
            seconds = time.perf_counter() - self._began
            self.on_progress(Progress(until, self._done, len(self._steps), self._sent, seconds))
        return self.took()

    def took(self) -> dict[str, Any]:
        """What the run took so far."""
        seconds = time.perf_counter() - self._began
        return {
            "seconds": round(seconds, 2),
            "seconds_by_phase": {name: round(spent, 2) for name, spent in sorted(self._spent.items())},
            "intervals": self._done,
            "intervals_to_do": len(self._steps),
            "hours_an_interval": self.step / timedelta(hours=1),
            "messages": self._sent,
            "messages_a_second": round(self._sent / seconds, 1),
            "from": self._steps[0][0].isoformat() if self._steps else None,
            "until": self._steps[self._done - 1][1].isoformat() if self._done else None,
            "rests": self.watch.rests,
            "rest_checks": self.watch.checks,
            "milliseconds_a_check": round(1000 * self.watch.seconds / max(1, self.watch.checks), 2),
            "steps_not_due": len(self._agenda),
        }

    async def _interval(self, rows: Sequence[LogRequest], since: datetime, until: datetime) -> None:
        words = [first_message(r, self.seed, self.draw, self.http_share) for r in rows]
        steps = self._agenda.due(until)
        if words:
            with self._timed("citizens' first messages"):
                ids = await self.sender.say(words)
            for row, (case_id, message_id) in zip(rows, ids, strict=True):
                self.ledger.acknowledge(case_id, message_id)
                self._remember(row, case_id)
        while words or steps:
            words = []
            with self._timed("desks and verdicts"):
                await self._take(steps)
            await self._hear("rest after messages")
            steps = self._agenda.due(until)
        envelope, event = clock.tick(since, until)
        with self._timed("ticks"):
            await self.sender.tell(clock.TOPIC, envelope, event)
        await self._hear("rest after ticks")

    @contextlib.contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self._spent[phase] += time.perf_counter() - began

    def _remember(self, row: LogRequest, case_id: str) -> None:
        self._row[case_id] = row
        self._case[row.case_id] = case_id
        if row.duplicate_of is not None:
            self._children.setdefault(row.duplicate_of, []).append(case_id)

    async def _take(self, steps: Sequence[DeskOrder | Word]) -> None:
        said: list[CitizenRecord] = [s.said for s in steps if isinstance(s, Word)]
        if said:
            await self.sender.say(said)
            self.ledger.verdicts += len(said)
        orders = [s for s in steps if isinstance(s, DeskOrder)]
        decisions = [o for o in orders if o.topic == RULES]
        await self.sender.order([o for o in orders if o.topic != RULES], self.seed)
        for one in decisions:
            # Each makes a release of its own number, so the next goes when this one is done.
            await self.watch.rest()
            await self.sender.order([one], self.seed)

    async def _hear(self, phase: str) -> None:
        with self._timed(phase):
            self._ends = await self.watch.rest()
        with self._timed("hearing to the end"):
            heard = await self.listener.until(self._ends)
        with self._timed("what follows for desks"):
            self._follow(heard)

    def _follow(self, heard: Sequence[Heard]) -> None:
        changed: dict[str, None] = {}
        for one in heard:
            self._note(one, changed)
        for case_id in list(changed):
            for child in self._children.get(self._row[case_id].case_id, ()):
                changed.setdefault(child)
        for case_id in changed:
            known = self._known.get(case_id)
            if known is not None:
                row = self._row[case_id]
                parent = self._known.get(self._case.get(row.duplicate_of or "", ""))
                self._agenda.put(case_id, self.desks.next_step(known, row, parent))

    def _note(self, one: Heard, changed: dict[str, None]) -> None:
        event = one.event
        row = self._row.get(one.key)
        self.ledger.note(event, one.time, row.true_authority if row is not None else None)
        if self._about_a_proposal(one):
            return
        if isinstance(event, PreventionOrdered):
            self._agenda.put(event.order_id, answer_to(event, self.draw, self.desks.acting))
        if row is not None and isinstance(
            event,
            region.CaseEvent | region.CommandRefused | routing.TriageRequested | routing.TriageDeclined
            | routing.MessageSplit | routing.RoutingCommandRefused,
        ):  # fmt: skip
            before = self._known.get(one.key)
            after = fold(before, event, one.time)
            if after is not None and after is not before:
                self._known[one.key] = after
                changed.setdefault(one.key)

    def _about_a_proposal(self, one: Heard) -> bool:
        """Whether it is about a proposed change; then the public acts on it, where the model plays the public."""
        steps = self._public_steps(one)
        if steps is None:
            return False
        if self.accept == "auto":
            for name, step in steps:
                self._agenda.put(name, step)
        return True

    def _public_steps(self, one: Heard) -> Iterable[tuple[str, DeskStep]] | None:
        event, at = one.event, one.time
        match event:
            case rules.ProposalChecked():
                return self.public.checked(event, at)
            case deliberation.DeliberationOpened():
                return self.public.opened(event, at)
            case deliberation.VoiceCounted():
                return self.public.counted(event, at)
            case deliberation.DeliberationClosed():
                return self.public.closed(event, at)
            case rules.ReviewFell():
                return self.public.review_fell(event, at)
            case archive.ForecastScored():
                self.public.scored(event)
                return ()
            case channel.ProposalNoticeIssued():
                return self.public.told(event, channel_of(self.watch.installation.logical(one.topic)), at)
        return None
