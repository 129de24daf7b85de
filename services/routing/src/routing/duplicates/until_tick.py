"""Facts about cases wait for the tick and are applied in order of (time, id), whichever topic was read first; what an
official or the citizen says of a suggestion is decided at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

import asyncpg
import orjson
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope
from common.contracts.events.base import Event
from common.contracts.events.clock import RECORDS_AHEAD
from common.contracts.events.intake import SupportGiven
from common.contracts.events.region import (
    CaseConfirmed,
    CaseDeclined,
    CaseEvent,
    CaseJoined,
    CaseTransferred,
    CaseWithdrawn,
)
from common.contracts.events.routing import CaseAssigned, JoinForwarded, RefuseDuplicate, RoutingCommandRefused
from common.contracts.refusals import Reason, coded
from common.contracts.rights import denial
from common.messaging.clock import tick_buffer
from common.messaging.clock.tick_buffer import Buffered, buffered
from common.rulebook.tables import LONGEST_DUPLICATE_WINDOW_HOURS

from routing import warning_store
from routing.assignment import assignments
from routing.duplicates import store
from routing.duplicates.domain import Said, follow, parents_of, refused, rule_for, said_by_citizen
from routing.duplicates.likeness import words_of
from routing.duplicates.model import CaseGone, CasePlaced, Fact, KnownCase
from routing.model import TRIAGE, RoutingContext

GONE: tuple[type[CaseEvent], ...] = (CaseJoined, CaseDeclined, CaseWithdrawn, CaseConfirmed, CaseTransferred)
REMEMBERED = timedelta(hours=LONGEST_DUPLICATE_WINDOW_HOURS)


def placed(event: Event, delivery: Delivery, at: datetime) -> Buffered | None:
    """A case that this delivery gave to a region, as it waits: without text; None for another event, a case without a
    point, and one that is handed over."""
    if not isinstance(event, CaseAssigned) or event.handed_over_from is not None:
        return None
    lat, lon = event.place.lat, event.place.lon
    if lat is None or lon is None:
        return None
    body = {
        "placed": {
            "case_id": event.case_id, "region": event.region, "category": event.category, "citizen": event.citizen,
            "lat": lat, "lon": lon, "at": at.isoformat(), "correlation_id": delivery.envelope.correlation_id,
            "words": words_of(event.text), "siblings": event.part_of.parts if event.part_of is not None else (),
        }
    }  # fmt: skip
    return buffered(delivery, key=event.case_id, body=orjson.dumps(body))


def gone(delivery: Delivery) -> Buffered | None:
    """What a region says of a case that is no longer one to join, as it waits; None for anything else."""
    event = delivery.event
    if not isinstance(event, GONE):
        return None
    to_region = event.to_region if isinstance(event, CaseTransferred) else None
    if isinstance(event, CaseTransferred) and to_region is None:
        return None
    body = {
        "gone": {
            "case_id": event.case_id, "into_case": event.into_case if isinstance(event, CaseJoined) else None,
            "to_region": to_region, "actor": event.actor,
        }
    }  # fmt: skip
    return buffered(delivery, body=orjson.dumps(body))


async def apply(db: asyncpg.Connection, context: RoutingContext, cause: Envelope, until: datetime) -> list[Emit]:
    """What a tick brings: all that waits for it. Raises ReleaseMissing."""
    facts = [fact_of(one) for one in await tick_buffer.take(db, until)]
    if not facts:
        return []
    new: list[tuple[KnownCase, float, timedelta]] = []
    warnings = await warning_store.load(db, with_cases=True)
    named = {fact.case.case_id if isinstance(fact, CasePlaced) else fact.case_id for fact in facts}
    for fact in facts:
        decision = rule_for(fact.case, context.rulebook) if isinstance(fact, CasePlaced) else None
        if isinstance(fact, CasePlaced) and decision is not None:
            window = timedelta(hours=float(decision.outputs["window_hours"]))
            new.append((fact.case, float(decision.outputs["radius_metres"]), window))
        if isinstance(fact, CasePlaced):
            named |= {parent for _warning, parent in parents_of(fact.case, warnings)}
    found = follow(facts, await store.near(db, new, named), context.rulebook, warnings)
    await store.save(db, found.changed.values(), found.forgotten)
    await store.forget_before(db, until - REMEMBERED)
    await warning_store.forget_before(db, until, RECORDS_AHEAD)
    return [_emit(said, cause, until) for said in found.said]


async def decide(
    db: asyncpg.Connection, context: RoutingContext, orders: Sequence[tuple[Delivery, str | None]]
) -> list[Emit]:
    """People's words that cases are not about the same thing, each with why it may not even be considered."""
    if not orders:
        return []
    cases = await store.load(db, {cast("RefuseDuplicate", d.event).case_id for d, _ in orders})
    changed: dict[str, KnownCase] = {}
    emits: list[Emit] = []
    for delivery, unproven in orders:
        order = cast("RefuseDuplicate", delivery.event)
        case = cases.get(order.case_id)
        reason = unproven or _refusal(order, case, context)
        if reason is not None or case is None:
            event = RoutingCommandRefused(
                case_id=order.case_id, command=order.type, command_id=delivery.envelope.id,
                **coded(reason or "unknown case"),
            )  # fmt: skip
            emits.append(Emit(TRIAGE, order.case_id, event, delivery.envelope, delivery.envelope.time))
            continue
        case, said = refused(case, order.actor.id)
        cases[case.case_id] = changed[case.case_id] = case
        emits.append(_emit(said, delivery.envelope, delivery.envelope.time))
    await store.save(db, changed.values())
    return emits


