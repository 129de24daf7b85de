"""Cases with times to answer, for the loop deadline. Every minute of the clock is a working minute."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from common.contracts.events.reflex.observations import FindingMade
from common.contracts.events.rules import ProposeChange
from common.rulebook.book import ReleaseBook
from common.rulebook.jdm import Cells, document_of
from common.rulebook.patch import apply_patch
from common.rulebook.release import NATIONAL, Release
from common.rulebook.trial import NO_UNIT
from reflex.facts import CaseAnswered, CaseFact, CaseOpened, CaseReopened, ProposalAdopted
from reflex.loops.deadline.loop import DeadlineLoop
from reflex.loops.deadline.rows import DeadlineRows
from reflex.loops.deadline.settings import Settings

START = datetime(2011, 7, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LIMIT = 2_000


def row(category: str | None, minutes: int, priority: str = "") -> tuple[str, Cells]:
    """A row of the deadline table."""
    given = "" if category is None else json.dumps(category)
    cells = {"category": given, "priority": priority, "answer_minutes": str(minutes), "extension_minutes": "480"}
    return category or "any", cells


@dataclass
class Limits:
    """A rulebook with limits and its loop; `said` is all that the loop has said, with the time."""

    national: Sequence[tuple[str, Cells]] = (row("pothole", LIMIT), row(None, 10_080))
    north: Sequence[tuple[str, Cells]] = ()
    settings: Settings = field(default_factory=Settings)
    book: ReleaseBook = field(default_factory=ReleaseBook)
    said: list[tuple[datetime, Any]] = field(default_factory=list)
    now: datetime = START
    numbers: int = 0

    def __post_init__(self) -> None:
        for layer, rows in ((NATIONAL, self.national), ("north", self.north)):
            tables = {"deadline": document_of("deadline", list(rows))} if rows else {}
            self.book.add(Release(layer=layer, number=1, effective_at=START, tables=tables))
        self.loop = self.fresh()
        self._coming: list[CaseFact] = []

    def fresh(self) -> DeadlineLoop:
        """Another loop over the same rulebook, as after a restart."""
        return DeadlineLoop(
            lambda now: self.settings, DeadlineRows(self.book), lambda region, at: int((at - START) / MINUTE),
            lambda layer, at, minutes: at + minutes * MINUTE,
        )  # fmt: skip

    def limit(self, category: str = "pothole", priority: int = 1) -> int:
        decision = self.book.in_force("north", self.now).decide(
            "deadline", {"category": category, "priority": priority}, NO_UNIT
        )
        assert decision is not None
        return int(decision.outputs["answer_minutes"])

    def open(
        self, at: datetime, minutes: float | None, *, category: str = "pothole", reopened: datetime | None = None,
        **more: Any,
    ) -> str:  # fmt: skip
        """A case received at a time that has come, answered so many minutes later; None: it stays open."""
        self.numbers += 1
        name = f"case-{self.numbers:05}"
        about = {"case_id": name, "region": "north", "authority": more.pop("authority", "yard")}
        priority = more.get("priority", 1)
        given = {
            "category": category, "area": "01", "channel": "web", "priority": priority, "received_at": at,
            "due_at": at + self.limit(category, priority) * MINUTE,
        }  # fmt: skip
        self.later(CaseOpened.model_validate({"id": f"{name}:0", "at": at, **about, **given, **more}))
        if minutes is not None:
            self.later(
                CaseAnswered(
                    id=f"{name}:1", at=at + minutes * MINUTE, worked_minutes=None if reopened else int(minutes), **about
                )
            )
        if reopened is not None:
            self.later(CaseReopened(id=f"{name}:2", at=reopened, **about))
        return name

    def later(self, fact: CaseFact) -> None:
        """A fact that the loop gets when its time has come."""
        self._coming.append(fact)

    def until(self, end: datetime) -> list[Any]:
        """A tick every six hours up to `end`, each with the facts before it."""
        said = []
        while self.now < end:
            self.now += 6 * HOUR
            due = sorted((f for f in self._coming if f.at < self.now), key=lambda f: (f.at, f.id))
            self._coming = [f for f in self._coming if f.at >= self.now]
            for fact in due:
                self.loop.observe(fact)
            said += [(self.now, one) for one in self.loop.on_tick(self.now)]
        self.said += said
        return [one for _, one in said]

    def live(self, days: int, times: Sequence[float | None], **more: Any) -> None:
        """Days of cases, one for each of `times` a day, in hours of the morning."""
        for _ in range(days):
            begins = self.now
            for n, minutes in enumerate(times):
                self.open(begins + n * HOUR, minutes, **more)
            self.until(begins + DAY)

    def proposals(self) -> list[ProposeChange]:
        return [one for _, one in self.said if isinstance(one, ProposeChange)]

    def findings(self, kind: str) -> list[FindingMade]:
        return [one for _, one in self.said if isinstance(one, FindingMade) and one.kind == kind]

    def adopt(self, proposal: ProposeChange) -> None:
        """Publish the next release as rules would, and tell the loop; it binds at the next tick."""
        effective, layer = self.now + 6 * HOUR, proposal.patch.layer
        head = self.book.head(layer)
        assert head is not None
        tables = apply_patch(head.tables, proposal.patch)
        self.book.add(Release(layer=layer, number=head.number + 1, effective_at=effective, tables=tables))
        self.loop.observe(
            ProposalAdopted(id="adopted", at=self.now, proposal_id=proposal.proposal_id, effective_at=effective)
        )


def saved(loop: DeadlineLoop, rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Rows after the loop's changes, as the database would hold them."""
    for key, body in loop.changed().items():
        if body is None:
            rows.pop(key, None)
        else:
            rows[key] = orjson.loads(orjson.dumps(body))
    return rows
