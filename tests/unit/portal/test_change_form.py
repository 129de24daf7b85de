"""What a person writes about a change becomes a command, or is refused beside the field that is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from common.contracts.catalogue import Installation
from common.contracts.events.base import Actor
from common.contracts.patch import Patch, RowChange
from common.federation.country import load_federation
from portal.change_form import proposed, said_in
from portal.forms import Form, FormRefused

from tests.conftest import ROOT

FEDERATION = load_federation(ROOT / "tests/federation")
NOW = datetime(2011, 7, 1, tzinfo=UTC)
ACTOR = Actor(id="operator:north", role="operator", scope="north")
PATCH = Patch(layer="north", base_number=1, table="triage",
              changes=(RowChange(op="add", row_id="x", after={"category": "", "confirm": "true"}),))  # fmt: skip
FIELDS = {"proposal_id": "p1", "title": "Ask first", "words": "Too many go wrong.", "value.effort": "on"}


def form(**fields: str) -> Form:
    return Form({**FIELDS, **fields}, FEDERATION, Installation(regions=("north", "south")))


def test_a_change_without_a_forecast_promises_nothing() -> None:
    command = proposed(ACTOR, form(days="90"), PATCH, NOW)
    assert (command.title, command.values, command.forecast) == ("Ask first", ("effort",), None)
    assert (command.patch, command.needs_person) == (PATCH, False)


def test_a_forecast_is_kept_with_the_day_on_which_it_is_looked_at() -> None:
    command = proposed(ACTOR, form(expected="12,5", low="-2", high="20", days="30", needs_person="on"), PATCH, NOW)
    assert command.forecast is not None
    assert (command.forecast.expected, command.forecast.low, command.forecast.high) == (12.5, -2, 20)
    assert command.forecast.review_at >= command.forecast.review_after(NOW)
    assert command.needs_person


def test_a_form_sent_twice_is_one_order() -> None:
    sent = [proposed(ACTOR, form(expected="1", low="0", high="2"), PATCH, NOW + timedelta(seconds=s)) for s in range(2)]
    assert sent[0] == sent[1]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"), ({"words": ""}, "words"), ({"value.effort": ""}, "values"),
        ({"proposal_id": "../x"}, "proposal_id"), ({"expected": "5"}, "low"),
        ({"expected": "5", "low": "6", "high": "7"}, "expected"),
        ({"expected": "5", "low": "nan", "high": "7"}, "low"),
        ({"expected": "5", "low": "4", "high": "7", "days": "0"}, "days"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field(wrong: dict[str, str], field: str) -> None:
    with pytest.raises(FormRefused) as refused:
        proposed(ACTOR, form(**wrong), PATCH, NOW)
    assert refused.value.field == field


def test_only_fields_of_the_form_are_kept() -> None:
    assert said_in({**FIELDS, "check": "x", "high": ""}) == {
        "title": "Ask first", "words": "Too many go wrong.", "value.effort": "on",
    }  # fmt: skip
