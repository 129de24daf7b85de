"""The recurrence loop orders prevention where a problem comes again after its repairs, and follows the order to its
end."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from common.contracts.events.base import Actor
from common.contracts.events.reflex.prevention import (
    PreventionAnswered,
    PreventionOrdered,
    PreventionOverdue,
    PreventionReminded,
    PreventionReviewed,
    ReflexCommandRefused,
)
from common.federation.country import load_federation
from reflex.facts import (
    CaseAnswered,
    CaseDeclined,
    CaseJoined,
    CaseOpened,
    CaseReopened,
    CaseTransferred,
    Point,
    PreventionAnswerGiven,
)
from reflex.loops.recurrence.loop import RecurrenceLoop
from reflex.loops.recurrence.settings import Settings

START = datetime(2011, 7, 1, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
HERE = Point(42.3000, -71.1000)
FEDERATION = load_federation(Path(__file__).parents[2] / "federation")
DESK = Actor(id="desk:yard-01", role="desk", scope="yard-01")
METRES = 1 / 111_195


def fresh(settings: Settings | None = None) -> RecurrenceLoop:
    found = settings or Settings()
    return RecurrenceLoop(
        lambda now: found, lambda region, at: at.astimezone(UTC).date(), lambda c: c == "cart", FEDERATION
    )


@dataclass
class Street:
    """Cases at points, a tick after each step; `said` is all that the loop has said."""

    loop: RecurrenceLoop = field(default_factory=fresh)
    now: datetime = START
    said: list[Any] = field(default_factory=list)
    numbers: int = 0

    def _case(self, at: datetime, **more: Any) -> dict[str, Any]:
        self.numbers += 1
        return {"id": f"{self.numbers:05}", "at": at, "region": "north", "authority": "yard-01", **more}

    def report(self, point: Point | None = HERE, category: str = "pothole", **more: Any) -> str:
        name = f"c{self.numbers:05}"
        self.loop.observe(
            CaseOpened(
                **self._case(self.now, case_id=name), category=category, area="01", point=point, channel="web",
                priority=1, received_at=self.now, due_at=self.now + 30 * DAY, **more,
            )
        )  # fmt: skip
        return name

    def tell(self, kind: Any, case_id: str, after: timedelta = HOUR, **more: Any) -> None:
        self.loop.observe(kind(**{**self._case(self.now + after, case_id=case_id), **more}))

    def repaired(self, **more: Any) -> None:
        self.tell(CaseAnswered, self.report(**more))

    def wait(self, step: timedelta = DAY) -> list[Any]:
        """A tick at the end of it; what was said at it."""
        self.now += step
        said = list(self.loop.on_tick(self.now))
        self.said += said
        return said

    def answer(self, order_id: str, actor: Actor = DESK, done: str = "Bed renewed over ten metres") -> list[Any]:
        self.loop.observe(
            PreventionAnswerGiven(
                id=f"order-{self.numbers}", at=self.now, order_id=order_id, actor=actor, cause="poor_repair",
                explanation="The bed was never renewed", done=done,
            )
        )  # fmt: skip
        return self.wait(HOUR)

    def of(self, kind: type) -> list[Any]:
        return [one for one in self.said if isinstance(one, kind)]


def returning(times: int, every: int = 9, **more: Any) -> Street:
    street = Street()
    for _ in range(times):
        street.repaired(**more)
        street.wait(every * DAY)
    return street


def test_a_repaired_defect_that_comes_again_every_nine_days_is_ordered_about_once() -> None:
    street = returning(5)
    (order,) = street.of(PreventionOrdered)
    assert (order.category, order.region, order.authority, order.days) == ("pothole", "north", "yard-01", 4)
    assert order.score >= 3
    assert order.cases == ("c00000", "c00002", "c00004", "c00006")
    assert order.answer_by == order.ordered_at + 30 * DAY


def test_twenty_reports_of_one_hour_are_one_day_and_no_order() -> None:
    street = Street()
    for _ in range(20):
        street.repaired()
        street.wait(timedelta(minutes=3))
    for _ in range(60):
        street.wait()
    assert street.said == []


def test_while_a_repair_is_not_closed_nothing_is_ordered_and_then_it_is() -> None:
    street = Street()
    cases = []
    for _ in range(5):
        cases.append(street.report())
        street.wait(2 * DAY)
    assert street.said == []
    for case in cases[:-1]:
        street.tell(CaseAnswered, case)
    street.wait()
    assert street.said == [], "one is open"
    street.tell(CaseAnswered, cases[-1])
    street.wait()
    assert len(street.of(PreventionOrdered)) == 1


def test_a_case_that_was_reopened_is_open() -> None:
    street = Street()
    cases = []
    for _ in range(3):
        cases.append(street.report())
        street.tell(CaseAnswered, cases[-1])
        street.wait(2 * DAY)
    street.tell(CaseReopened, cases[-1])
    street.repaired()
    assert street.wait() == []
    street.tell(CaseAnswered, cases[-1])
    assert [type(one) for one in street.wait()] == [PreventionOrdered]


@pytest.mark.parametrize("kind", [CaseJoined, CaseDeclined])
def test_duplicates_and_what_is_no_matter_for_an_authority_do_not_count(kind: Any) -> None:
    street = Street()
    for n in range(6):
        more = {"into_case": "another"} if kind is CaseJoined else {}
        if n % 2:
            street.tell(kind, street.report(), **more)
        else:
            street.repaired()
        street.wait(3 * DAY)
    assert street.said == []


def test_a_reopened_case_that_turns_out_a_duplicate_takes_its_own_day_away_and_no_other() -> None:
    street = Street()
    first = street.report()
    street.tell(CaseAnswered, first)
    street.wait()
    second = street.report()
    street.tell(CaseReopened, first)
    street.tell(CaseJoined, first, 2 * HOUR, into_case=second)
    (row,) = [body for key, body in street.loop.changed().items() if key.startswith("place|")]
    assert row is not None
    assert [day for day, _ in row["days"]] == [street.now.date().toordinal()]


def test_what_people_order_is_no_defect() -> None:
    assert returning(8, category="cart").said == []


def test_reports_without_a_point_and_of_other_categories_are_no_return() -> None:
    assert returning(8, point=None).said == []
    street = Street()
    for n in range(8):
        street.repaired(category=f"kind-{n}")
        street.wait(5 * DAY)
    assert street.said == []


def test_a_place_is_one_wherever_the_lines_of_the_grid_run() -> None:
    """Reports scattered within 12 m of a point, for points anywhere in a square of the grid."""
    chance = random.Random(7)
    for _ in range(40):
        centre = Point(42.3 + chance.random() * 120 * METRES, -71.1 + chance.random() * 160 * METRES)
        street = Street()
        for _ in range(5):
            spot = Point(centre.lat + chance.uniform(-12, 12) * METRES, centre.lon + chance.uniform(-12, 12) * METRES)
            street.repaired(point=spot)
            street.wait(7 * DAY)
        assert len(street.of(PreventionOrdered)) == 1, centre


def test_places_beside_each_other_get_one_order_in_ninety_days() -> None:
    street = Street()
    beside = Point(HERE.lat + 50 * METRES, HERE.lon)
    for _ in range(8):
        street.repaired()
        street.repaired(point=beside)
        street.wait(7 * DAY)
    assert len(street.of(PreventionOrdered)) == 1
    for _ in range(12):
        street.repaired()
        street.wait(7 * DAY)
    assert len(street.of(PreventionOrdered)) == 2


def test_the_order_goes_to_whoever_answered_there_and_not_to_whoever_got_it_first() -> None:
    street = Street()
    for _ in range(5):
        case = street.report()
        street.tell(CaseTransferred, case, authority="lighting", from_authority="yard-01")
        street.tell(CaseAnswered, case, after=2 * HOUR, authority="lighting")
        street.wait(5 * DAY)
    (order,) = street.of(PreventionOrdered)
    assert order.authority == "lighting"


def test_without_an_answer_the_authority_is_reminded_and_then_it_is_overdue() -> None:
    street = returning(5)
    (order,) = street.of(PreventionOrdered)
    for _ in range(40):
        street.wait()
    (reminded,), (overdue,) = street.of(PreventionReminded), street.of(PreventionOverdue)
    assert reminded.reminded_at < order.answer_by == reminded.answer_by == overdue.answer_by
    assert order.answer_by - reminded.reminded_at <= 7 * DAY


def test_an_answer_is_taken_once_and_reviewed_after_its_time() -> None:
    street = returning(5)
    (order,) = street.of(PreventionOrdered)
    (answered,) = street.answer(order.order_id)
    assert isinstance(answered, PreventionAnswered)
    assert (answered.cause, answered.on_time, answered.actor) == ("poor_repair", True, "desk:yard-01")
    (again,) = street.answer(order.order_id)
    assert isinstance(again, ReflexCommandRefused)
    assert again.code == "order_answered"
    street.wait(10 * DAY)
    street.repaired()
    for _ in range(60):
        street.wait()
    (reviewed,) = street.of(PreventionReviewed)
    assert (reviewed.answered, reviewed.days, reviewed.expected) == (True, 1, None)
    assert street.of(PreventionOverdue) == street.of(PreventionReminded) == []
    (late,) = street.answer(order.order_id)
    assert late.code == "no_such_order"


def test_others_than_the_authority_and_its_region_may_not_answer() -> None:
    street = returning(5)
    (order,) = street.of(PreventionOrdered)
    strangers = [
        Actor(id="desk:yard-02", role="desk", scope="yard-02"),
        Actor(id="operator:south", role="operator", scope="south"),
        Actor(id="federal:centre", role="federal", scope="*"),
        Actor(id="desk:yard-01", role="operator", scope="north"),
    ]
    for actor in strangers:
        (refused,) = street.answer(order.order_id, actor)
        assert isinstance(refused, ReflexCommandRefused), actor
    (taken,) = street.answer(order.order_id, Actor(id="operator:north", role="operator", scope="north"))
    assert isinstance(taken, PreventionAnswered)


@pytest.mark.parametrize("nothing", [" ", "\n\t", "\u200b", "\u202e\u202e"])
def test_an_answer_in_which_nothing_can_be_read_is_none(nothing: str) -> None:
    street = returning(5)
    (order,) = street.of(PreventionOrdered)
    (refused,) = street.answer(order.order_id, done=nothing)
    assert isinstance(refused, ReflexCommandRefused)
    assert (refused.code, refused.details) == ("nothing_said", {"field": "text"})
    (taken,) = street.answer(order.order_id)
    assert isinstance(taken, PreventionAnswered)


def test_the_review_says_what_came_at_places_just_under_the_cut() -> None:
    """Six places of three days of reports each: four of them have one more day later, the ordered one has none."""
    street = Street()
    others = [Point(HERE.lat + n * 400 * METRES, HERE.lon) for n in range(1, 7)]
    for n in range(4):
        street.repaired()
        for spot in others if n else ():
            street.repaired(point=spot)
        street.wait(4 * DAY)
    (order,) = street.of(PreventionOrdered)
    street.answer(order.order_id)
    street.wait(5 * DAY)
    for spot in others[:4]:
        street.repaired(point=spot)
    for _ in range(60):
        street.wait()
    (reviewed,) = street.of(PreventionReviewed)
    assert (reviewed.days, reviewed.compared) == (0, 6)
    assert reviewed.expected == pytest.approx(4 / 6)
    assert reviewed.returned == pytest.approx(4 / 6)


def reloaded(loop: RecurrenceLoop, rows: dict[str, Mapping[str, Any]]) -> RecurrenceLoop:
    for key, body in loop.changed().items():
        if body is None:
            rows.pop(key, None)
        else:
            rows[key] = orjson.loads(orjson.dumps(body))
    found, shuffled = fresh(), list(rows.items())
    random.Random(len(rows)).shuffle(shuffled)
    found.load(dict(shuffled))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_a_loop_read_back_from_its_rows_at_every_tick_says_the_same(seed: int) -> None:
    def live(*, restarts: bool) -> list[Any]:
        chance, street = random.Random(seed), Street()
        rows: dict[str, Mapping[str, Any]] = {}
        spots = [Point(HERE.lat + n * 37 * METRES, HERE.lon) for n in range(12)]
        waiting: list[str] = []
        for _ in range(300):
            for _ in range(chance.randrange(3)):
                waiting.append(street.report(point=chance.choice(spots)))
            while len(waiting) > 2:
                street.tell(CaseAnswered, waiting.pop(chance.randrange(len(waiting))))
            for order in street.of(PreventionOrdered):
                if chance.random() < 0.01:
                    street.answer(order.order_id)
            street.wait()
            if restarts:
                street.loop = reloaded(street.loop, rows)
        return street.said

    whole = live(restarts=False)
    print("seed", seed, "said", len(whole))
    assert len(whole) > 5
    assert live(restarts=True) == whole


def test_scattered_reports_of_a_year_are_hardly_ever_ordered_about() -> None:
    """Five reports a day over 12 km2 at chance, each repaired at once: no place has a cause of its own."""
    orders = 0
    for seed in range(4):
        chance, street = random.Random(seed), Street()
        for _ in range(364):
            for _ in range(5):
                street.repaired(point=Point(42.3 + chance.random() * 3000 * METRES, -71.1 + chance.random() * 0.048))
            street.wait()
        orders += len(street.of(PreventionOrdered))
        print("seed", seed, "orders in 52 weeks", len(street.of(PreventionOrdered)))
    assert orders <= 2, "in 208 weeks"


def test_what_is_old_is_forgotten() -> None:
    street = returning(5)
    street.report()
    for _ in range(60):
        street.wait(10 * DAY)
    kept: dict[str, Mapping[str, Any]] = {}
    reloaded(street.loop, kept)
    assert list(kept) == ["clock"]
