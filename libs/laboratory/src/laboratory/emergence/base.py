"""The loop driven once over a log in which nothing is planted: what it says, and its state on each day."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from common.contracts.events.reflex.observations import FindingMade
from common.contracts.events.reflex.warnings import WarningRaised
from common.rulebook.book import ReleaseBook
from reflex.facts import CaseOpened
from reflex.loop import Loop, LoopContext
from reflex.loops import emergence

from laboratory.logged_case import LoggedCase
from laboratory.subject import Subject
from laboratory.watching import Watch, facts_of, ticks

State = Mapping[str, bytes]


@dataclass(slots=True)
class Base:
    """`states` by tick, of one tick a day; `watched` are cases that the loop looks at, in order."""

    said: list[WarningRaised | FindingMade] = field(default_factory=list)
    states: dict[datetime, State] = field(default_factory=dict)
    watched: list[LoggedCase] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    """Of the processor for a fact, each."""


def loop_of(subject: Subject) -> Loop:
    return emergence.build(LoopContext(subject.federation, ReleaseBook(subject.federation.base_releases())))


def drive(subject: Subject) -> Base:
    """From the log's first case, so that what is usual is known when its later part begins."""
    loop, base, rows = loop_of(subject), Base(), dict[str, bytes]()
    cases = [*subject.earlier, *subject.cases]
    looks_at = watches(subject)
    base.watched = [case for case in cases if case.point is not None and looks_at(case)]
    sent, last_kept = 0, cases[0].opened_at
    for until in ticks(cases[0].opened_at, cases[-1].opened_at):
        while sent < len(cases) and cases[sent].opened_at < until:
            for fact in facts_of(cases[sent]):
                if isinstance(fact, CaseOpened):
                    began = time.thread_time()
                    loop.observe(fact)
                    base.seconds.append(time.thread_time() - began)
            sent += 1
        base.said += [one for one in loop.on_tick(until) if isinstance(one, WarningRaised | FindingMade)]
        for key, body in loop.changed().items():
            if body is None:
                rows.pop(key, None)
            else:
                rows[key] = orjson.dumps(body)
        if until - last_kept >= timedelta(days=1):
            base.states[until] = dict(rows)
            last_kept = until
    return base


def watches(subject: Subject) -> Any:
    """Whether a case is of those that say when something happens."""
    on_order = {category.code for category in subject.federation.categories if category.on_order}
    staff = {channel.id for channel in subject.federation.channels if channel.staff}
    return lambda case: case.cell is not None and case.cell[0] not in on_order and case.channel not in staff


def go_on(
    subject: Subject, base: Base, planted: Sequence[LoggedCase], until: datetime
) -> list[WarningRaised | FindingMade]:
    """What the loop says from the state before the planted cases on, with them among the log's."""
    began = max((at for at in base.states if at <= planted[0].opened_at), default=None)
    if began is None:
        return []
    watch = Watch(loop_of(subject))
    watch.loop.load({key: orjson.loads(body) for key, body in base.states[began].items()})
    watch.add(case for case in base.watched if began <= case.opened_at < until)
    watch.add(planted)
    said: list[WarningRaised | FindingMade] = []
    for at in ticks(began, until):
        said += [one for one in watch.tick(at) if isinstance(one, WarningRaised | FindingMade)]
    return said
