"""Cases of a log as loops see them that compare places: who has them, until when, and whether that was kept.

Deadlines are those of the rules that were learnt; what the log says is when a case was closed. Ratings and what was
reopened no log has.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from common.rulebook.book import ReleaseBook
from common.rulebook.trial import NO_UNIT
from reflex.facts import CaseAnswered, CaseOpened, CaseOverdue, Fact
from reflex.loop import Loop, LoopOutput

from laboratory.subject import NothingToReplay, Subject
from laboratory.thinning import thinned

DAY = timedelta(days=1)
LATE_BY = 2 * DAY
"""A late case is answered so long after its deadline: that it is late is all that loops go by."""


@dataclass(frozen=True, slots=True)
class LateCase:
    case_id: str
    region: str
    area: str
    authority: str
    category: str
    channel: str
    opened: datetime
    due: datetime
    late: bool


def late_cases(subject: Subject, seed: int) -> list[LateCase]:
    """A log's cases in order of opening, some days left out; those that joined another are not among them. Raises
    NothingToReplay."""
    book, terms = ReleaseBook(subject.federation.base_releases()), dict[tuple[str, str], int]()
    found = []
    for case in thinned(subject.cases, seed):
        if case.cell is None or case.joins is not None or case.ruled is None:
            continue
        category, region = case.cell[0], case.where.region
        if (category, region) not in terms:
            inputs: dict[str, str | int | float | bool] = {"category": category, "priority": 1}
            decision = book.in_force(region, case.opened_at).decide("deadline", inputs, NO_UNIT)
            terms[category, region] = int(decision.outputs["answer_minutes"]) if decision is not None else 0
        due = subject.federation.calendar(region).add(case.opened_at, terms[category, region])
        late = case.closed_at is None or case.closed_at > due
        found.append(
            LateCase(
                case.case_id, region, case.where.area, case.ruled, category, case.channel, case.opened_at, due, late
            )
        )  # fmt: skip
    if not found:
        raise NothingToReplay(
            "the rules that were learnt give no case a category and an authority: there is nothing to compare"
        )
    return found


def dealt_anew(cases: Sequence[LateCase], seed: int) -> list[LateCase]:
    """Whether cases were late is dealt out anew among those of a category: no place, channel or time differs."""
    random, numbers = Random(f"dealt:{seed}"), defaultdict[str, list[int]](list)
    for number, case in enumerate(cases):
        numbers[case.category].append(number)
    found = list(cases)
    for those in numbers.values():
        for number, other in zip(those, random.sample(those, len(those)), strict=True):
            found[number] = replace(cases[number], late=cases[other].late)
    return found


def late_shares(cases: Sequence[LateCase]) -> dict[str, float]:
    """By category."""
    counts = defaultdict[str, list[int]](lambda: [0, 0])
    for case in cases:
        counts[case.category][0] += 1
        counts[case.category][1] += case.late
    return {category: late / whole for category, (whole, late) in counts.items()}


def facts_of(case: LateCase) -> Iterator[Fact]:
    about: dict[str, Any] = {"case_id": case.case_id, "region": case.region, "authority": case.authority}
    yield CaseOpened(
        id=f"{case.case_id}-a", at=case.opened, **about, category=case.category, area=case.area, channel=case.channel,
        priority=1, received_at=case.opened, due_at=case.due,
    )  # fmt: skip
    if case.late:
        yield CaseOverdue(id=f"{case.case_id}-b", at=case.due, **about, due_at=case.due)
    answered = case.due + LATE_BY if case.late else case.opened + (case.due - case.opened) / 2
    yield CaseAnswered(id=f"{case.case_id}-c", at=answered, **about)


def drive(loop: Loop, cases: Sequence[LateCase], until: datetime) -> list[tuple[datetime, LoopOutput]]:
    """What a loop says of cases, tick by tick of a day; facts from `until` on it does not see."""
    facts = [(fact.at, fact.id, fact) for case in cases for fact in facts_of(case) if fact.at < until]
    heapq.heapify(facts)
    said: list[tuple[datetime, LoopOutput]] = []
    now = cases[0].opened
    while now < until:
        now = min(now + DAY, until)
        while facts and facts[0][0] < now:
            loop.observe(heapq.heappop(facts)[2])
        said += [(now, one) for one in loop.on_tick(now)]
        loop.changed()
    return said
