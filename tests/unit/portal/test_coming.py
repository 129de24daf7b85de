"""Which early warnings and coming shortfalls an official is shown above the cases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from common.contracts.events.base import Actor
from portal.coming import MOST, coming_to, watches
from portal.item_fold import Item

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TODAY = NOON.date()
HEAD = Actor(id="head:north", role="regional_head", scope="north")


def warning(name: str, authority: str = "yard-01", region: str = "north", state: str = "standing") -> Item:
    return Item("warning", name, state, NOON, {"authority": authority, "region": region})


def shortfall(name: str, authority: str = "yard-01", region: str = "north", by: Any = "2026-03-09") -> Item:
    numbers = {"authority": authority, "region": region, "by": by}
    return Item("finding", name, "shortfall", NOON, {"numbers": numbers})


@pytest.mark.parametrize(
    ("role", "scope", "seen"),
    [
        ("operator", "north", ["own", "neighbour"]),
        ("regional_head", "south", ["far"]),
        ("federal", "*", ["own", "neighbour", "far"]),
    ],
)
def test_everybody_is_shown_what_comes_to_their_own_region(role: str, scope: str, seen: list[str]) -> None:
    places = [("own", "yard-01", "north"), ("neighbour", "yard-02", "north"), ("far", "yard-03", "south")]
    actor = Actor(id="x", role=role, scope=scope)
    found = coming_to(actor, [warning(*one) for one in places], [shortfall(*one) for one in places], TODAY)
    assert [one.id for one in found.warnings] == seen
    assert [one.id for one in found.shortfalls] == seen


def test_a_shortfall_is_shown_until_its_day_and_only_the_newest_of_an_authority() -> None:
    assert coming_to(HEAD, [], [shortfall("new"), shortfall("old")], TODAY).shortfalls[0].id == "new"
    assert len(coming_to(HEAD, [], [shortfall("new"), shortfall("old")], TODAY).shortfalls) == 1
    assert coming_to(HEAD, [], [shortfall("now")], date(2026, 3, 9))
    assert not coming_to(HEAD, [], [shortfall("past")], date(2026, 3, 10))
    assert not coming_to(HEAD, [], [shortfall("odd", by=None)], TODAY)


def test_an_ended_warning_is_not_shown_and_of_many_the_newest() -> None:
    assert not coming_to(HEAD, [warning("w", state="ended")], [], TODAY)
    many = [warning(str(n)) for n in range(MOST + 3)]
    assert [one.id for one in coming_to(HEAD, many, [], TODAY).warnings] == [str(n) for n in range(MOST)]


def test_visitors_and_experts_have_no_region() -> None:
    assert not watches(None)
    assert not watches(Actor(id="e", role="expert", scope="north"))
    assert watches(HEAD)
