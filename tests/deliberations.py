"""What tests of deliberation stand on: people, rules that ask for one, proposals, words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from common.contracts.events.archive import ProposalBacktested
from common.contracts.events.base import Actor
from common.contracts.events.intake import VoiceGiven
from common.contracts.events.rules import ProposalChecked
from common.contracts.patch import Patch, RowChange
from common.federation.country import EPOCH
from common.rulebook import NATIONAL, Release
from common.rulebook.book import ReleaseBook
from common.rulebook.jdm import Document, document_of
from common.rulebook.release import sealed

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEP = timedelta(hours=6)
DAY = timedelta(days=1)
TERMS = {
    "term_days": 7, "longest_days": 14, "quorum_citizen": 2, "quorum_expert": 0, "quorum_organisation": 0,
    "quorum_region": 0, "quorum_federal": 0, "support_percent": 50, "formula": '"majority"',
    "speakers": '"citizen expert region federal"', "told_at_most": 100,
}  # fmt: skip
CONSENT = {"passes": "true", "given_by": '"federal:centre"', "until": '"2026-12-31"'}


@dataclass(frozen=True)
class Person:
    id: str
    role: str
    scope: str

    @property
    def actor(self) -> Actor:
        return Actor(id=self.id, role=self.role, scope=self.scope)


CENTRE = Person("federal:centre", "federal", "*")
SECOND = Person("federal:second", "federal", "*")
NORTH, SOUTH = Person("head:north", "regional_head", "north"), Person("head:south", "regional_head", "south")
OPERATOR = Person("operator:north", "operator", "north")
EXPERT, UNION = Person("expert:roads", "expert", "*"), Person("union", "organisation", "*")


@dataclass(frozen=True)
class Country:
    people: tuple[Person, ...] = (CENTRE, SECOND, NORTH, SOUTH, OPERATOR, EXPERT, UNION)


def deliberation_table(**terms: object) -> Document:
    """One row for every table and layer."""
    cells = {name: str(value) for name, value in {**TERMS, **terms}.items()}
    return document_of("deliberation", [("any", {"table": "", "layer": "", **cells})])


def consent_table(rows: str = "[1..1]", table: str = '"jurisdiction"', **cells: str) -> Document:
    """A consent for changes of the loop `misrouting`."""
    given = {"author": '"misrouting"', "table": table, "rows": rows, **CONSENT, **cells}
    return document_of("standing_consent", [("small", given)])


def release(tables: dict[str, Any], layer: str = NATIONAL) -> Release:
    return sealed(Release(layer=layer, number=1, effective_at=EPOCH, tables=tables))


def book(*, consents: Document | None = None, **terms: object) -> ReleaseBook:
    """Rules that ask for a deliberation of every change, and may give a standing consent."""
    tables = {"deliberation": deliberation_table(**terms)}
    return ReleaseBook([release(tables if consents is None else {**tables, "standing_consent": consents})])


def patch(layer: str = "north", authority: str = "lighting", rows: int = 1) -> Patch:
    """Potholes of area 01 go to another authority."""
    before = {"category": '"pothole"', "area": '"01"', "authority": '"yard-01"'}
    changes = tuple(
        RowChange(op="set", row_id=f"p{n}", before=before, after={**before, "authority": f'"{authority}"'})
        for n in range(1, rows + 1)
    )
    return Patch(layer=layer, base_number=1, table="jurisdiction", changes=changes)


def proposal(name: str = "p", **given: Any) -> ProposalChecked:
    change = given.pop("patch", None) or patch()
    fields = {"title": f"Proposal {name}", "words": "why", "actor": "operator:north", **given}
    return ProposalChecked(proposal_id=name, patch=change, reversal=change, **fields)


def backtest(name: str = "p", at: datetime = NOON) -> ProposalBacktested:
    return ProposalBacktested(proposal_id=name, verdict="unchanged", as_of=at)


def word(citizen: str, text: str, at: datetime = NOON, *, about: str | None = "p", **given: Any) -> VoiceGiven:
    name = f"{citizen}-{text}-{at:%d%H%M%S}"
    fields = {"voice_id": name, "channel": "web", "proposal": about, **given}
    return VoiceGiven(citizen=citizen, text=text, given_at=at, **fields)