async def hear_citizens(
    db: asyncpg.Connection, said: Sequence[tuple[Delivery, str | None]]
) -> list[Emit]:  # fmt: skip
    """Citizens' words on what was suggested, each with the region that has the case: a yes goes on to it."""
    if not said:
        return []
    words = [(cast("SupportGiven", delivery.event), delivery.envelope, region) for delivery, region in said]
    cases = await store.load(db, {name for word, _, _ in words for name in (word.case_id, word.other_case)})
    changed: dict[str, KnownCase] = {}
    emits: list[Emit] = []
    for word, cause, region in words:
        case, other = cases.get(word.case_id), cases.get(word.other_case)
        reason = _unasked(word, case)
        if reason is not None or case is None or region is None:
            event = RoutingCommandRefused(
                case_id=word.case_id, command=word.type, command_id=cause.id, **coded(reason or "unknown case")
            )
            emits.append(Emit(TRIAGE, word.case_id, event, cause, cause.time))
            continue
        case, decided = said_by_citizen(case, word.citizen, same=word.supports)
        cases[case.case_id] = changed[case.case_id] = case
        emits.append(_emit(decided, cause, cause.time))
        if word.supports:
            into = other.into_case if other is not None and other.into_case is not None else word.other_case
            join = JoinForwarded(
                case_id=word.case_id, into_case=into, citizen=word.citizen, given_at=word.given_at,
                synthetic=word.synthetic,
            )  # fmt: skip
            emits.append(Emit(assignments(region), word.case_id, join, cause, cause.time))
    await store.save(db, changed.values())
    return emits


def _unasked(word: SupportGiven, case: KnownCase | None) -> str | None:
    if case is None or case.suggested != word.other_case:
        return Reason("not_suggested", f"{word.other_case!r} was not suggested for case {word.case_id}")
    if case.decided:
        return Reason("suggestion_settled", f"it is decided already whether {word.case_id} is a duplicate")
    return None


def _refusal(order: RefuseDuplicate, case: KnownCase | None, context: RoutingContext) -> str | None:
    region = case.region if case is not None else order.actor.scope
    no = denial(context.country, order.actor, RefuseDuplicate, region=region)
    if no is not None:
        return no
    if case is None or case.suggested != order.other_case:
        return Reason("not_suggested", f"{order.other_case!r} was not suggested for case {order.case_id}")
    if case.decided:
        return Reason("suggestion_settled", f"it is decided already whether {order.case_id} is a duplicate")
    return None


def fact_of(one: Buffered) -> Fact:
    """What one that waited says."""
    body = orjson.loads(one.body)
    if "gone" in body:
        return CaseGone(**body["gone"])
    given = body["placed"]
    at, words, siblings = datetime.fromisoformat(given["at"]), tuple(given["words"]), tuple(given.get("siblings", ()))
    return CasePlaced(KnownCase(**{**given, "at": at, "words": words, "siblings": siblings}))


def _emit(said: Said, cause: Envelope, time: datetime) -> Emit:
    return Emit(
        TRIAGE, said.event.case_id, said.event, cause, time, release=said.release, correlation_id=said.correlation_id
    )
