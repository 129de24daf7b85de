"""Orders prevention where the same problem comes again at one place on several days, each time after its repair.

An order is a demand on the authority that answered there: find out why, do something about it, say so within a term.
Later the loop looks whether the problem stayed away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from common.contracts.envelope import derived_id
from common.contracts.events.reflex.prevention import (
    PreventionAnswered,
    PreventionOrdered,
    PreventionOverdue,
    PreventionReminded,
    PreventionReviewed,
    ReflexCommandRefused,
)
from common.contracts.refusals import coded
from common.contracts.rights import HasPeople

from reflex.facts import (
    CaseAnswered,
    CaseDeclined,
    CaseFact,
    CaseJoined,
    CaseOpened,
    CaseReopened,
    CaseTransferred,
    CaseWithdrawn,
    Fact,
    PreventionAnswerGiven,
)
from reflex.loop import LoopOutput, LoopSettings
from reflex.loops.recurrence.order import Order, why_not
from reflex.loops.recurrence.place import MOST_CASES, Place
from reflex.loops.recurrence.places import Places
from reflex.loops.recurrence.review import Window, compare
from reflex.loops.recurrence.settings import Settings

CLOCK = "clock"
TIDY_DAYS = 7


class RecurrenceLoop:
    """Decayed count of distinct days by category and place; at most one order a place in a time."""

    name: ClassVar[str] = "recurrence"
    facts: ClassVar[frozenset[type[Fact]]] = frozenset(
        {
            CaseOpened, CaseAnswered, CaseDeclined, CaseJoined, CaseReopened, CaseTransferred, CaseWithdrawn,
            PreventionAnswerGiven,
        }
    )  # fmt: skip
    settings: ClassVar[type[LoopSettings]] = Settings

    def __init__(
        self,
        settings: Callable[[datetime], Settings],
        day_of: Callable[[str, datetime], date],
        on_order: Callable[[str], bool],
        federation: HasPeople,
    ) -> None:
        """`day_of` is the local day of a moment in a region, `on_order` whether a category is a service that people
        order, which coming again is no defect."""
        self._settings = settings
        self._day_of = day_of
        self._on_order = on_order
        self._federation = federation
        self._begin(Places(), {}, None)

    def _begin(self, places: Places, orders: dict[str, Order], tidied: int | None) -> None:
        self._places, self._orders, self._tidied = places, orders, tidied
        self._place_of = {case: place for place in places.by_key.values() for case in place.known()}
        self._in_force: Settings | None = None
        self._candidates: dict[str, int] = {}
        self._answers: list[LoopOutput] = []
        self._changed: set[str] = set()

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        clock = state.get(CLOCK)
        self._begin(
            Places(Place.of(body) for key, body in state.items() if key.startswith("place|")),
            {body["id"]: Order.of(body) for key, body in state.items() if key.startswith("order|")},
            None if clock is None else clock["tidied"],
        )

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        keys, self._changed = self._changed, set()
        return {key: self._body(key) for key in sorted(keys)}

    def _body(self, key: str) -> dict[str, Any] | None:
        if key == CLOCK:
            return {"tidied": self._tidied}
        found = self._places.by_key.get(key) or self._orders.get(key.removeprefix("order|"))
        return None if found is None else found.body()

    def observe(self, fact: Fact) -> None:
        if isinstance(fact, CaseOpened):
            self._open(fact)
        elif isinstance(fact, PreventionAnswerGiven):
            self._answer(fact)
        elif isinstance(fact, CaseFact) and (place := self._place_of.get(fact.case_id)) is not None:
            self._go_on(place, fact)

    def _open(self, fact: CaseOpened) -> None:
        if fact.point is None or fact.handed_over_from is not None or self._on_order(fact.category):
            return
        settings = self._settings_since_tick(fact.at)
        lat, lon = fact.point
        place = self._places.nearest(fact.category, lat, lon, settings.radius_m)
        if place is None:
            place = self._places.make(fact.category, lat, lon, fact.region, fact.area, fact.authority)
        returned = place.answered and not place.open
        day = self._day(fact.region, min(fact.received_at, fact.at))
        place.add(fact.case_id, day)
        place.region, place.area = fact.region, fact.area
        if not place.answered:
            place.authority = fact.authority
        self._place_of[fact.case_id] = place
        self._changed.add(place.key)
        if returned:
            self._consider(place, day, settings)

    def _go_on(self, place: Place, fact: CaseFact) -> None:
        """What became of a case at a place."""
        if isinstance(fact, CaseReopened):
            place.open[fact.case_id] = self._day(fact.region, fact.at)
        elif isinstance(fact, CaseTransferred):
            if not place.answered:
                place.authority = fact.authority
        elif isinstance(fact, CaseJoined | CaseDeclined):
            place.take_back(fact.case_id)
            del self._place_of[fact.case_id]
        else:
            place.open.pop(fact.case_id, None)
            if isinstance(fact, CaseAnswered):
                place.answered, place.authority = True, fact.authority
        self._changed.add(place.key)
        if place.answered and not place.open:
            self._consider(place, self._day(fact.region, fact.at), self._settings_since_tick(fact.at))

    def _consider(self, place: Place, day: int, settings: Settings) -> None:
        """Whether an order is due on a day on which the last repair is closed; the tick gives it."""
        if place.reaches(settings.score, day, settings.tau_days):
            self._candidates.setdefault(place.key, day)

    def _settings_since_tick(self, at: datetime) -> Settings:
        """One look at the rulebook for all facts of a tick."""
        if self._in_force is None:
            self._in_force = self._settings(at)
        return self._in_force

    def _answer(self, given: PreventionAnswerGiven) -> None:
        order = self._orders.get(given.order_id)
        refused = why_not(self._federation, order, given)
        if refused is not None or order is None:
            self._answers.append(
                ReflexCommandRefused(
                    order_id=given.order_id, command=given.event.type, command_id=given.id, actor=given.actor.id,
                    **coded(refused or ""),
                )
            )  # fmt: skip
            return
        order.answered_at = given.at
        order.looked_at_for(self._settings(given.at).review_days)
        assert order.review_at is not None
        self._changed.add(f"order|{order.id}")
        self._answers.append(
            PreventionAnswered(
                order_id=order.id, region=order.region, authority=order.authority, actor=given.actor.id,
                cause=given.cause, explanation=given.explanation, done=given.done,
                on_time=given.at <= order.answer_by, command_id=given.id, review_at=order.review_at,
                answered_at=given.at,
            )
        )  # fmt: skip

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        settings = self._settings(now)
        said, self._answers, self._in_force = self._answers, [], None
        candidates, self._candidates = self._candidates, {}
        for key, day in sorted(candidates.items()):
            said += self._order(self._places.by_key[key], day, settings, now)
        for _, order in sorted(self._orders.items()):
            said += self._follow(order, settings, now)
        self._tidy(now)
        return said

    def _order(self, place: Place, day: int, settings: Settings, now: datetime) -> list[LoopOutput]:
        score = place.score(day, settings.tau_days)
        beside = self._places.beside(place, settings.radius_m)
        lately = any(p.ordered is not None and day - p.ordered < settings.pause_days for p in beside)
        # A case that counted may have been joined to another since.
        if score < settings.score or lately:
            return []
        for one in beside:
            one.ordered = day
            self._changed.add(one.key)
        order_id = derived_id("prevention", place.key, now.isoformat())
        answer_by = now + timedelta(days=settings.term_days)
        remind_at = answer_by - timedelta(days=min(settings.remind_days, settings.term_days))
        self._orders[order_id] = Order(
            order_id, place.region, place.authority, place.key, place.category, now, answer_by, remind_at
        )
        self._changed.add(f"order|{order_id}")
        return [
            PreventionOrdered(
                order_id=order_id, region=place.region, authority=place.authority, category=place.category,
                area=place.area, lat=place.lat, lon=place.lon, radius_m=settings.radius_m, days=len(place.days),
                first_day=date.fromordinal(min(place.days)).isoformat(), score=round(score, 2),
                cases=tuple(place.cases)[-MOST_CASES:], answer_by=answer_by, ordered_at=now,
            )
        ]  # fmt: skip

    def _follow(self, order: Order, settings: Settings, now: datetime) -> list[LoopOutput]:
        """What is due about an order: a reminder, the end of its term, the look afterwards."""
        said: list[LoopOutput] = []
        about = {"order_id": order.id, "region": order.region, "authority": order.authority}
        if order.answered_at is None and not order.reminded and now >= order.remind_at:
            order.reminded = True
            self._changed.add(f"order|{order.id}")
            if now < order.answer_by:
                said.append(PreventionReminded(**about, answer_by=order.answer_by, reminded_at=now))
        if order.answered_at is None and not order.overdue and now >= order.answer_by:
            order.overdue = True
            order.looked_at_for(settings.review_days)
            self._changed.add(f"order|{order.id}")
            said.append(PreventionOverdue(**about, answer_by=order.answer_by))
        if order.review_at is not None and now >= order.review_at:
            said.append(self._review(order, order.review_at, settings, now))
        return said

    def _review(self, order: Order, until: datetime, settings: Settings, now: datetime) -> PreventionReviewed:
        since = order.since or order.answer_by
        window = Window(
            self._day(order.region, order.ordered_at),
            self._day(order.region, since) + 1,
            self._day(order.region, until) + 1,
        )
        place = self._places.by_key.get(order.place)
        found = compare(place, order.category, window, self._places.by_key.values(), settings)
        del self._orders[order.id]
        self._changed.add(f"order|{order.id}")
        return PreventionReviewed(
            order_id=order.id, region=order.region, authority=order.authority,
            answered=order.answered_at is not None, since=since, until=until, days=found.days,
            expected=found.expected, compared=found.places, returned=found.returned, reviewed_at=now,
        )  # fmt: skip

    def _tidy(self, now: datetime) -> None:
        """Once a week what is too old goes."""
        today = now.date().toordinal()
        if self._tidied is not None and 0 <= today - self._tidied < TIDY_DAYS:
            return
        self._tidied = today
        self._changed.add(CLOCK)
        kept = {order.place for order in self._orders.values()}
        for place in [place for place in self._places.by_key.values() if place.is_stale(today)]:
            before = place.known()
            place.forget(today)
            self._changed.add(place.key)
            for case in before - place.known():
                self._place_of.pop(case, None)
            if place.is_empty and place.key not in kept:
                self._places.remove(place)

    def _day(self, region: str, moment: datetime) -> int:
        return self._day_of(region, moment).toordinal()
