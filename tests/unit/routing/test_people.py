"""Pseudonyms that were linked are one person, over any chain of links."""

from __future__ import annotations

from dataclasses import replace

from common.contracts.events.intake import CitizensLinked
from common.contracts.events.routing import CaseAssigned
from routing.domain import decide, heard_as_one
from routing.model import Incoming
from routing.people import NOBODY_ELSE, Link, people_of

from tests.unit.routing.test_completion import FORM, PIN, Talk
from tests.unit.routing.test_routing import CONTEXT, NOON, added


def link(citizen: str, into: str) -> Link:
    return Link(citizen, into, NOON, True)


def test_who_is_joined_by_a_chain_of_links_is_one_person_and_nobody_else_is() -> None:
    people = people_of([link("a", "b"), link("c", "d"), link("d", "b"), link("x", "y")])
    assert people.same("a", "c")
    assert not people.same("a", "x")
    assert people.names_of({"a", "n"}) == {"a", "b", "c", "d", "n"}
    assert not NOBODY_ELSE.same("a", "b")
    circle = people_of([link("a", "b"), link("b", "a")])
    assert circle.same("b", "a")


def test_what_a_citizen_adds_from_a_channel_that_they_linked_completes_what_waits() -> None:
    talk = Talk(FORM)
    said = added().model_copy(update={"citizen": "q", "place": PIN.place})
    one = people_of([link("p", "q")])
    decision = decide(talk.case, Incoming("id", "chain", NOON, said, people=one), CONTEXT)
    assert any(isinstance(event.event, CaseAssigned) for event in decision.events)


def test_what_was_read_before_the_word_of_the_link_counts_when_that_is_read() -> None:
    talk = Talk(FORM)
    assert talk.say(PIN, citizen="q") == []
    linked = CitizensLinked(citizen="p", into_citizen="q", linked_at=NOON)
    incoming = Incoming("id", "chain", NOON, linked, people=people_of([link("p", "q")]))
    decision = heard_as_one(talk.case, incoming, CONTEXT)
    assert any(isinstance(event.event, CaseAssigned) for event in decision.events)
    assert decision.case.route is not None
    assert not decision.case.route.waiting
    assert heard_as_one(talk.case, replace(incoming, people=NOBODY_ELSE), CONTEXT).events == ()
    assert heard_as_one(decision.case, incoming, CONTEXT).events == ()
