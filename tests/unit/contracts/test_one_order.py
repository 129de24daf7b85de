"""What several topics say about one case comes in one order, however it arrived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from common.contracts.case_sequence import in_one_order
from common.contracts.events import region, routing
from common.contracts.events.base import Event
from hypothesis import given
from hypothesis import strategies as st

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    event: Event
    time: datetime
    topic: str
    place: int


def opened(where: str, handed_over_from: str | None = None) -> region.CaseOpened:
    return region.CaseOpened(
        case_id="c", region=where, authority="roads", actor="routing", state="assigned", reference="R", message_id="m",
        area="02", category="potholes", priority=2, channel="web", citizen="p", text="a hole", received_at=NOON,
        due_at=NOON, release="national:1", handed_over_from=handed_over_from,
    )  # fmt: skip


def happened(kind: type[region.CaseEvent], where: str, state: str, **fields: object) -> region.CaseEvent:
    return kind.model_validate(
        {"case_id": "c", "region": where, "authority": "roads", "actor": "ann", "state": state, **fields}
    )


LATER = NOON + timedelta(hours=1)
ANSWER: dict[str, object] = {"text": "Done.", "on_time": True, "worked_minutes": 1}
STORY = [
    Told(opened("west"), NOON, "region.west.cases", 1),
    Told(happened(region.CaseAccepted, "west", "accepted"), NOON, "region.west.cases", 2),
    Told(
        happened(region.CaseTransferred, "west", "handed_over", from_authority="x", to_region="east"),
        LATER, "region.west.cases", 3,
    ),
    Told(opened("east", "west"), LATER, "region.east.cases", 1),
    Told(happened(region.CaseAnswered, "east", "answered", **ANSWER), LATER, "region.east.cases", 2),
]  # fmt: skip


@given(st.permutations(STORY))
def test_a_hand_over_comes_before_the_opening_it_led_to_and_a_topic_keeps_its_order(arrived: list[Told]) -> None:
    assert in_one_order(arrived) == STORY


@given(st.permutations([0, 1]))
def test_triage_comes_before_the_opening_it_led_to_at_the_same_moment(order: list[int]) -> None:
    answered = routing.TriageAnswered(
        case_id="c", region="east", area="02", category="potholes", authority="roads", actor="ann"
    )
    by_hand = opened("east").model_copy(update={"by_hand": True})
    story = [Told(answered, NOON, "routing.triage", 2), Told(by_hand, NOON, "region.east.cases", 1)]
    assert in_one_order([story[i] for i in order]) == story
