"""Commands on the rulebook: load, decide, save, record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope, derived_id
from common.contracts.events.base import Actor, Command, Event
from common.contracts.events.clock import TimeCorrected, TimePassed
from common.contracts.events.rules import (
    DecideProposal,
    ProposalAccepted,
    ProposalAdopted,
    ProposalChecked,
    ProposalRefused,
    ProposalRejected,
    ProposalReturned,
    ProposalWithdrawn,
    ProposeChange,
    ReleasePublished,
    RulesCommandRefused,
    WithdrawProposal,
)
from common.contracts.rights import denial
from common.contracts.signing import SignatureRefused
from common.federation.country import EPOCH, Federation
from common.messaging.clock import last_tick
from common.rulebook import NATIONAL, Release

from rules import store, waiting
from rules.chain import Head, link
from rules.domain import Fit, Tick, Unfit, boundary_after, examine, next_release, sooner
from rules.store import Proposal

RulesCommand = ProposeChange | DecideProposal | WithdrawProposal


def not_entitled(
    federation: Federation, principal: str, actor: Actor, command: type[Command], layer: str
) -> str | None:
    """Why `actor` may not give this command on `layer`, or None."""
    if (actor.role == "loop") != (principal == "reflex"):
        return f"principal {principal!r} may not act in role {actor.role!r}"
    if layer != NATIONAL and federation.region(layer) is None:
        return f"there is no layer {layer!r} in this federation"
    if layer == NATIONAL and actor.role not in ("federal", "loop"):
        return "the national layer is the federal centre's"
    return denial(federation, actor, command, region=layer)


def plain(event: Event) -> dict[str, Any]:
    """The event as JSON without absent fields: what a step of the chain holds."""
    return event.model_dump(mode="json", exclude_none=True)


class _Batch:
    """The state of one transaction, and what it says."""

    def __init__(
        self, head: Head, tick: Tick | None, heads: dict[str, Release], proposals: dict[str, Proposal]
    ) -> None:
        self.head, self.tick, self.heads, self.proposals = head, tick, heads, proposals
        self.touched: dict[str, Proposal] = {}
        self.released: list[Release] = []
        self.emits: list[Emit] = []

    def say(self, cause: Envelope, event: Event, proposal_id: str, now: datetime) -> None:
        self.emits.append(Emit("rules.proposals", proposal_id, event, cause, now))
        self.record(cause, event.type.split(".v")[0], proposal_id, plain(event), now)

    def record(self, cause: Envelope, step: str, proposal_id: str | None, body: dict[str, Any], now: datetime) -> None:
        recorded = link(self.head, step, proposal_id, now, body)
        self.head = Head(recorded.number, recorded.hash)
        self.emits.append(Emit("rules.lifecycle", "chain", recorded, cause, now))

    def publish(self, cause: Envelope, release: Release, proposal_id: str | None, now: datetime) -> None:
        event = ReleasePublished(**release.model_dump(), proposal_id=proposal_id)
        self.emits.append(Emit("rules.releases", f"{release.layer}:{release.number}", event, cause, now))
        # The tables stand in the release; the chain needs only its hash, which covers them.
        body = {k: v for k, v in plain(event).items() if k != "tables"}
        self.record(cause, "rules.release.published", proposal_id, body, now)
        self.heads[release.layer] = release
        self.released.append(release)

    def keep(self, proposal: Proposal) -> None:
        self.proposals[proposal.id] = self.touched[proposal.id] = proposal


class RulesHandler:
    """Everything is serial under the lock on the chain's head: proposals are few, order is what matters."""

    types: frozenset[type[Event]] = frozenset(
        {ProposeChange, DecideProposal, WithdrawProposal, TimePassed, TimeCorrected}
    )

    def __init__(self, federation: Federation, check: Callable[[Delivery], str]) -> None:
        self._federation = federation
        self._check = check

    async def startup(self, db: asyncpg.Connection) -> list[Emit]:
        """Publish the base releases that this database has never published."""
        head = await store.lock_head(db)
        held = await store.heads(db)
        batch = _Batch(head, None, held, {})
        for release in self._federation.base_releases():
            if release.layer in held:
                continue
            name = derived_id("base-release", self._federation.name, release.layer)
            cause = Envelope(name, "rules", "rules.base", EPOCH, release.layer, correlation_id=name)
            batch.publish(cause, release, None, EPOCH)
        await self._save(db, batch)
        return batch.emits

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        head = await store.lock_head(db)
        last = await last_tick.latest(db)
        tick = None if last is None else Tick(last.since, last.until)
        ids = [d.event.proposal_id for d in batch if isinstance(d.event, RulesCommand)]
        state = _Batch(head, tick, await store.heads(db), await store.proposals(db, ids) if ids else {})
        for delivery in batch:
            event = delivery.event
            if isinstance(event, TimePassed):
                await self._judge_waiting(db, state, event.until)
            elif isinstance(event, TimeCorrected):
                self._take_back(state, delivery.envelope)
            elif isinstance(event, ProposeChange | DecideProposal | WithdrawProposal):
                await self._receive(db, state, delivery, event)
        await self._save(db, state)
        return state.emits

    async def _save(self, db: asyncpg.Connection, batch: _Batch) -> None:
        if batch.released:
            await store.add_releases(db, batch.released)
        if batch.touched:
            await store.save_proposals(db, batch.touched.values())
        await store.save_head(db, batch.head)

    async def _receive(self, db: asyncpg.Connection, batch: _Batch, delivery: Delivery, event: RulesCommand) -> None:
        """People are answered at once; a loop's proposal waits for the tick."""
        try:
            principal = self._check(delivery)
        except SignatureRefused as refused:
            self._refuse(batch, delivery.envelope, event, str(refused))
            return
        if isinstance(event, ProposeChange) and event.actor.role == "loop":
            await waiting.keep(db, delivery, event, principal)
        elif isinstance(event, WithdrawProposal) and (one := await waiting.drop(db, event)) is not None:
            proposal = Proposal(event.proposal_id, "withdrawn", event.actor.id, one.patch)
            self._close(batch, delivery.envelope, proposal, "withdrawn", ProposalWithdrawn(
                proposal_id=proposal.id, actor=event.actor.id, reason=event.reason))  # fmt: skip
        else:
            await self._carry_out(batch, principal, delivery.envelope, event)

    def _take_back(self, batch: _Batch, cause: Envelope) -> None:
        """Ticks end at the right time again. A release that was to take effect at a wrong boundary is published again,
        as a new one that takes effect at the next right one."""
        boundary = boundary_after(cause.time, batch.tick)
        for head in list(batch.heads.values()):
            if head.effective_at > boundary:
                batch.publish(cause, sooner(head, boundary), None, cause.time)

    async def _judge_waiting(self, db: asyncpg.Connection, batch: _Batch, until: datetime) -> None:
        found = await waiting.take(db, until)
        unknown = {w.event.proposal_id for w in found} - set(batch.proposals)
        batch.proposals |= await store.proposals(db, unknown) if unknown else {}
        for one in found:
            await self._carry_out(batch, one.principal, one.envelope, one.event)

    async def _carry_out(self, batch: _Batch, principal: str, cause: Envelope, event: RulesCommand) -> None:
        refusal = await self._command(batch, principal, cause, event)
        if refusal is not None:
            self._refuse(batch, cause, event, refusal)

    def _refuse(self, batch: _Batch, e: Envelope, event: RulesCommand, reason: str) -> None:
        refused = RulesCommandRefused(
            proposal_id=event.proposal_id, command=event.type, command_id=e.id, actor=event.actor.id, reason=reason
        )
        batch.say(e, refused, event.proposal_id, e.time)

    async def _command(self, batch: _Batch, principal: str, cause: Envelope, event: RulesCommand) -> str | None:
        """Do the command; the reason when it is refused."""
        known = batch.proposals.get(event.proposal_id)
        if isinstance(event, ProposeChange):
            if known is not None:
                return f"proposal {event.proposal_id} is there already, {known.state}; give a new one its own id"
            layer = event.patch.layer
        elif known is None:
            return f"there is no proposal {event.proposal_id}"
        elif known.state != "checked":
            return f"proposal {event.proposal_id} is {known.state}: nothing is left to decide"
        else:
            layer = known.patch.layer
        reason = not_entitled(self._federation, principal, event.actor, type(event), layer)
        if reason is not None:
            return reason
        if isinstance(event, ProposeChange):
            await self._propose(batch, cause, event)
        elif known is not None and isinstance(event, DecideProposal):
            await self._decide(batch, cause, event, known)
        elif known is not None:
            if event.actor.id != known.author:
                return f"only its author {known.author!r} may withdraw proposal {known.id}"
            self._close(batch, cause, known, "withdrawn", ProposalWithdrawn(
                proposal_id=known.id, actor=event.actor.id, reason=event.reason))  # fmt: skip
        return None

    def _close(self, batch: _Batch, cause: Envelope, proposal: Proposal, state: str, event: Event) -> None:
        proposal.state = state
        batch.keep(proposal)
        batch.say(cause, event, proposal.id, cause.time)

    async def _propose(self, batch: _Batch, cause: Envelope, event: ProposeChange) -> None:
        proposal = Proposal(event.proposal_id, "checked", event.actor.id, event.patch)
        found = await asyncio.to_thread(examine, event.patch, dict(batch.heads))
        if isinstance(found, Unfit):
            self._close(batch, cause, proposal, "refused", ProposalRefused(
                proposal_id=proposal.id, title=event.title, actor=event.actor.id, reason=found.reason, rows=found.rows,
            ))  # fmt: skip
            return
        said = event.model_dump(include=set(ProposalChecked.model_fields) - {"actor"})
        checked = ProposalChecked(
            **said, reversal=found.reversal.model_dump(), actor=event.actor.id, findings=found.findings
        )
        self._close(batch, cause, proposal, "checked", checked)

    async def _decide(self, batch: _Batch, cause: Envelope, event: DecideProposal, proposal: Proposal) -> None:
        actor, now = event.actor.id, cause.time
        if not event.accept:
            self._close(batch, cause, proposal, "rejected", ProposalRejected(
                proposal_id=proposal.id, actor=actor, reason=event.reason))  # fmt: skip
            return
        head = batch.heads[proposal.patch.layer]
        found = await asyncio.to_thread(examine, proposal.patch, dict(batch.heads))
        if not isinstance(found, Fit):
            why = "; ".join((found.reason, *found.rows[:5]))
            self._close(batch, cause, proposal, "returned", ProposalReturned(proposal_id=proposal.id, reason=why))
            return
        release = next_release(head, found.tables, boundary_after(now, batch.tick))
        batch.say(cause, ProposalAccepted(proposal_id=proposal.id, actor=actor, reason=event.reason), proposal.id, now)
        batch.publish(cause, release, proposal.id, now)
        self._close(batch, cause, proposal, "adopted", ProposalAdopted(
            proposal_id=proposal.id, layer=release.layer, number=release.number, effective_at=release.effective_at,
        ))  # fmt: skip
