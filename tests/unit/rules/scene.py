"""Two layers whose nation says what a change must pass, and proposals that go through it, decided without servers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from common.contracts.events.archive import ForecastScored
from common.contracts.events.base import Actor, Event
from common.contracts.events.deliberation import DeliberationClosed, DeliberationOpened, DeliberationTerms
from common.contracts.events.rules import (
    DecideProposal,
    Forecast,
    ProposeChange,
    ReleasePublished,
    RulesCommandRefused,
    StepRecorded,
)
from common.contracts.patch import Patch, RowChange
from common.federation.country import EPOCH, Person
from common.rulebook import NATIONAL, Release, sealed
from common.rulebook.jdm import Document, document_of, rows_of
from rules.chain import Head
from rules.domain import at_tick_begin, at_tick_end, decide
from rules.model import Incoming, Proposal, RulesDecision, RulesState, Tick
from rules.verify import broken_link

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AUTHOR = Actor(id="operator:north", role="operator", scope="north")
HEAD = Actor(id="head:north", role="regional_head", scope="north")
SOUTH = Actor(id="head:south", role="regional_head", scope="south")
CENTRE = Actor(id="centre", role="federal")
MISROUTING = Actor(id="misrouting", role="loop")
WATCHER = Actor(id="trial", role="loop")
CATEGORIES = ("lamp", "hole", "tree", "snow")
TERMS = {
    "term_days": "3", "longest_days": "6", "quorum_citizen": "1", "quorum_expert": "0", "quorum_organisation": "0",
    "quorum_region": "0", "quorum_federal": "0", "support_percent": "50", "formula": '"majority"',
    "speakers": '"citizen"', "told_at_most": "10",
}  # fmt: skip
TRIAL = {
    "table": '"deadline"', "rows": "", "unit": '"case"', "steps": '"20 50 100"', "least_outcomes": "30",
    "longest_days": "40", "holdout_percent": "5", "holdout_days": "30", "cases_beside": "0",
}  # fmt: skip


class Federation:
    """Two regions and their people, one in several roles; no names are known, so none in a table is looked at."""

    people = (
        Person(id="operator:north", role="operator", scope="north"),
        Person(id="operator:north", role="operator", scope="*"),
        Person(id="operator:north", role="regional_head", scope="north"),
        Person(id="head:north", role="regional_head", scope="north"),
        Person(id="head:south", role="regional_head", scope="south"),
        Person(id="centre", role="federal", scope="*"),
    )
    regions = authorities = categories = ()

    def region(self, region_id: str) -> str | None:
        return region_id if region_id in ("north", "south") else None


def deadline(category: str, minutes: int) -> dict[str, str]:
    return {
        "category": f'"{category}"', "priority": "", "answer_minutes": str(minutes), "extension_minutes": "60",
    }  # fmt: skip


def route(category: str, office: str) -> dict[str, str]:
    return {"category": f'"{category}"', "area": "", "authority": f'"{office}"'}


def world(*, argued: bool = False, tried: bool = True, **trial: str) -> RulesState:
    """Both layers at release 1; each category has its own row and its own office."""
    national: dict[str, Document] = {
        "deadline": document_of("deadline", [("any", {**deadline("", 480), "category": ""})])
    }
    if argued:
        rows = [("argued", {"table": "", "layer": '"overlay"', **TERMS})]
        national["deliberation"] = document_of("deliberation", rows)
    if tried:
        rows = [("deadlines", {**TRIAL, **trial}), ("routes", {**TRIAL, "table": '"jurisdiction"', **trial})]
        national["trial"] = document_of("trial", rows)
    north: dict[str, Document] = {
        "deadline": document_of("deadline", [(name, deadline(name, 240)) for name in CATEGORIES]),
        "jurisdiction": document_of("jurisdiction", [(name, route(name, f"yard-{name}")) for name in CATEGORIES]),
    }
    heads = {
        layer: sealed(Release(layer=layer, number=1, effective_at=EPOCH, tables=tables))
        for layer, tables in ((NATIONAL, national), ("north", north))
    }
    recent = {layer: (head,) for layer, head in heads.items()}
    return RulesState(Head(), Tick(NOON - HOUR, NOON), heads, {}, recent)


def change(name: str, *categories: str, minutes: int = 120, before: int = 240, **more: object) -> ProposeChange:
    """Another deadline for one category or several."""
    changes = [
        RowChange(op="set", row_id=c, before=deadline(c, before), after=deadline(c, minutes))
        for c in categories or ("lamp",)
    ]
    return proposal(name, "deadline", changes, **more)


def reroute(name: str, category: str, office: str, **more: object) -> ProposeChange:
    """Another office for a category."""
    row = RowChange(
        op="set", row_id=category, before=route(category, f"yard-{category}"), after=route(category, office)
    )
    return proposal(name, "jurisdiction", [row], **more)


def proposal(name: str, table: str, changes: Sequence[RowChange], **more: object) -> ProposeChange:
    patch = Patch(layer="north", base_number=1, table=table, changes=tuple(changes))
    given = {"actor": AUTHOR, "title": f"Change {name}", "words": "", "patch": patch, "values": ("timeliness",)}
    return ProposeChange(proposal_id=name, **{**given, **more})  # type: ignore[arg-type]


def forecast(days: int = 60) -> Forecast:
    return Forecast(measure="late", expected=5, low=1, high=9, horizon_days=days, review_at=NOON + days * DAY)


def yes(name: str, actor: Actor = HEAD) -> DecideProposal:
    return DecideProposal(actor=actor, proposal_id=name, accept=True, reason="It is nearer to what people need")


def opened(name: str) -> DeliberationOpened:
    terms = DeliberationTerms(row_id="argued", release="national:1", speakers=("citizen",))
    return DeliberationOpened(
        proposal_id=name, reference="K7", layer="north", title="", terms=terms, opened_at=NOON, until=NOON + 3 * DAY,
        latest=NOON + 6 * DAY,
    )  # fmt: skip


def closed(name: str, **more: object) -> DeliberationClosed:
    given = {"outcome": "may_be_decided", "reason": "supported", "closed_at": NOON + 3 * DAY}
    return DeliberationClosed(proposal_id=name, **{**given, **more})  # type: ignore[arg-type]


def score(name: str, verdict: str) -> ForecastScored:
    return ForecastScored(
        proposal_id=name, proposer="operator:north", measure="late", verdict=verdict,  # type: ignore[arg-type]
        since=NOON, until=NOON + 60 * DAY,
    )  # fmt: skip


class Scene:
    """The rulebook as things happen to it; `now` is between two ticks, each an hour after the one before."""

    def __init__(self, state: RulesState) -> None:
        self.state = state
        self.now = NOON + HOUR / 2
        self.chain: list[StepRecorded] = []
        self.releases: list[Release] = []
        self.given = 0

    def take(self, event: Event, principal: str = "portal") -> list[Event]:
        """What is said to it now by a person's principal, without the chain's records."""
        self.given += 1
        actor = getattr(event, "actor", None)
        principal = "reflex" if isinstance(actor, Actor) and actor.role == "loop" else principal
        return self._learn(decide(self.state, Incoming(f"id-{self.given}", self.now, event, principal), Federation()))

    def tick(self, hours: float = 1) -> list[Event]:
        """The next tick, and what is due at it."""
        assert self.state.tick is not None
        tick = Tick(self.state.tick.until, self.state.tick.until + hours * HOUR)
        self.state = replace(self.state, tick=tick)
        self.now = tick.until
        said = self._learn(at_tick_begin(self.state, tick)) + self._learn(at_tick_end(self.state, tick, Federation()))
        self.now += HOUR / 2
        return said

    def on_trial(self, *given: ProposeChange) -> None:
        """Proposed and accepted, each in turn."""
        for one in given:
            self.take(one)
            self.take(yes(one.proposal_id))

    def __getitem__(self, name: str) -> Proposal:
        return self.state.proposals[name]

    def head(self) -> Release:
        return self.state.heads["north"]

    def in_force(self, at: datetime | None = None) -> Release:
        """The release of the region that holds at a time."""
        known = [r for r in self.releases if r.layer == "north" and r.effective_at <= (at or self.now)]
        return max(known, key=lambda r: r.number)

    def shares(self, at: datetime | None = None) -> dict[str, float]:
        """Of each plan in force: which share follows it."""
        return {plan.proposal_id: plan.share for plan in self.in_force(at).trials}

    def minutes(self, category: str, at: datetime | None = None) -> str:
        """The deadline of a category in force."""
        return dict(rows_of("deadline", self.in_force(at).tables["deadline"]))[category]["answer_minutes"]

    def verifies(self) -> bool:
        """Whether the chain holds, by the program that shares no code with the rest."""
        records = [step.model_dump_json(exclude_none=True).encode() for step in self.chain]
        return broken_link(records) == (len(records), None)

    def _learn(self, decision: RulesDecision) -> list[Event]:
        self.state = decision.state
        self.releases += decision.released
        self.chain += [e.event for e in decision.events if isinstance(e.event, StepRecorded)]
        return [e.event for e in decision.events if not isinstance(e.event, StepRecorded | ReleasePublished)]


def begun(state: RulesState) -> Scene:
    """A scene that knows its first releases."""
    scene = Scene(state)
    scene.releases += state.heads.values()
    return scene


def code(said: Sequence[Event]) -> str | None:
    """Why a command was refused."""
    (refused,) = said
    assert isinstance(refused, RulesCommandRefused), refused
    return refused.code


def names(said: Sequence[Event]) -> list[str]:
    return [type(event).__name__ for event in said]
