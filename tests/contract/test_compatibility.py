"""A type keeps its meaning: between two versions of the catalogue only optional fields may be added to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from common.contracts.events.base import Event, Instant, Place
from common.contracts.publish.files import SCHEMAS
from common.contracts.publish.schemas import event_schema
from pydantic import Field, create_model

from tests.contract.compatibility import broken
from tests.contract.history import SCHEMAS as SCHEMAS_FOLDER
from tests.contract.history import NoBase, base_commit, files_at

FIELDS: dict[str, Any] = {
    "case_id": (str, ...),
    "at": (Instant, ...),
    "rating": (int | None, None),
    "verdict": (Literal["confirmed", "reopened"], "confirmed"),
    "place": (Place, Place()),
    "words": (tuple[str, ...], ()),
    "evidence": (dict[str, Any], Field(default_factory=dict)),
}


def _schema(**changes: Any) -> dict[str, Any]:
    """A made-up type with some fields changed; None takes one away."""
    fields = {name: field for name, field in {**FIELDS, **changes}.items() if field is not None}
    model = create_model("MadeUp", __base__=Event, **fields)
    model.type = "made.up.v1"
    return event_schema(model)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"reason": (str | None, None)},
        {"reason": (str, "")},
        {"seen_at": (Instant | None, None)},
        {"second_place": (Place | None, None)},
    ],
    ids=["nothing", "optional", "with a default", "optional time", "optional model"],
)
def test_an_optional_field_more_keeps_the_type(changes: dict[str, Any]) -> None:
    assert broken(_schema(), _schema(**changes)) == []


NEW_READER, OLD_READER = (
    "a new reader would refuse records that were published",
    "an old reader would refuse new records",
)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": (str, ...)}, NEW_READER),
        ({"rating": None}, NEW_READER),
        ({"case_id": None}, OLD_READER),
        ({"case_id": (int, ...)}, NEW_READER),
        ({"rating": (int, ...)}, NEW_READER),
        ({"case_id": (str | None, None)}, OLD_READER),
        ({"at": (str, ...)}, OLD_READER),
        ({"words": (tuple[int, ...], ())}, NEW_READER),
        ({"verdict": (Literal["confirmed"], "confirmed")}, NEW_READER),
        ({"verdict": (Literal["confirmed", "reopened", "withdrawn"], "confirmed")}, OLD_READER),
        ({"case_id": (str, Field(max_length=9))}, NEW_READER),
    ],
    ids=["required field more", "optional field less", "required field less", "type", "optional becomes required",
         "required becomes optional", "time becomes text", "type of items", "value less", "value more", "shorter"],
)  # fmt: skip
def test_anything_else_needs_a_new_type(changes: dict[str, Any], words: str) -> None:
    assert words in broken(_schema(), _schema(**changes))


def test_every_type_may_follow_what_it_was() -> None:
    try:
        base = base_commit()
        before = {Path(n).name: json.loads(t) for n, t in files_at(base, SCHEMAS_FOLDER).items() if n.endswith(".json")}
    except NoBase as reason:
        pytest.skip(f"nothing was compared: {reason}")
    if not before:
        pytest.skip(f"nothing was compared: {base[:12]} has no {SCHEMAS_FOLDER}")
    wrong = {}
    for name, old in before.items():
        path = SCHEMAS / name
        found = broken(old, json.loads(path.read_text())) if path.exists() else _taken_away(name)
        if found:
            wrong[name.removesuffix(".json")] = found
    assert not wrong, f"against {base[:12]}; make a new type beside the old one"


def _taken_away(name: str) -> list[str]:
    """A type may go once nobody needs it: its golden samples go with it, so that it is done on purpose."""
    golden = Path(__file__).parent / "golden" / name.removesuffix(".json")
    return ["it was taken away while its golden samples stay"] if golden.exists() else []
