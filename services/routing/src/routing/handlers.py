"""Load the batch's routes, decide each record in order, save, and say where each message goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope
from common.contracts.events.base import Event, Place
from common.contracts.events.intake import MessageAdded, MessageRegistered, VerdictGiven
from common.contracts.events.region import CaseTransferred
from common.contracts.events.routing import (
    AnswerTriage,
    CaseAssigned,
    DeclineTriage,
    MessageForwarded,
    RoutingCommandRefused,
    TriageAnswered,
    TriageDeclined,
    TriageRequested,
    VerdictForwarded,
)
from common.contracts.mandates import Mandates
from common.contracts.rights import denial
from common.contracts.signing import SignatureRefused, Verifier
from common.federation.country import Federation
from common.messaging.failures import Forged, TransientError
from common.messaging.release_cache import Releases
from common.rulebook.errors import ReleaseMissing
from common.rulebook.layers import Rulebook

from routing import store
from routing.domain import BY_HAND, Placed, RoutingEvent, Unplaced, Where, layer_for, place
from routing.store import Held, Route

TRIAGE = "routing.triage"


class RoutingHandler:
    """Everything routing does about a batch."""

    types: frozenset[type[Event]] = frozenset(
        {MessageRegistered, MessageAdded, VerdictGiven, AnswerTriage, DeclineTriage, CaseTransferred}
    )

    def __init__(
        self, federation: Federation, releases: Releases, verifier: Verifier, mandates: Mandates | None
    ) -> None:
        self._mandates = mandates
        self._federation = federation
        self._releases = releases
        self._verifier = verifier

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        routes = await store.load(db, {_case_id(d) for d in batch})
        before = dict(routes)
        held: list[Held] = []
        emits: list[Emit] = []
        for delivery in batch:
            emits += await self._decide(delivery, routes, held, db)
        await store.save(db, [r for case_id, r in routes.items() if before.get(case_id) is not r])
        await store.hold(db, held)
        return emits

    async def _decide(
        self, delivery: Delivery, routes: dict[str, Route], held: list[Held], db: asyncpg.Connection
    ) -> list[Emit]:
        event, cause = delivery.event, delivery.envelope
        if isinstance(event, MessageRegistered):
            return self._register(event, cause, routes)
        if isinstance(event, MessageAdded | VerdictGiven):
            route = routes.get(event.case_id)
            body = event.model_dump_json()
            if route is not None and route.region is not None:
                return [_forward(Held(event.case_id, event.type, body), route.region, cause, cause.time)]
            if route is None or route.waiting:
                held.append(Held(event.case_id, event.type, body))
            return []
        if isinstance(event, AnswerTriage | DeclineTriage):
            return await self._carry_out(event, delivery, routes, held, db)
        if isinstance(event, CaseTransferred) and event.to_region is not None:
            return self._hand_over(event, cause, routes)
        return []

    def _register(self, message: MessageRegistered, cause: Envelope, routes: dict[str, Route]) -> list[Emit]:
        point = message.place
        found = None
        if point.lat is not None and point.lon is not None:
            found = self._federation.locate(point.lat, point.lon, cause.time)
        where = Where(found.area, found.region, found.border_set) if found else None
        rulebook = self._rulebook(where, cause.time)
        decision = place(message, where, rulebook, has_point=point.lat is not None and point.lon is not None)
        region = decision.where.region if isinstance(decision, Placed) else None
        waits = message.model_dump_json() if region is None else None
        routes[message.case_id] = Route(
            message.case_id, region, region is None, waits, cause.time, cause.correlation_id
        )
        if isinstance(decision, Unplaced):
            asked = TriageRequested(
                **_shared(message), category=message.category, place=point, reason=decision.reason,
                missing=decision.missing, release=rulebook.release,
            )  # fmt: skip
            return [Emit(TRIAGE, message.case_id, asked, cause, cause.time, release=rulebook.release)]
        return [self._assigned(message, decision, rulebook, cause, by_hand=False)]

    def _assigned(
        self, message: MessageRegistered, placed: Placed, rulebook: Rulebook, cause: Envelope, *, by_hand: bool
    ) -> Emit:
        event = CaseAssigned(
            **_shared(message), region=placed.where.region, area=placed.where.area,
            border_set=placed.where.border_set, authority=placed.authority, category=placed.category,
            priority=placed.priority, answer_minutes=placed.answer_minutes,
            extension_minutes=placed.extension_minutes, language=message.language, place=message.place,
            release=rulebook.release, because=placed.because, by_hand=by_hand, synthetic=message.synthetic,
        )  # fmt: skip
        return self._give(event, cause, rulebook)

    async def _carry_out(
        self,
        command: AnswerTriage | DeclineTriage,
        delivery: Delivery,
        routes: dict[str, Route],
        held: list[Held],
        db: asyncpg.Connection,
    ) -> list[Emit]:
        cause = delivery.envelope
        route = routes.get(command.case_id)
        refused = self._refusal(command, delivery, route)
        if refused is None and route is not None:
            if isinstance(command, DeclineTriage):
                routes[command.case_id] = replace(route, waiting=False, message=None)
                declined = TriageDeclined(case_id=command.case_id, reason=command.reason, actor=command.actor.id)
                return [Emit(TRIAGE, command.case_id, declined, cause, cause.time)]
            found = self._answer(command, route, cause)
            if not isinstance(found, str):
                placed, emits = found
                routes[command.case_id] = replace(route, region=placed.where.region, waiting=False, message=None)
                waited = [*await store.take_held(db, command.case_id)]
                waited += [h for h in held if h.case_id == command.case_id]
                held[:] = [h for h in held if h.case_id != command.case_id]
                return [*emits, *(_forward(h, placed.where.region, cause, cause.time) for h in waited)]
            refused = found
        event = RoutingCommandRefused(
            case_id=command.case_id, command=command.type, command_id=cause.id, reason=refused or "unknown case"
        )
        return [Emit(TRIAGE, command.case_id, event, cause, cause.time)]

    def _refusal(self, command: AnswerTriage | DeclineTriage, delivery: Delivery, route: Route | None) -> str | None:
        try:
            self._verifier.check(delivery)
        except SignatureRefused as error:
            return str(error)
        no = denial(self._federation, command.actor, type(command), region=self._region_of(command, route))
        if no is not None:
            return no
        if route is None:
            return f"case {command.case_id} is not known here"
        if not route.waiting:
            return f"case {command.case_id} does not wait in triage"
        return None

    def _region_of(self, command: AnswerTriage | DeclineTriage, route: Route | None) -> str | None:
        """Whose business the case is: by the area named, else where it went, else by its point.

        One that is nobody's anybody may take: it waits without a point, or was declined, which the order is then told.
        """
        if isinstance(command, AnswerTriage) and command.area is not None:
            return self._federation.region_of_area(command.area)
        if route is not None and route.region is not None:
            return route.region
        if route is not None and route.message is not None:
            message = MessageRegistered.model_validate_json(route.message)
            region = self._located_region(message.place, route.message_time)
            if region is not None:
                return region
        return command.actor.scope

    def _located_region(self, point: Place, at: datetime) -> str | None:
        if point.lat is None or point.lon is None:
            return None
        found = self._federation.locate(point.lat, point.lon, at)
        return found.region if found is not None else None

    def _answer(self, command: AnswerTriage, route: Route, cause: Envelope) -> tuple[Placed, list[Emit]] | str:
        assert route.message is not None
        message = MessageRegistered.model_validate_json(route.message)
        if command.authority is not None and self._federation.authority(command.authority) is None:
            return f"there is no authority {command.authority!r}"
        if command.category is not None and not self._federation.has_category(command.category):
            return f"there is no category {command.category!r}"
        where = self._where(command, message, route.message_time)
        if isinstance(where, str):
            return where
        rulebook = self._rulebook(where, cause.time)
        named = self._federation.authority(command.authority) if command.authority else None
        if named is not None and not named.serves(where.region):
            return f"authority {named.id!r} does not serve region {where.region!r}"
        placed = place(message, where, rulebook, RoutingEvent(command.category, command.authority))
        if isinstance(placed, Unplaced):
            return f"it still cannot be placed: {placed.reason.replace('_', ' ')}; say {', '.join(placed.missing)}"
        told = TriageAnswered(
            case_id=command.case_id, region=placed.where.region, area=placed.where.area, category=placed.category,
            authority=placed.authority, actor=command.actor.id,
        )  # fmt: skip
        return placed, [
            Emit(TRIAGE, command.case_id, told, cause, cause.time, release=rulebook.release),
            self._assigned(message, placed, rulebook, cause, by_hand=True),
        ]

    def _where(self, command: AnswerTriage, message: MessageRegistered, at: datetime) -> Where | str:
        if command.area is not None:
            region = self._federation.region_of_area(command.area)
            return Where(command.area, region, BY_HAND) if region else f"there is no area {command.area!r}"
        point = message.place
        if point.lat is None or point.lon is None:
            return "the message has no point: say the area"
        found = self._federation.locate(point.lat, point.lon, at)
        return (
            Where(found.area, found.region, found.border_set) if found else "its point lies in no region: say the area"
        )

    def _hand_over(self, event: CaseTransferred, cause: Envelope, routes: dict[str, Route]) -> list[Emit]:
        """The deadline goes on: `due_at` is the one the case had."""
        case, route = event.handed_case, routes.get(event.case_id)
        if case is None or event.to_region is None:
            return []
        if route is not None and route.region != event.region:
            raise Forged(f"region {event.region} hands over a case that is with {route.region or 'nobody'}")
        if route is not None:
            routes[event.case_id] = replace(route, region=event.to_region)
        area = self._area_of(case.place, event.to_region, cause.time)
        rulebook = self._rulebook(Where(area, event.to_region, BY_HAND), cause.time)
        deadline = rulebook.decide("deadline", category=case.category, priority=case.priority)
        assigned = CaseAssigned(
            case_id=event.case_id, reference=case.reference, message_id=case.message_id, region=event.to_region,
            area=area, border_set=BY_HAND, authority=event.authority, category=case.category, priority=case.priority,
            answer_minutes=int(deadline.outputs["answer_minutes"]) if deadline else 0,
            extension_minutes=case.extension_minutes, channel=case.channel, citizen=case.citizen, text=case.text,
            language=case.language, place=case.place, received_at=case.received_at, release=rulebook.release,
            by_hand=True, handed_over_from=event.region, due_at=case.due_at, synthetic=event.synthetic,
        )  # fmt: skip
        return [self._give(assigned, cause, rulebook)]

    def _give(self, event: CaseAssigned, cause: Envelope, rulebook: Rulebook) -> Emit:
        """The case to its region, with the mandate to speak about it."""
        mandate = self._mandates.of(event.case_id, event.region) if self._mandates is not None else None
        topic = f"region.{event.region}.assignments"
        return Emit(topic, event.case_id, event, cause, cause.time, release=rulebook.release, mandate=mandate)

    def _area_of(self, point: Place, region: str, at: datetime) -> str:
        """The area of the point if it lies in the region, else the region's first."""
        if point.lat is not None and point.lon is not None:
            found = self._federation.locate(point.lat, point.lon, at)
            if found is not None and found.region == region:
                return found.area
        known = self._federation.region(region)
        return known.areas[0] if known is not None and known.areas else ""

    def _rulebook(self, where: Where | None, now: datetime) -> Rulebook:
        try:
            return self._releases.book.in_force(layer_for(where), now)
        except ReleaseMissing as error:
            raise TransientError(str(error)) from error


def _shared(message: MessageRegistered) -> dict[str, object]:
    """What every event about a message repeats."""
    names = ("case_id", "reference", "message_id", "channel", "citizen", "text", "received_at")
    return {name: getattr(message, name) for name in names}


def _forward(held: Held, region: str, cause: Envelope, now: datetime) -> Emit:
    model = MessageForwarded if held.kind == MessageAdded.type else VerdictForwarded
    return Emit(f"region.{region}.assignments", held.case_id, model.model_validate_json(held.body), cause, now)


def _case_id(delivery: Delivery) -> str:
    return str(getattr(delivery.event, "case_id", delivery.key))
