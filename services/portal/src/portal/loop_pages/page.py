"""What a loop's module of words must give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from portal.formats import Times
from portal.names import Names

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wording:
    """How a federation calls things, and its times."""

    names: Names
    times: Times


@dataclass(frozen=True, slots=True)
class WatchedCell:
    """One category in one area whose cases are counted again: from whom to whom, on cases of which days."""

    category: str
    area: str
    current: str
    target: str
    first: datetime | None = None
    last: datetime | None = None
    """Receipt of the first and the last case of its evidence; None for a cell that has none of its own."""
    wins: int = 0
    """Cases of the evidence that ended at the target, by the loop's own count."""
    losses: int = 0
    """And those that stayed."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a change is proposed, for people who must weigh it."""

    sentences: Sequence[str] = ()
    warnings: Sequence[str] = ()
    cannot_tell: Sequence[str] = ()
    cells: Sequence[WatchedCell] = ()
    cases: Sequence[str] = ()
    """Ids of the cases that were counted."""
    beside: Sequence[str] = ()
    """Ids of earlier proposals that ask for the same."""


class LoopPage(Protocol):
    """One loop in words. Evidence and numbers are data of another service: what they lack is left out."""

    @property
    def title(self) -> str:
        """What the loop is called; a text of the catalogues."""

    @property
    def settings(self) -> Mapping[str, str]:
        """What its settings are called, as texts of the catalogues."""

    def finding(self, finding: Data, say: Wording) -> str:
        """One finding, in sentences."""

    def evidence(self, evidence: Data, say: Wording) -> Evidence:
        """The evidence of one of its proposals."""

    def forecast(self, forecast: Data) -> str:
        """What is expected, and how sure that is."""
