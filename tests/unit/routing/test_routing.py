"""Where a case goes, and what a person in triage may say of it: decisions alone, without servers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from common.contracts.events.base import Actor, Event, Place
from common.contracts.events.intake import MessageAdded, MessageRegistered, QuestionDelivered, VerdictGiven
from common.contracts.events.region import CaseTransferred, Handover
from common.contracts.events.routing import (
    AnswerTriage,
    CaseAssigned,
    DeclineTriage,
    MessageForwarded,
    QuestionDeliveryForwarded,
    RoutingCommandRefused,
    TriageAnswered,
    TriageDeclined,
    TriageRequested,
    VerdictForwarded,
)
from common.contracts.frozen import value
from common.federation.country import EPOCH, Authority, Located, Person
from common.rulebook import NATIONAL, Release, ReleaseBook, ReleaseMissing, sealed
from common.rulebook.jdm import Cells, document_of
from common.rulebook.streets import Gazetteer
from routing.domain import decide
from routing.model import Incoming, NotTheHolder, RoutedCase, RoutingContext, RoutingDecision

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
IN_NORTH, IN_SOUTH, NOWHERE = Place(lat=1, lon=1), Place(lat=2, lon=2), Place(lat=9, lon=9)
POINTS = {1.0: Located("01", "north", "2020"), 2.0: Located("03", "south", "2020")}
HEAD = Actor(id="head:north", role="regional_head", scope="north")
CENTRE = Actor(id="federal:centre", role="federal", scope="*")


@dataclass
class Country:
    """Two regions: north has the areas 01 and 02, south has 03."""

    people: tuple[Person, ...] = (
        Person(id="head:north", role="regional_head", scope="north"),
        Person(id="federal:centre", role="federal", scope="*"),
    )
    areas: dict[str, str] = field(default_factory=lambda: {"01": "north", "02": "north", "03": "south"})

    def locate(self, lat: float, lon: float, at: datetime) -> Located | None:
        return POINTS.get(lat)

    def region_of_area(self, area: str) -> str | None:
        return self.areas.get(area)

    def area_named(self, given: str) -> str | None:
        return given.strip() if given.strip() in self.areas else None

    def streets(self, at: datetime) -> Gazetteer | None:
        return None

    def authority(self, authority_id: str) -> Authority | None:
        known = {"yard": ("north",), "office": ("south",)}
        found = known.get(authority_id)
        return None if found is None else Authority(id=authority_id, title=authority_id, regions=found)

    def has_category(self, code: str) -> bool:
        return code in ("pothole", "noise")

    def category_phrases(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, code) for code in ("pothole", "noise") for name in self.category_names(code))

    def category_names(self, code: str) -> tuple[str, ...]:
        return {"pothole": ("Hole in the road", "Яма", "pothole"), "noise": ("Noise", "Шум")}[code]


def tables(name: str, *rows: Cells) -> dict[str, object]:
    return document_of(name, [(f"{name}-{n}", row) for n, row in enumerate(rows, 1)])


def book(*, at: datetime = EPOCH, **more: dict[str, object]) -> ReleaseBook:
    found = ReleaseBook()
    rules = {
        "category_map": tables("category_map", {"given": '"hole"', "category": '"pothole"'},
                               {"given": '"loud"', "category": '"noise"'}),
        "jurisdiction": tables("jurisdiction", {"category": '"pothole"', "area": '"01","02"', "authority": '"yard"'},
                               {"category": '"pothole"', "area": '"03"', "authority": '"office"'}),
        "deadline": tables("deadline", {"category": "", "priority": "", "answer_minutes": "480",
                                        "extension_minutes": "60"}),
        "priority": tables("priority", {"category": '"pothole"', "priority": "3"}),
        "triage": tables("triage", {"category": '"noise"', "confirm": "true"}),
        **more,
    }  # fmt: skip
    found.add(sealed(Release(layer=NATIONAL, number=1, effective_at=at, tables=rules)))
    return found


CONTEXT = RoutingContext(Country(), book().in_force)


@value
class Story:
    """A case and all that was said about it."""

    case: RoutedCase
    said: tuple[Event, ...]
    topics: tuple[str, ...]

    def then(self, event: Event, *, refused: str | None = None) -> Story:
        found = decided(self.case, event, refused=refused)
        return Story(found.case, tuple(e.event for e in found.events), tuple(e.topic for e in found.events))


def decided(case: RoutedCase, event: Event, *, refused: str | None = None) -> RoutingDecision:
    return decide(case, Incoming("id", "chain", NOON, event, refused), CONTEXT)


def message(place: Place = IN_NORTH, category: str | None = "hole") -> MessageRegistered:
    return MessageRegistered(
        message_id="m1", case_id="c1", reference="R", channel="web", citizen="p", text="a hole", category=category,
        place=place, received_at=NOON - timedelta(minutes=5),
    )  # fmt: skip


def registered(place: Place = IN_NORTH, category: str | None = "hole") -> Story:
    return Story(RoutedCase(), (), ()).then(message(place, category))


def added(number: int = 2) -> MessageAdded:
    return MessageAdded(
        message_id=f"m{number}", case_id="c1", channel="web", citizen="p", text="still there", received_at=NOON
    )


def answered(actor: Actor = CENTRE, **words: str) -> AnswerTriage:
    return AnswerTriage.model_validate({"actor": actor, "case_id": "c1", **words})


def reason(story: Story) -> str:
    (refused,) = story.said
    assert isinstance(refused, RoutingCommandRefused)
    return refused.reason


def test_a_message_goes_to_the_region_of_its_point_with_the_rows_that_decided() -> None:
    story = registered()
    (given,) = story.said
    assert isinstance(given, CaseAssigned)
    assert story.topics == ("region.north.assignments",)
    assert (given.region, given.area, given.authority, given.priority) == ("north", "01", "yard", 3)
    assert (given.answer_minutes, given.extension_minutes, given.release) == (480, 60, "national:1")
    assert [b.table for b in given.because] == ["category_map", "jurisdiction", "priority", "deadline"]
    assert story.case.route is not None
    assert (story.case.route.region, story.case.route.message) == ("north", None)


def test_the_nation_says_how_long_an_answer_must_be_and_a_region_may_ask_for_more() -> None:
    quality = {"answer_quality": tables("answer_quality", {"category": '"pothole"', "least_characters": "40"})}
    rules = book(**quality)
    more = {"answer_quality": tables("answer_quality", {"category": "", "least_characters": "100"})}
    rules.add(sealed(Release(layer="north", number=1, effective_at=EPOCH, tables=more)))
    context = RoutingContext(Country(), rules.in_force)
    for place, least in ((IN_NORTH, 100), (IN_SOUTH, 40)):
        found = decide(RoutedCase(), Incoming("id", "chain", NOON, message(place)), context)
        (given,) = (e.event for e in found.events)
        assert isinstance(given, CaseAssigned)
        assert given.least_characters == least
        assert given.because[-1].table == "answer_quality"


@pytest.mark.parametrize(
    ("place", "category", "why", "missing"),
    [
        (Place(), "hole", "no_place", ("area",)),
        (NOWHERE, "hole", "outside_every_region", ("area",)),
        (IN_NORTH, "what", "unknown_category", ("category",)),
        (IN_NORTH, "loud", "confirm", ()),
        (Place(), None, "no_place", ("category", "area")),
    ],
)
def test_what_no_rule_can_place_waits_in_triage(
    place: Place, category: str | None, why: str, missing: tuple[str, ...]
) -> None:
    story = registered(place, category)
    (asked,) = story.said
    assert isinstance(asked, TriageRequested)
    assert (asked.reason, asked.missing) == (why, missing)
    assert story.case.route is not None
    assert (story.case.route.waiting, story.case.route.region) == (True, None)


def test_later_messages_and_verdicts_follow_a_placed_case_to_its_region() -> None:
    story = registered().then(added())
    assert [type(e) for e in story.said] == [MessageForwarded]
    assert story.topics == ("region.north.assignments",)
    verdict = VerdictGiven(case_id="c1", citizen="p", verdict="confirmed", given_at=NOON)
    assert [type(e) for e in story.then(verdict).said] == [VerdictForwarded]


def test_what_comes_before_its_case_is_placed_is_held_and_follows_in_order() -> None:
    early = Story(RoutedCase(), (), ()).then(added(2))
    assert early.said == ()
    waiting = early.then(message(Place())).then(added(3))
    assert len(waiting.case.held) == 2
    placed = waiting.then(answered(area="02"))
    assert [type(e) for e in placed.said] == [TriageAnswered, CaseAssigned, MessageForwarded, MessageForwarded]
    assert [e.message_id for e in placed.said if isinstance(e, MessageForwarded)] == ["m2", "m3"]
    assert placed.case.held == ()


def test_an_answer_from_triage_names_what_the_rules_do_not_know_and_the_rules_say_the_rest() -> None:
    placed = registered(IN_NORTH, "what").then(answered(category="pothole"))
    given = placed.said[1]
    assert isinstance(given, CaseAssigned)
    assert (given.category, given.authority, given.by_hand) == ("pothole", "yard", True)
    assert [b.table for b in given.because] == ["jurisdiction", "priority", "deadline"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"area": "99"}, "there is no area '99'"),
        ({"authority": "nobody"}, "there is no authority 'nobody'"),
        ({"category": "nothing"}, "there is no category 'nothing'"),
        ({"area": "01", "authority": "office"}, "authority 'office' does not serve region 'north'"),
        ({}, "the message has no point: say the area"),
        ({"area": "01", "category": "noise"}, "it still cannot be placed: no authority; say authority"),
    ],
)
def test_an_answer_that_places_nothing_is_refused_with_what_to_say(words: dict[str, str], expected: str) -> None:
    waiting = registered(Place(), "what")
    refused = waiting.then(answered(**words))
    assert expected in reason(refused)
    assert refused.case is waiting.case


def test_only_who_is_entitled_over_the_region_answers_for_it() -> None:
    waiting = registered(Place())
    assert "acts for 'north'" in reason(waiting.then(answered(HEAD, area="03")))
    assert isinstance(waiting.then(answered(HEAD, area="02")).said[0], TriageAnswered)
    assert "acts for 'north'" in reason(registered(IN_SOUTH, "what").then(answered(HEAD, category="pothole")))


def test_a_command_whose_signature_is_refused_changes_nothing() -> None:
    waiting = registered(Place())
    refused = waiting.then(answered(area="02"), refused="signed by nobody we know")
    assert reason(refused) == "signed by nobody we know"
    assert refused.case is waiting.case


def test_only_a_case_that_waits_is_answered() -> None:
    assert "not known here" in reason(Story(RoutedCase(), (), ()).then(answered(area="01")))
    assert "does not wait in triage" in reason(registered().then(answered(area="01")))


def test_a_case_declined_in_triage_waits_no_more_and_hears_no_later_message() -> None:
    waiting = registered(Place())
    declined = waiting.then(DeclineTriage(actor=CENTRE, case_id="c1", reason="an advertisement"))
    assert [type(e) for e in declined.said] == [TriageDeclined]
    assert declined.then(added()).said == ()
    assert "does not wait" in reason(declined.then(answered(area="01")))


def transferred(by: str = "north", place: Place = IN_SOUTH) -> CaseTransferred:
    given = Handover(
        reference="R", message_id="m1", category="pothole", priority=3, channel="web", citizen="p", text="a hole",
        language="en", place=place, received_at=NOON, due_at=NOON + timedelta(days=3), extension_minutes=30,
    )  # fmt: skip
    return CaseTransferred(
        case_id="c1", region=by, authority="office", actor="desk", state="handed_over", from_authority="yard",
        to_region="south", handed_case=given,
    )  # fmt: skip


def test_a_case_handed_over_goes_to_the_other_region_with_the_deadline_it_had() -> None:
    story = registered().then(transferred())
    (given,) = story.said
    assert isinstance(given, CaseAssigned)
    assert (given.region, given.area, given.authority) == ("south", "03", "office")
    assert (given.handed_over_from, given.due_at) == ("north", NOON + timedelta(days=3))
    assert (given.answer_minutes, given.extension_minutes) == (480, 30)
    assert story.topics == ("region.south.assignments",)
    assert story.then(added()).topics == ("region.south.assignments",)


def test_the_area_of_a_case_handed_over_stays_open_where_its_point_lies_elsewhere() -> None:
    (given,) = registered().then(transferred(place=IN_NORTH)).said
    assert isinstance(given, CaseAssigned)
    assert given.area == ""


def test_a_region_hands_over_only_what_it_has() -> None:
    with pytest.raises(NotTheHolder, match="south hands over a case that is with north"):
        registered().then(transferred(by="south"))


def test_a_case_that_stays_in_its_region_is_no_business_of_routing() -> None:
    moved = transferred().model_copy(update={"to_region": None})
    story = registered()
    assert story.then(moved) == Story(story.case, (), ())


def test_without_a_release_in_force_nothing_is_decided() -> None:
    context = RoutingContext(Country(), book(at=NOON + timedelta(days=1)).in_force)
    with pytest.raises(ReleaseMissing):
        decide(RoutedCase(), Incoming("id", "chain", NOON, message()), context)


def test_word_that_a_question_reached_the_citizen_goes_to_the_region_of_the_case() -> None:
    delivered = QuestionDelivered(notice_id="n", case_id="c1", channel="web", delivered_at=NOON)
    story = registered().then(delivered)
    assert story.said == (QuestionDeliveryForwarded(case_id="c1", delivered_at=NOON),)
    assert story.topics == ("region.north.assignments",)
