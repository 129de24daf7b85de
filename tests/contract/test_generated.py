"""The committed contracts are what the catalogue says, complete, and valid by their own standards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from common.contracts.catalogue import TOPICS
from common.contracts.publish.asyncapi import address, channel_id
from common.contracts.publish.files import SCHEMAS, differing, files, write
from jsonschema.validators import validator_for

HERE = Path(__file__).parent
DOCUMENT = yaml.load((SCHEMAS / "asyncapi.yaml").read_text(), yaml.CSafeLoader)


def test_the_committed_contracts_are_what_the_catalogue_says() -> None:
    assert differing(SCHEMAS) == [], "run `make contracts`, look at the difference, commit it"


def test_writing_twice_changes_nothing_and_a_changed_or_stray_file_is_named(tmp_path: Path) -> None:
    assert set(write(tmp_path)) == set(files())
    assert write(tmp_path) == []
    (tmp_path / "topics.md").write_text("something else")
    (tmp_path / "gone.event.v1.json").write_text("{}")
    assert differing(tmp_path) == ["gone.event.v1.json", "topics.md"]
    write(tmp_path)
    assert differing(tmp_path) == []


def test_asyncapi_is_valid_by_the_published_schema() -> None:
    schema = json.loads((HERE / "asyncapi" / "3.0.0.json").read_text())
    errors = validator_for(schema)(schema).iter_errors(DOCUMENT)
    assert [f"{list(e.absolute_path)}: {e.message}"[:300] for e in errors] == []


def test_every_reference_of_asyncapi_leads_somewhere() -> None:
    for reference in _references(DOCUMENT):
        node: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            assert part in node, reference
            node = node[part]


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)


def test_asyncapi_has_a_channel_for_each_row_and_an_operation_for_each_writer_and_reader() -> None:
    assert {c["address"] for c in DOCUMENT["channels"].values()} == {address(t) for t in TOPICS}
    wanted = {
        (action, role.strip("{}"), channel_id(topic))
        for topic in TOPICS
        for action, roles in (("send", topic.writers), ("receive", topic.consumers))
        for role in roles
    }
    found = {
        (o["action"], o["tags"][0]["name"], o["channel"]["$ref"].removeprefix("#/channels/"))
        for o in DOCUMENT["operations"].values()
    }
    assert found == wanted


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda p: p.stem)
def test_each_json_schema_is_valid_by_its_dialect(path: Path) -> None:
    schema = json.loads(path.read_text())
    validator_for(schema).check_schema(schema)
    assert schema["$id"] == f"urn:otklik:{path.stem}"
