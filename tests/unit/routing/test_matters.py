"""Emergencies, thanks, spam and abuse: what the words of a message show, and what follows by the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest
from common.contracts.events.base import Event, Place
from common.contracts.events.intake import MessageAdded, MessageRegistered
from common.contracts.events.routing import (
    AnswerTriage,
    CaseAssigned,
    CategoryCandidate,
    ClarificationAsked,
    EmergencyNoticed,
    MessageForwarded,
    ThanksReceived,
    TriageAnswered,
    TriageDeclined,
    TriageRequested,
    TriageSupplemented,
)
from common.rulebook.classification import Reading
from common.rulebook.jdm import Cells, document_of, rows_of
from common.rulebook.matters import phrase, sentences
from routing.domain import decide
from routing.model import Incoming, Read, RoutedCase, RoutingContext, RoutingDecision, nothing_read
from world.matter_words import matter_rows, word_rows

from tests.conftest import FEDERATION
from tests.evaluation.matters import KINDS, NONE, first_rules, kind_of, labelled
from tests.unit.routing.test_classification import LIMITS
from tests.unit.routing.test_routing import CENTRE, CONTEXT, IN_NORTH, NOON, Country, book, tables

FIRE, THANKS, SPAM = "The house next door is on fire", "Thank you for fixing the light!", "Best online casino, buy now"
CONFIRMED: Cells = {"category": "", "confirm": "true"}
LEAST_FOUND = {"emergency": 0.9, "abuse": 0.9, "spam": 0.9, "thanks": 0.9, NONE: 0.95}
"""The shares of the list that are told right; what stands below shows a change of the rules for the worse."""


def rules(*, percent: str | None = None, confirm: bool = False) -> Mapping[str, dict[str, object]]:
    """The tables that a federation begins with; with `percent` a model decides too."""
    matters = [(row, {**cells, "percent": percent} if percent else cells) for row, cells in matter_rows("112")]
    more = {
        "matters": document_of("matters", matters),
        "matter_words": document_of("matter_words", word_rows(("en", "ru"))),
        "classification": tables("classification", LIMITS),
    }
    return {**more, "triage": tables("triage", CONFIRMED)} if confirm else more


def context(read: Read = nothing_read, *, percent: str | None = None, confirm: bool = False) -> RoutingContext:
    return RoutingContext(Country(), book(**rules(percent=percent, confirm=confirm)).in_force, read)


def said(text: str, category: str | None = "hole", place: Place = IN_NORTH) -> MessageRegistered:
    return MessageRegistered(
        message_id="m1", case_id="c1", reference="R", channel="web", citizen="p", text=text, category=category,
        place=place, received_at=NOON,
    )  # fmt: skip


def heard(event: Event, case: RoutedCase | None = None, at: RoutingContext | None = None,
          repeats: Mapping[str, int] | None = None) -> RoutingDecision:  # fmt: skip
    incoming = Incoming("e1", "chain", NOON, event, None, repeats or {})
    return decide(case or RoutedCase(), incoming, at or context())


def events(decision: RoutingDecision) -> list[Event]:
    return [one.event for one in decision.events]


def test_an_emergency_is_told_first_whom_to_call_and_goes_to_its_region_at_once_with_the_highest_priority() -> None:
    noticed, given = events(heard(said(FIRE), at=context(confirm=True)))
    assert isinstance(noticed, EmergencyNoticed)
    assert (noticed.call, noticed.region, noticed.citizen) == ("112", "north", "p")
    assert {row.table for row in noticed.because} == {"matters", "matter_words"}
    assert isinstance(given, CaseAssigned)
    assert (given.priority, given.matter, given.region) == (5, "emergency", "north")


def test_an_emergency_without_a_category_is_asked_nothing_and_waits_for_a_person_as_an_emergency() -> None:
    def read(version: str, text: str) -> Reading:
        return Reading(
            (CategoryCandidate(category="pothole", percent=50), CategoryCandidate(category="noise", percent=45)), 100, 2
        )

    noticed, asked = events(heard(said(FIRE, None), at=context(read)))
    assert isinstance(noticed, EmergencyNoticed)
    assert isinstance(asked, TriageRequested)
    assert (asked.matter, asked.priority) == ("emergency", 5)
    quiet = events(heard(said("something is odd", None), at=context(read)))
    assert [type(one) for one in quiet] == [TriageRequested, ClarificationAsked]


def test_an_emergency_that_is_added_to_a_case_is_told_at_once_wherever_the_case_is() -> None:
    more = MessageAdded(
        message_id="m2", case_id="c1", channel="web", citizen="p", text=FIRE, received_at=NOON
    )  # fmt: skip
    with_region = heard(said("a hole")).case
    noticed, forwarded = events(heard(more, with_region))
    assert isinstance(noticed, EmergencyNoticed)
    assert noticed.region == "north"
    assert isinstance(forwarded, MessageForwarded)
    assert (forwarded.least_priority, forwarded.because) == (5, noticed.because)
    quiet = more.model_copy(update={"text": "it grows"})
    (plain,) = events(heard(quiet, with_region))
    assert isinstance(plain, MessageForwarded)
    assert (plain.least_priority, plain.because) == (0, ())
    waiting = heard(said("a hole", None)).case
    assert [type(one) for one in events(heard(more, waiting))] == [EmergencyNoticed, TriageSupplemented]
    assert [type(one) for one in events(heard(more))] == [EmergencyNoticed]
    # What waited with its case reaches the region as it would have at once.
    placed = AnswerTriage(actor=CENTRE, case_id="c1", category="pothole")
    _told, given, late = events(heard(placed, heard(more, waiting).case))
    assert isinstance(given, CaseAssigned)
    assert isinstance(late, MessageForwarded)
    assert (given.priority, late.least_priority) == (5, 5)


def test_thanks_are_closed_as_such_without_a_deadline_and_reach_the_authority() -> None:
    decision = heard(said(THANKS))
    (thanked,) = events(decision)
    assert isinstance(thanked, ThanksReceived)
    assert (thanked.authority, thanked.region, thanked.area) == ("yard", "north", "01")
    assert decision.case.route is not None
    assert (decision.case.route.waiting, decision.case.route.region) == (False, None)
    assert THANKS not in (decision.case.route.message or "")
    (unknown,) = events(heard(said("Thank you!", None, Place())))
    assert isinstance(unknown, ThanksReceived)
    assert unknown.authority is None


@pytest.mark.parametrize(("text", "repeats"), [(THANKS, {}), (SPAM, {"spam": 3})])
def test_what_is_said_in_a_case_that_a_rule_has_just_closed_is_not_lost(text: str, repeats: Mapping[str, int]) -> None:
    ended = heard(said(text), repeats=repeats).case
    more = MessageAdded(
        message_id="m2", case_id="c1", channel="web", citizen="p", text="a hole", category="hole", place=IN_NORTH,
        received_at=NOON,
    )  # fmt: skip
    again = heard(more, ended)
    (given,) = events(again)
    assert isinstance(given, CaseAssigned)
    assert (given.message_id, given.text, given.reference, given.region) == ("m2", "a hole", "R", "north")
    unknown = heard(more.model_copy(update={"category": None}), ended)
    assert [type(one) for one in events(unknown)] == [TriageRequested]
    assert unknown.case.route is not None
    assert unknown.case.route.waiting


def test_a_polite_word_alone_closes_nothing_where_a_category_or_a_place_came_with_it() -> None:
    assert isinstance(events(heard(said("Thank you!")))[0], CaseAssigned)


def test_spam_goes_to_a_person_marked_and_not_on_by_what_its_citizen_adds() -> None:
    decision = heard(said(SPAM))
    (asked,) = events(decision)
    assert isinstance(asked, TriageRequested)
    assert (asked.matter, asked.reason, asked.missing) == ("spam", "confirm", ())
    more = MessageAdded(message_id="m2", case_id="c1", channel="web", citizen="p", text="hole", received_at=NOON)
    later = heard(more, decision.case)
    assert [type(one) for one in events(later)] == [TriageSupplemented]
    order = AnswerTriage(case_id="c1", actor=CENTRE)
    assert [type(one) for one in events(heard(order, later.case))] == [TriageAnswered, CaseAssigned, MessageForwarded]


def test_who_was_closed_several_times_for_spam_is_closed_by_the_rule_and_told() -> None:
    asked, closed = events(heard(said(SPAM), repeats={"spam": 3}))
    assert isinstance(asked, TriageRequested)
    assert isinstance(closed, TriageDeclined)
    assert (closed.matter, closed.actor) == ("spam", "routing")
    assert isinstance(events(heard(said("a hole"), repeats={"spam": 30}))[0], CaseAssigned)
    assert len(events(heard(said(SPAM), repeats={"abuse": 30, "spam": 2}))) == 1


def test_a_model_says_what_words_do_not() -> None:
    def read(version: str, text: str) -> Reading:
        return Reading((CategoryCandidate(category="matter:spam", percent=90),), 100, 1)

    (asked,) = events(heard(said("quite an offer"), at=context(read, percent="80")))
    assert isinstance(asked, TriageRequested)
    assert asked.matter == "spam"
    assert isinstance(events(heard(said("quite an offer"), at=context(read)))[0], CaseAssigned)
    assert isinstance(events(heard(said("quite an offer"), at=context(read, percent="95")))[0], CaseAssigned)


def test_a_federation_without_the_tables_places_every_message_as_before() -> None:
    for text in (FIRE, THANKS, SPAM):
        assert [type(one) for one in events(heard(said(text), at=CONTEXT))] == [CaseAssigned]


@pytest.mark.parametrize(
    ("written", "text", "there"),
    [
        ("smell* .. gas", "It smells strongly of gas", True),
        ("smell* .. gas", "It smells of what we think may perhaps be gas", False),
        ("gas leak", "gas leaks", False),
        ("gas leak*", "Gas  LEAKS!", True),
        ("горит дом", "Горит\nдом", False),
        ("ёлка", "Елка упала", True),
        ("isn't", "it isn’t mine", True),
    ],
)
def test_phrases_stand_in_one_sentence_in_their_order(written: str, text: str, there: bool) -> None:
    found = phrase(written)
    assert found is not None
    first = found.parts[0]
    places = [(said, n) for said in sentences(text) for n, word in enumerate(said) if first.fits(word)]
    assert any(found.at(words, n) is not None for words, n in places) is there


def test_a_phrase_without_words_is_none() -> None:
    assert phrase(" .. * ") is None


def test_of_a_list_of_texts_that_say_it_and_that_only_name_it_most_are_told_right() -> None:
    book_of, right, all_of = first_rules(), Counter[str](), Counter[str]()
    for one in labelled():
        all_of[one.kind] += 1
        right[one.kind] += kind_of(one.text, book_of, CONTEXT) == one.kind
    assert sum(all_of.values()) >= 160
    assert {kind: right[kind] / all_of[kind] >= LEAST_FOUND[kind] for kind in (*KINDS, NONE)} == dict.fromkeys(
        (*KINDS, NONE), True
    )


def test_the_federation_of_the_tests_has_the_words_that_every_federation_begins_with() -> None:
    from common.federation.country import load_federation

    held = load_federation(FEDERATION).base_releases()[0].tables
    assert rows_of("matters", held["matters"]) == rows_of("matters", document_of("matters", matter_rows("112")))
    words = document_of("matter_words", word_rows(("en", "ru")))
    assert rows_of("matter_words", held["matter_words"]) == rows_of("matter_words", words)
