"""What a proposal or an order says that no rule, no date and no number can be, is refused when it comes."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import pytest
from common.contracts.events.base import Event
from common.contracts.events.rules import ProposalRefused, StepTrial
from common.contracts.patch import RowChange
from pydantic import ValidationError

from tests.unit.rules.scene import NOON, WATCHER, Scene, begun, change, deadline, forecast, names, proposal, world, yes


@pytest.fixture
def scene() -> Scene:
    return begun(world(tried=False))


def refused(said: list[Event]) -> ProposalRefused:
    (event,) = said
    assert isinstance(event, ProposalRefused)
    return event


@pytest.mark.parametrize(
    "wrong",
    [
        {"horizon_days": 10**12}, {"horizon_days": -1}, {"low": 9, "high": 1}, {"confidence": 7.0},
        {"review_at": NOON + timedelta(days=36_600)},
    ],
    ids=lambda wrong: next(iter(wrong)),
)  # fmt: skip
def test_a_forecast_that_nobody_could_score_is_refused_at_the_check(scene: Scene, wrong: dict[str, Any]) -> None:
    said = scene.take(change("p1", forecast=forecast().model_copy(update=wrong)))
    assert refused(said).code == "forecast_impossible"


def test_the_longest_forecast_is_adopted_with_its_review(scene: Scene) -> None:
    scene.take(change("p1", forecast=forecast(3_660)))
    assert names(scene.take(yes("p1"))) == ["ProposalAccepted", "ProposalAdopted"]


@pytest.mark.parametrize("cell", ['"\\ud800"', '"a\\u0000"', '"lamp","\\udfff"'])
def test_a_cell_with_a_character_that_no_text_can_hold_is_refused(scene: Scene, cell: str) -> None:
    row = RowChange(op="add", row_id="new", after={**deadline("new", 100), "category": cell}, at=0)
    assert refused(scene.take(proposal("p1", "deadline", [row]))).code == "table_unreadable"


def test_an_order_with_a_number_that_is_none_is_not_read() -> None:
    order = StepTrial(actor=WATCHER, proposal_id="p1").model_dump(mode="json")
    with pytest.raises(ValidationError):
        StepTrial.model_validate_json(json.dumps({**order, "numbers": {"gain": float("nan")}}))


def test_rules_that_fit_into_no_release_are_refused(scene: Scene) -> None:
    def text(number: int) -> list[Event]:
        noise = random.Random(number).randbytes(100_000).hex()  # half of it is left when it is compressed
        cells = {"notice": f'"n{number}"', "language": '"en"', "text": f'"{noise}"'}
        return scene.take(proposal(f"p{number}", "texts", [RowChange(op="add", row_id=f"r{number}", after=cells)]))

    for number in range(8):
        assert names(text(number)) == ["ProposalChecked"]
        scene.take(yes(f"p{number}"))
    assert refused(text(8)).code == "layer_too_large"
