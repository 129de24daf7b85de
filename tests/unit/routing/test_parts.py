"""A message about several matters is divided by a person in triage, once, and each part goes its own way."""

from __future__ import annotations

import pytest
from common.contracts.events.base import Place
from common.contracts.events.intake import MessageRegistered, VerdictGiven
from common.contracts.events.routing import (
    CaseAssigned,
    MessageSplit,
    RoutingCommandRefused,
    SplitTriage,
    TriageRequested,
)
from common.contracts.parts import Part, PartOf, PlacedAs, part_case_id, whole_of
from routing.model import RoutedCase

from tests.unit.routing.test_routing import (
    CENTRE,
    HEAD,
    IN_NORTH,
    IN_SOUTH,
    NOON,
    NOWHERE,
    Story,
    added,
    answered,
    message,
    registered,
)

HOLE, NOISE = Part(text="a hole", category="pothole"), Part(text="and the music is loud", category="noise")
OF = PartOf(message="m1", case="c1", parts=("c1.1", "c1.2"))


def split(*parts: Part, actor: object = CENTRE) -> SplitTriage:
    return SplitTriage.model_validate({"actor": actor, "case_id": "c1", "parts": parts})


def waits() -> Story:
    return registered(category=None)


def code(story: Story) -> str | None:
    (refused,) = story.said
    assert isinstance(refused, RoutingCommandRefused)
    return refused.code


def part(place: Place = IN_NORTH, text: str = "a hole", **said: str) -> Story:
    word = PlacedAs.model_validate({"actor": "head:north", **said})
    of = message(place, None).model_copy(update={"case_id": "c1.1", "text": text, "part_of": OF, "placed_as": word})
    return Story(RoutedCase(), (), ()).then(of)


def test_a_divided_message_is_told_once_with_its_parts_and_waits_no_more() -> None:
    divided = waits().then(split(HOLE, NOISE, actor=HEAD))
    (said,) = divided.said
    assert isinstance(said, MessageSplit)
    assert (said.case_id, said.message_id, said.actor) == ("c1", "m1", "head:north")
    assert [one.text for one in said.parts] == ["a hole", "and the music is loud"]
    assert code(divided.then(split(HOLE, NOISE))) == "not_in_triage"
    assert code(divided.then(answered(category="pothole"))) == "not_in_triage"


def test_what_was_added_meanwhile_stands_before_the_person_and_is_not_given_to_a_region() -> None:
    divided = waits().then(added()).then(split(HOLE, NOISE))
    assert [type(one) for one in divided.said] == [MessageSplit]
    assert divided.case.held == ()


def test_a_word_that_crosses_the_division_becomes_a_case() -> None:
    crossed = waits().then(split(HOLE, NOISE)).then(added().model_copy(update={"category": "hole", "place": IN_NORTH}))
    (said,) = crossed.said
    assert isinstance(said, CaseAssigned)
    assert said.case_id == "c1"


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ((HOLE,), "number_of_parts"),
        ((HOLE,) * 6, "number_of_parts"),
        ((HOLE, Part(text="  ")), "nothing_said"),
        ((HOLE, Part(text="x" * 10_001)), "too_long"),
        ((HOLE, Part(text="x", category="ufo")), "no_such_category"),
        ((HOLE, Part(text="x", area="99")), "no_such_area"),
        ((HOLE, Part(text="x", authority="nobody")), "no_such_authority"),
        ((HOLE, Part(text="x", area="03", authority="yard")), "not_for_region"),
        ((HOLE, Part(text="x", authority="office")), "not_for_region"),
    ],
)
def test_a_wrong_division_is_refused_with_its_reason_and_the_message_waits_on(
    parts: tuple[Part, ...], why: str
) -> None:
    before = waits()
    refused = before.then(split(*parts))
    assert code(refused) == why
    assert refused.case == before.case


def test_only_what_waits_is_divided_by_whom_it_concerns() -> None:
    assert code(registered().then(split(HOLE, NOISE))) == "not_in_triage"
    assert code(Story(RoutedCase(), (), ()).then(split(HOLE, NOISE))) == "no_such_case"
    assert code(waits().then(split(HOLE, Part(text="x", area="03"), actor=HEAD))) == "other_scope"
    assert code(registered(IN_SOUTH, None).then(split(HOLE, NOISE, actor=HEAD))) == "other_scope"


def test_what_its_citizen_took_back_is_not_divided() -> None:
    verdict = VerdictGiven(case_id="c1", citizen="p", verdict="withdrawn", given_at=NOON)
    assert code(waits().then(verdict).then(split(HOLE, NOISE))) == "taken_back"


def test_a_part_goes_where_the_person_and_the_rules_say_without_another_confirmation() -> None:
    (said,) = part(category="pothole").said
    assert isinstance(said, CaseAssigned)
    assert (said.case_id, said.authority, said.category, said.by_hand) == ("c1.1", "yard", "pothole", True)
    assert said.part_of == OF
    (named,) = part(category="noise", authority="yard").said
    assert isinstance(named, CaseAssigned)
    assert named.authority == "yard"
    (elsewhere,) = part(NOWHERE, category="pothole", area="03").said
    assert isinstance(elsewhere, CaseAssigned)
    assert (elsewhere.region, elsewhere.authority) == ("south", "office")


def test_a_part_that_cannot_be_placed_waits_itself_and_is_not_divided_again() -> None:
    waiting = part(NOWHERE, category="pothole")
    (asked,) = waiting.said
    assert isinstance(asked, TriageRequested)
    assert (asked.case_id, asked.reason, asked.part_of) == ("c1.1", "outside_every_region", OF)
    order = SplitTriage(actor=CENTRE, case_id="c1.1", parts=(HOLE, NOISE))
    assert code(waiting.then(order)) == "part_already"
    placed = waiting.then(answered(area="01", category="pothole").model_copy(update={"case_id": "c1.1"})).said[1]
    assert isinstance(placed, CaseAssigned)
    assert placed.part_of == OF


def test_a_part_is_known_by_its_id() -> None:
    assert whole_of(part_case_id("c1", 2)) == "c1"
    assert [whole_of(name) for name in ("c1", ".1", "c1.6", "c1.x", "c.1.2")] == [None, None, None, None, "c.1"]
    assert isinstance(message(), MessageRegistered)
