"""Who changes the rules in a run: the loop as it is, nobody, or a naive rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from common.federation.country import Federation
from common.rulebook.book import ReleaseBook
from reflex.loop import Loop, LoopContext
from reflex.loops import misrouting

from laboratory.misrouting.naive import NaiveLoop

Policy: TypeAlias = Callable[[Federation, ReleaseBook], Loop | None]


def loop(federation: Federation, book: ReleaseBook) -> Loop:
    """The misrouting loop as the service runs it."""
    return misrouting.build(LoopContext(federation, book))


def nobody(federation: Federation, book: ReleaseBook) -> None:
    """The rules stay as they were learnt."""


def naive(federation: Federation, book: ReleaseBook) -> Loop:
    """Three transfers in a cell's last six cases to one authority, and its row is changed."""
    return NaiveLoop(book)
