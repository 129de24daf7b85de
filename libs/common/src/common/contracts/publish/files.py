"""The contracts as files: the same catalogue gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from common.contracts.catalogue import TOPICS
from common.contracts.publish import case_life_page
from common.contracts.publish.asyncapi import document
from common.contracts.publish.headers import KINDS, header_schema
from common.contracts.publish.schemas import DIALECT, event_schema
from common.contracts.publish.table import page

SCHEMAS = Path(__file__).parents[4] / "schemas"
"""Where they are kept in a working copy."""


class _Plain(yaml.CSafeDumper):
    """Without anchors: what is said twice is written twice."""

    def ignore_aliases(self, data: object) -> bool:
        return True


@cache
def files() -> Mapping[str, str]:
    """Every file by its name; made once, since the catalogue does not change while a program runs."""
    found = {f"{model.type}.json": _json(event_schema(model)) for topic in TOPICS for model in topic.types}
    for kind, (name, _, _) in KINDS.items():
        head = {"$schema": DIALECT, "$id": f"urn:otklik:headers.{kind}", "title": name}
        found[f"headers.{kind}.json"] = _json(head | header_schema(kind))
    found["asyncapi.yaml"] = yaml.dump(document(), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)
    found["topics.md"] = page()
    found["case_life.md"] = case_life_page.page()
    return MappingProxyType(dict(sorted(found.items())))


def _json(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def differing(folder: Path) -> list[str]:
    """Names of files that are missing, too many or not what the catalogue gives."""
    return _differing(folder, files())


def _differing(folder: Path, wanted: Mapping[str, str]) -> list[str]:
    there = {p.name: p.read_text() for p in folder.iterdir() if p.is_file()} if folder.is_dir() else {}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def write(folder: Path) -> list[str]:
    """Make the folder what the catalogue gives; returns the names of files that changed."""
    wanted = files()
    changed = _differing(folder, wanted)
    folder.mkdir(parents=True, exist_ok=True)
    for name in changed:
        if name in wanted:
            (folder / name).write_text(wanted[name])
        else:
            (folder / name).unlink()
    return changed
