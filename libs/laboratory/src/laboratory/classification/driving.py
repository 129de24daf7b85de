"""The classification loop's own code over a log: people place what the rules cannot, and a part of the rest; each
proposal binds three days after it was made."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from common.contracts.events.rules import ProposeChange
from common.federation.country import Federation
from reflex.facts import ProposalAdopted, TriageAnswered, TriageRequested
from reflex.loops.classification.loop import ClassificationLoop
from reflex.loops.classification.patching import Patcher
from reflex.loops.classification.settings import Settings
from world import clock

from laboratory.adopting import Adopting, Made
from laboratory.classification.planting import Truth
from laboratory.logged_case import LoggedCase

SEEN = 0.1
"""Of the cases whose word the rules know, those that a person looks at all the same."""
ANSWERED_AFTER = timedelta(hours=4)


@dataclass(slots=True)
class Run:
    """`wrong`: cases that the rules gave another category than they are of; `unknown`: whose word no rule knew."""

    wrong: int = 0
    unknown: int = 0
    proposals: list[tuple[datetime, ProposeChange]] = field(default_factory=list)
    adopted: int = 0


def drive(federation: Federation, cases: Sequence[LoggedCase], truth: Truth, random: Random, *, adopt: bool) -> Run:
    """Every case in order of opening; ticks of six hours."""
    adopting, run, settings = Adopting(federation), Run(), Settings()
    patcher = Patcher(adopting.book)
    loop = ClassificationLoop(lambda now: settings, patcher, federation.category_title)
    answers: list[tuple[datetime, str, TriageAnswered]] = []
    sent = 0
    for _, until in clock.intervals(cases[0].opened_at, cases[-1].opened_at + timedelta(days=1)):
        while sent < len(cases) and cases[sent].opened_at < until:
            case = cases[sent]
            _hear(loop, answers, case.opened_at)
            _place(loop, patcher, answers, case, truth, random, run)
            sent += 1
        _hear(loop, answers, until)
        for said in loop.on_tick(until):
            if isinstance(said, ProposeChange):
                run.proposals.append((until, said))
                if adopt:
                    adopting.wait(Made(until, said))
        loop.changed()
        run.adopted += sum(isinstance(fact, ProposalAdopted) for fact in adopting.decide(until))
    return run


def _hear(loop: ClassificationLoop, answers: list[tuple[datetime, str, TriageAnswered]], before: datetime) -> None:
    while answers and answers[0][0] < before:
        loop.observe(heapq.heappop(answers)[2])


def _place(
    loop: ClassificationLoop, patcher: Patcher, answers: list[tuple[datetime, str, TriageAnswered]], case: LoggedCase,
    truth: Truth, random: Random, run: Run,
) -> None:  # fmt: skip
    word, name, at = truth.word(case), case.case_id, case.opened_at
    known = patcher.category(word, at)
    run.unknown += known is None
    run.wrong += known is not None and known != truth.meaning(case)
    # Drawn for every case, so that both ways of a run see the same people.
    seen, said = random.random() < SEEN, truth.answer(case, random)
    if known is not None and not seen:
        return
    loop.observe(TriageRequested(id=f"{name}:r", at=at, case_id=name, channel=case.channel, category=word, reason="-"))
    answered = TriageAnswered(id=f"{name}:a", at=at + ANSWERED_AFTER, case_id=name, category=said)
    heapq.heappush(answers, (answered.at, answered.id, answered))
