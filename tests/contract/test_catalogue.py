"""The catalogue and the services say the same: who writes, who reads, what is handled."""

from __future__ import annotations

import pytest
from common.contracts.catalogue import SERVICES, TOPICS, Topic, known_types, role_of
from common.contracts.events import EVENTS, Command
from common.contracts.events.channel import (
    ErasureRequested,
    LinkRequested,
    MessageReceived,
    NoticeDelivered,
    SupportReceived,
    VerdictReceived,
    VoiceReceived,
)
from common.contracts.events.clock import TimeAsked
from common.contracts.events.reflex.loop_event import LoopEvent
from common.contracts.events.region import Handover
from world import listening

from tests.contract.wiring import APPS, wired

FROM_OUTSIDE = {
    MessageReceived,
    VerdictReceived,
    VoiceReceived,
    ErasureRequested,
    LinkRequested,
    SupportReceived,
    NoticeDelivered,
    TimeAsked,
}
"""What citizens' channels say and the clock asks: not signed."""
INSIDE_OTHERS = {Handover}
"""Models with a type of their own that travel only as a field of another."""


@pytest.mark.parametrize("topic", TOPICS, ids=lambda t: t.template)
def test_an_event_topic_has_one_writer_its_owner(topic: Topic) -> None:
    if topic.multi_writer:
        assert all(t.signed or t in FROM_OUTSIDE for t in topic.types)
    else:
        assert topic.writers == (topic.owner,)
        assert not any(issubclass(t, Command) for t in topic.types)


def test_every_type_is_said_on_one_topic() -> None:
    said = [t for topic in TOPICS for t in topic.types]
    assert len(said) == len(set(said))
    assert set(EVENTS.values()) - set(said) == INSIDE_OTHERS


def test_an_event_that_a_loop_says_names_the_topic_that_the_catalogue_lists_it_under() -> None:
    listed = {t: topic.template for topic in TOPICS for t in topic.types if issubclass(t, LoopEvent)}
    assert listed
    assert {t: t.topic for t in listed} == listed


@pytest.mark.parametrize("name", APPS)
async def test_a_handler_takes_only_what_the_catalogue_lets_its_service_read(name: str) -> None:
    found = await wired(name)
    taken = {t.type for t in found.handler | found.plumbing}
    assert taken <= {t.type for t in known_types(name)}, "add the service to the consumers of a topic"


@pytest.mark.parametrize("name", APPS)
async def test_what_a_handler_reads_in_short_is_a_part_of_what_is_said(name: str) -> None:
    whole = {t.type: t for t in known_types(name)}
    for taken in (await wired(name)).handler:
        assert issubclass(whole[taken.type], taken)


@pytest.mark.parametrize("name", APPS)
async def test_a_service_handles_something_of_every_topic_it_reads(name: str) -> None:
    found = await wired(name)
    handled = {t.type for t in found.handler | found.plumbing}
    idle = [
        topic.template
        for topic in TOPICS
        if role_of(name) in topic.consumers and not {t.type for t in topic.types} & handled
    ]
    assert not idle, f"{name} reads these topics for nothing: take it out of their consumers, or handle a type"


def test_all_roles_of_the_catalogue_are_wired() -> None:
    assert {role_of(name) for name in APPS} == set(SERVICES)


def test_the_world_listens_to_the_topics_that_name_it() -> None:
    assert set(listening.TEMPLATES) == {t.template for t in TOPICS if "world" in t.consumers}
