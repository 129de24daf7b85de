"""Everything that was ever published can still be read: samples of every type, which are never changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from common.contracts.catalogue import TOPICS
from common.contracts.events import EVENTS, Event
from common.contracts.publish.files import SCHEMAS
from common.contracts.publish.samples import sample, write_missing
from jsonschema.validators import validator_for

from tests.contract.history import ROOT, NoBase, base_commit, files_at

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = sorted(GOLDEN.glob("*/*.json"))
TYPES = sorted((t for topic in TOPICS for t in topic.types), key=lambda t: t.type)
COMMAND = (
    "run `.venv/bin/python -m common.contracts.publish samples tests/contract/golden`,"
    " and put in what a real record holds"
)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_sample_still_parses(path: Path) -> None:
    model = EVENTS[path.parent.name]
    model.model_validate_json(path.read_bytes())
    schema = json.loads((SCHEMAS / f"{model.type}.json").read_text())
    validator_for(schema)(schema).validate(json.loads(path.read_text()))


@pytest.mark.parametrize("model", TYPES, ids=lambda t: t.type)
def test_every_type_has_samples_that_show_each_of_its_fields(model: type[Event]) -> None:
    samples = [json.loads(p.read_text()) for p in (GOLDEN / model.type).glob("*.json")]
    assert samples, f"{model.type} has no golden sample: {COMMAND}"
    unseen = model.model_fields.keys() - {name for sample in samples for name in sample}
    assert not unseen, f"no sample shows {sorted(unseen)}: {COMMAND}"


@pytest.mark.parametrize("model", TYPES, ids=lambda t: t.type)
def test_a_sample_can_be_made_of_each_type(model: type[Event]) -> None:
    assert sample(model, full=True).keys() == model.model_fields.keys()


def test_making_samples_writes_what_is_missing_and_changes_nothing(tmp_path: Path) -> None:
    write_missing(tmp_path)
    first = tmp_path / TYPES[0].type / "full.json"
    first.write_text('{"changed": "by a person"}')
    (tmp_path / TYPES[0].type / "least.json").unlink()
    made = write_missing(tmp_path)
    assert made == [first.with_name("full-2.json")]
    assert first.read_text() == '{"changed": "by a person"}'
    assert write_missing(tmp_path) == []


def test_no_sample_was_changed_or_taken_away_while_its_type_lives() -> None:
    try:
        base = base_commit()
        before = files_at(base, "tests/contract/golden")
    except NoBase as reason:
        pytest.skip(f"nothing was compared: {reason}")
    if not before:
        pytest.skip(f"nothing was compared: {base[:12]} has no samples")
    for name, text in before.items():
        path = ROOT / name
        if path.parent.name in EVENTS:
            assert path.exists(), f"{name} was taken away: it was published, so it must stay readable"
            assert path.read_text() == text, f"{name} was changed: add a new sample beside it"
