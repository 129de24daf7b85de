"""The parts of a message in its citizen's conversation: redacted, each with its number, all told in one notice."""

from __future__ import annotations

from datetime import UTC, datetime

from common.contracts.events.base import Place
from common.contracts.events.routing import MessageSplit
from common.contracts.parts import Part, PartOf, part_case_id
from common.contracts.reference import reference_of
from intake.conversation import Conversation
from intake.parts import registered_parts
from intake.standing import after
from intake.telling import PartsNamed, telling_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WHOLE = Conversation("web", "c1", reference_of("c1"), "ann", "ru", "chain", NOON, by_edge=True)
EVENT = MessageSplit(
    case_id="c1", reference=WHOLE.reference, message_id="m1", channel="web", citizen="ann", received_at=NOON,
    place=Place(lat=1.0, lon=2.0), actor="operator:north",
    parts=(
        Part(text="The lamp is dark, call +1 617 555 0143", category="streetlight"),
        Part(text="and " + "the road is broken " * 20, area="03", place=Place(address="5 Main Street, flat 12")),
    ),
)  # fmt: skip


def test_each_part_is_a_message_of_the_citizen_in_one_conversation() -> None:
    first, second = registered_parts(EVENT, WHOLE)
    names = (part_case_id("c1", 1), part_case_id("c1", 2))
    assert (first.event.case_id, second.event.case_id) == names
    assert first.event.message_id != second.event.message_id
    assert first.event.part_of == second.event.part_of == PartOf(message="m1", case="c1", parts=names)
    assert (first.event.citizen, first.event.language, first.event.received_at) == ("ann", "ru", NOON)
    assert "555" not in first.event.text
    assert first.event.place == EVENT.place
    assert "12" not in (second.event.place.address or "")
    assert second.event.placed_as is not None
    assert (second.event.placed_as.area, second.event.placed_as.category) == ("03", None)
    assert (first.conversation.case_id, first.conversation.citizen) == (names[0], "ann")
    assert registered_parts(EVENT, WHOLE) == (first, second)


def test_the_citizen_is_told_all_numbers_at_once_and_the_message_itself_is_closed() -> None:
    telling = telling_of(EVENT)
    assert telling is not None
    named = telling.fields["parts"]
    assert isinstance(named, PartsNamed)
    assert [number for number, _ in named.parts] == [reference_of(part_case_id("c1", n)) for n in (1, 2)]
    assert "555" not in named.parts[0][1]
    assert len(named.parts[1][1]) < 90
    standing = after(None, EVENT, NOON)
    assert standing is not None
    assert (standing.standing, standing.region) == ("closed", None)
