"""A loop over a small rulebook, and cases that come to it one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from common.contracts.events.rules import ProposeChange
from common.rulebook.book import ReleaseBook
from common.rulebook.jdm import Cells, document_of
from common.rulebook.patch import apply_patch
from common.rulebook.release import NATIONAL, Release
from common.rulebook.trial import NO_UNIT
from reflex.facts import CaseJoined, CaseOpened, CaseTransferred, ProposalAdopted, ProposalRejected
from reflex.loops.misrouting.loop import MisroutingLoop
from reflex.loops.misrouting.patching import Patcher
from reflex.loops.misrouting.settings import InForce, Settings

START = datetime(2011, 7, 1, tzinfo=UTC)
REGION_OF = {"01": "north", "02": "north", "03": "south", "04": "south"}


def row(category: str, authority: str, area: str = "") -> tuple[str, Cells]:
    """A row of the jurisdiction table."""
    cells = {"category": json.dumps(category), "authority": json.dumps(authority)}
    return f"{category}@{area or 'all'}", {**cells, "area": json.dumps(area) if area else ""}


@dataclass
class Land:
    """A rulebook of two regions and its loop; `said` is all that the loop has said, with the time."""

    national: Sequence[tuple[str, Cells]] = (row("pothole", "yard"),)
    north: Sequence[tuple[str, Cells]] = ()
    settings: Settings = field(default_factory=Settings)
    backgrounds: Mapping[str, float] = field(default_factory=dict)
    everywhere: bool = True
    region_of: Mapping[str, str] = field(default_factory=lambda: REGION_OF)
    """By area."""
    book: ReleaseBook = field(default_factory=ReleaseBook)
    said: list[tuple[datetime, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for layer, rows in ((NATIONAL, self.national), ("north", self.north), ("south", ())):
            tables = {"jurisdiction": document_of("jurisdiction", list(rows))} if rows else {}
            self.book.add(Release(layer=layer, number=1, effective_at=START, tables=tables))
        self.loop = self.fresh()
        self.numbers = 0

    def fresh(self) -> MisroutingLoop:
        """Another loop over the same rulebook, as after a restart."""
        rules = InForce(self.settings, self.backgrounds.get)
        return MisroutingLoop(
            lambda now: rules, lambda region, at: (at + timedelta(days=3), at + timedelta(days=31)),
            Patcher(self.book), self.region_of, lambda authority: self.everywhere,
        )  # fmt: skip

    def authority(self, category: str, area: str, at: datetime) -> str:
        decision = self.book.in_force(self.region_of[area], at).decide(
            "jurisdiction", {"category": category, "area": area}, NO_UNIT
        )
        assert decision is not None
        return str(decision.outputs["authority"])

    def open(self, at: datetime, area: str, category: str = "pothole", **more: Any) -> str:
        """A case, given to whom the rules name; it counts three days later, and may be corrected for four weeks."""
        self.numbers += 1
        case_id = f"case-{self.numbers:05}"
        fact = CaseOpened(
            id=case_id, at=at, case_id=case_id, region=self.region_of[area], area=area, channel="web", priority=1,
            authority=self.authority(category, area, at), category=category, received_at=at,
            due_at=at + timedelta(days=30),
        )  # fmt: skip
        self.loop.observe(fact.model_copy(update=more))
        return case_id

    def transfer(self, case_id: str, to: str, at: datetime, **more: Any) -> None:
        fact = CaseTransferred(
            id=f"{case_id}>{to}", at=at, case_id=case_id, region="north", authority=to, from_authority="", **more
        )
        self.loop.observe(fact)

    def join(self, case_id: str, at: datetime) -> None:
        fact = CaseJoined(id=f"{case_id}+", at=at, case_id=case_id, region="north", authority="yard", into_case="other")
        self.loop.observe(fact)

    def tick(self, now: datetime) -> list[Any]:
        found = list(self.loop.on_tick(now))
        self.said += [(now, one) for one in found]
        return found

    def run(
        self, ends: Iterable[str], *, area: str = "01", category: str = "pothole", start: datetime = START,
        step: timedelta = timedelta(days=1),
    ) -> datetime:  # fmt: skip
        """A case each `step`, which ends where `ends` says, then a tick; returns when the next would come."""
        now = start
        for end in ends:
            case_id = self.open(now, area, category)
            if end != self.authority(category, area, now):
                self.transfer(case_id, end, now + timedelta(hours=1))
            now += step
            self.tick(now)
        return now

    def settle(self, now: datetime) -> datetime:
        """Tick until every case has counted."""
        later = now + timedelta(days=4)
        self.tick(later)
        return later

    def proposals(self) -> list[ProposeChange]:
        return [one for _, one in self.said if isinstance(one, ProposeChange)]

    def adopt(self, proposal: ProposeChange, now: datetime, after: timedelta = timedelta(hours=6)) -> datetime:
        """Publish the next release as rules would, and tell the loop; returns when it binds."""
        effective, layer = now + after, proposal.patch.layer
        head = self.book.head(layer)
        assert head is not None
        tables = apply_patch(head.tables, proposal.patch)
        self.book.add(Release(layer=layer, number=head.number + 1, effective_at=effective, tables=tables))
        self.loop.observe(
            ProposalAdopted(id="adopted", at=now, proposal_id=proposal.proposal_id, effective_at=effective)
        )
        return effective

    def reject(self, proposal: ProposeChange, now: datetime) -> None:
        self.loop.observe(ProposalRejected(id="rejected", at=now, proposal_id=proposal.proposal_id))


def saved(loop: MisroutingLoop, rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Rows after the loop's changes, as the database would hold them."""
    for key, body in loop.changed().items():
        if body is None:
            rows.pop(key, None)
        else:
            rows[key] = orjson.loads(orjson.dumps(body))
    return rows
