"""What a message brings reaches its case, and the case of the next region after a hand-over: each field, also those to
come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from common.contracts.events import intake, region, routing
from common.contracts.events.base import Actor, Event
from common.contracts.publish.samples import sample
from regional import domain as regional
from regional.case import Authority, RegionContext
from routing import domain as routing_domain
from routing.model import Incoming, RoutedCase

from tests.unit.regional.test_case_life import EveryMinuteWorks
from tests.unit.routing.test_routing import CONTEXT

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TRANSFER = region.TransferCase(actor=Actor(id="ann", role="desk"), case_id="c1", to_authority="office")
AUTHORITIES = {"yard": Authority("yard", ("north",), True), "office": Authority("office", ("south",), True)}
PLACED = {"category"}
"""Fields of a message that the rules say anew."""
OF_THE_HOLDER = {
    "region", "area", "authority", "actor", "release", "because", "by_hand", "authority_by_rules",
    "handed_over_from", "state",
}  # fmt: skip
"""Fields of an opened case that are of the region that has it, or of how it came there."""


def message() -> intake.MessageRegistered:
    """Every field holds something else than what it holds when nobody says anything."""
    filled = sample(intake.MessageRegistered, full=True)
    place = {**filled["place"], "lat": 1.0, "lon": 1.0}
    found = intake.MessageRegistered.model_validate(
        {
            **filled,
            "case_id": "c1",
            "category": "hole",
            "place": place,
            "received_at": NOON,
            "placed_as": {"actor": "operator:north"},
        }
    )
    assert {name for name, info in type(found).model_fields.items() if getattr(found, name) == info.default} == set()
    return found


def placed(case: RoutedCase, event: Event) -> tuple[RoutedCase, routing.CaseAssigned]:
    decision = routing_domain.decide(case, Incoming("id", "chain", NOON, event), CONTEXT)
    (said,) = decision.events
    assert isinstance(said.event, routing.CaseAssigned)
    return decision.case, said.event


def opened(name: str, assigned: routing.CaseAssigned) -> tuple[region.CaseOpened, region.CaseTransferred | None]:
    """What a region says when it gets the case, and when it hands it over."""
    context = RegionContext(name, EveryMinuteWorks(), AUTHORITIES)
    begun = regional.decide(None, regional.Incoming("id", "chain", NOON, assigned), context)
    first = begun.events[0].event
    assert isinstance(first, region.CaseOpened)
    if name == "south":
        return first, None
    later = NOON + timedelta(hours=1)
    last = regional.decide(begun.case, regional.Incoming("id", "chain", later, TRANSFER), context).events[-1].event
    assert isinstance(last, region.CaseTransferred)
    return first, last


def differing(one: Event, other: Event) -> dict[str, tuple[Any, Any]]:
    """Fields that both have, with both values."""
    names = type(one).model_fields.keys() & type(other).model_fields.keys()
    return {n: pair for n in names if (pair := (getattr(one, n), getattr(other, n)))[0] != pair[1]}


def test_what_a_message_brings_reaches_its_case() -> None:
    said = message()
    _, assigned = placed(RoutedCase(), said)
    case, _ = opened("north", assigned)
    assert differing(said, assigned).keys() <= PLACED
    assert differing(said, case).keys() <= PLACED


def test_what_the_case_has_reaches_the_next_region() -> None:
    routed, assigned = placed(RoutedCase(), message())
    before, handed = opened("north", assigned)
    assert handed is not None
    _, again = placed(routed, handed)
    after, _ = opened("south", again)
    assert (before.region, after.region, after.handed_over_from) == ("north", "south", "north")
    assert differing(before, after).keys() <= OF_THE_HOLDER | {"hand_overs"}
