"""A proposal's whole life as batches of records, decided on a real database; and what is left when it is cut short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope, derived_id
from common.contracts.events.archive import ProposalBacktested
from common.contracts.events.base import Event
from common.contracts.events.clock import TimePassed
from common.contracts.events.deliberation import StandingConsentRevoked, StandingConsentUsed
from common.contracts.events.rules import (
    AdoptTrial,
    EndTrial,
    PauseTrial,
    ResumeTrial,
    ReviewChange,
    RollBackTrial,
    StepRecorded,
    StepTrial,
    WithdrawProposal,
)
from common.messaging.clock import last_tick
from common.messaging.clock.tick_bounds import after
from common.rulebook import Release
from rules.handlers import RulesHandler

from tests.unit.rules import scene
from tests.unit.rules.scene import HEAD, HOUR, MISROUTING, NOON, WATCHER, change, closed, forecast, opened, yes

DAY_HOURS = 24
REVERSAL = derived_id("reversal", "p1", "1")


class Country(scene.Federation):
    """Its nation says who argues and how changes are tried."""

    name = "scene"

    def base_releases(self) -> list[Release]:
        return list(scene.world(argued=True).heads.values())


@dataclass(frozen=True)
class Phase:
    """What comes in one batch, half an hour before the tick that ends it; `hours` from the tick before."""

    name: str
    events: Sequence[Event]
    hours: int = 1


def used(name: str) -> StandingConsentUsed:
    return StandingConsentUsed(
        proposal_id=name, layer="national", consent="small", release="national:1", given_by="centre",
        until="2027-01-01", used_at=NOON,
    )  # fmt: skip


REVOKED = StandingConsentRevoked(layer="national", consent="small", actor="centre", reason="too wide", revoked_at=NOON)
LIFE = (
    Phase("checked", [change("p1", forecast=forecast()), change("p2", "lamp", "hole", minutes=90)]),
    Phase("backtested", [ProposalBacktested(proposal_id="p1", verdict="too_little_known", as_of=NOON)]),
    Phase("in_deliberation", [opened("p1")]),
    Phase("to_be_decided", [closed("p1")]),
    Phase("on_trial", [yes("p1")]),
    Phase("waits", [used("p2")]),
    Phase("revoked", [REVOKED]),
    Phase("stepped", [StepTrial(actor=WATCHER, proposal_id="p1")]),
    Phase("paused", [PauseTrial(actor=HEAD, proposal_id="p1", reason="a strike")]),
    Phase("resumed", [ResumeTrial(actor=HEAD, proposal_id="p1", reason="it is over")]),
    Phase("adopted", [AdoptTrial(actor=WATCHER, proposal_id="p1", reason="gain")]),
    Phase("lapsed", [change("p3", "tree", actor=MISROUTING), closed("p3", outcome="lapsed", reason="quorum_not_met")]),
    Phase("tried_again", [change("p4", "hole"), closed("p4"), yes("p4")]),
    Phase("holdout_over", [], 31 * DAY_HOURS),
    Phase("rolled_back", [RollBackTrial(actor=WATCHER, proposal_id="p4", guard="overdue", reason="harm")]),
    Phase("review_due", [scene.score("p1", "below")], 60 * DAY_HOURS),
    Phase("reversal", [ReviewChange(actor=HEAD, proposal_id="p1", keep=False, reason="it promised more")]),
    Phase("reversal_on_trial", [closed(REVERSAL), yes(REVERSAL)]),
    Phase("waits_behind_it", [change("p5", minutes=60, before=120), closed("p5"), yes("p5")]),
    Phase("withdrawn", [WithdrawProposal(actor=HEAD, proposal_id="p5", reason="the reversal is enough")]),
    Phase("reversal_adopted", [AdoptTrial(actor=HEAD, proposal_id=REVERSAL, reason="it helps")]),
    Phase("reversal_rolled_back", [RollBackTrial(actor=HEAD, proposal_id=REVERSAL, reason="it does not")]),
    Phase("narrower_on_trial", [change("p6", "tree"), closed("p6"), yes("p6")]),
    Phase("taken_up", [change("p7", "tree", "hole"), closed("p7"), yes("p7")]),
    Phase("given_back", [EndTrial(actor=WATCHER, proposal_id="p7", reason="neither gain nor harm")]),
)
PHASES = [phase.name for phase in LIFE]


def batches() -> list[list[Delivery]]:
    """Each phase with its tick."""
    found, now = [], NOON
    for number, phase in enumerate(LIFE):
        until = now + phase.hours * HOUR
        given = [delivery(e, until - HOUR / 2, f"{number:02}-{n}") for n, e in enumerate(phase.events)]
        found.append([*given, delivery(TimePassed(since=now, until=until), until, f"{number:02}-tick")])
        now = until
    return found


def delivery(event: Event, at: object, name: str) -> Delivery:
    about = str(getattr(event, "proposal_id", "clock"))
    envelope = Envelope(name, "test", event.type, at, about, about)  # type: ignore[arg-type]
    return Delivery(envelope, event, "topic", 0, 0, about, event.wire())


def handler() -> RulesHandler:
    """As after a start: it knows nothing but the database."""
    return RulesHandler(Country(), _signer)  # type: ignore[arg-type]


def _signer(one: Delivery) -> str:
    actor = getattr(one.event, "actor", None)
    return "reflex" if actor in (MISROUTING, WATCHER) else "portal"


async def live(db: asyncpg.Connection, killed_in: str | None = None) -> list[Emit]:
    """What is said in a whole life, in a transaction that is taken back. In one phase the service is killed before its
    transaction is committed, and started anew."""
    whole = db.transaction()
    await whole.start()
    try:
        said = await handler().startup(db)
        for phase, batch in zip(LIFE, batches(), strict=True):
            if phase.name == killed_in:
                lost = db.transaction()
                await lost.start()
                assert await handle(db, batch)
                await lost.rollback()
            said += await handle(db, batch)
        return said
    finally:
        await whole.rollback()


async def handle(db: asyncpg.Connection, batch: Sequence[Delivery], service: RulesHandler | None = None) -> list[Emit]:
    last = await last_tick.latest(db)
    for one in batch:
        if isinstance(one.event, TimePassed):
            last = after(one.event, last)
    assert last is not None
    await last_tick.save(db, last)
    return await (service or handler()).handle(batch, db)


def chain_of(said: Sequence[Emit]) -> list[bytes]:
    return [one.event.wire() for one in said if isinstance(one.event, StepRecorded)]
