"""Which loops change the rules in a run."""

from __future__ import annotations

from collections.abc import Iterable

from common.federation.country import Federation
from common.rulebook.book import ReleaseBook
from reflex.loop import Loop, LoopContext
from reflex.loops import LOOPS

from laboratory.cycle.rival import RivalLoop

TAKEN = ("deadline", "diffusion", "equity", "evaluation", "misrouting", "trial")
"""The others propose nothing about cases that rules place, or go by what no log tells: corrections, joins that people
refused, what citizens say to an answer."""


def loops(federation: Federation, book: ReleaseBook) -> Iterable[Loop]:
    """As the service runs them."""
    context = LoopContext(federation, book)
    return [LOOPS[name](context) for name in TAKEN]


def with_a_rival(federation: Federation, book: ReleaseBook) -> Iterable[Loop]:
    """And a loop that wants the opposite of what misrouting wants."""
    return [*loops(federation, book), RivalLoop(book)]


def nobody(federation: Federation, book: ReleaseBook) -> Iterable[Loop]:
    """The rules stay as they were learnt."""
    return []
