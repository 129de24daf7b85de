"""Classifiers that the first releases name: files of that content in the folder `models`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from common.federation.check.head import Found
from common.federation.check.rulebook import line_of
from common.federation.country import read_table
from common.federation.faults import Fault, FederationError
from common.rulebook.classification import TABLE
from common.rulebook.errors import RulebookError
from common.rulebook.jdm import parse_table

VERSION = re.compile(r"[0-9a-f]{64}")


def check(found: Found) -> Iterator[Fault]:
    """Remarks: a federation without them can be started, and models may lie in another folder (`OTKLIK_MODELS`)."""
    for path in sorted((found.folder / "rulebook").glob(f"*/{TABLE}.json")):
        try:
            table = parse_table(TABLE, read_table(path))
        except (FederationError, RulebookError):
            continue  # the rulebook's check has said so
        for row in table.rows:
            version = str(row.outputs["model"])
            why = _missing(found.folder / "models" / f"{version}.model", version)
            if why is not None:
                then = (
                    "messages wait for it"
                    if row.outputs["if_missing"] == "waits"
                    else "people place what it would read"
                )
                words = f"row {row.id}: {why}; where routing has it from no other folder, {then}"
                yield Fault(path, line_of(path, row.id), words, remark=True)


def _missing(path: Path, version: str) -> str | None:
    if not VERSION.fullmatch(version):
        return f"model {version[:80]!r} is no version, which is the SHA-256 of a model's file"
    if not path.is_file():
        return f"there is no {path.parent.name}/{path.name}"
    if sha256(path.read_bytes()).hexdigest() != version:
        return f"{path.parent.name}/{path.name} holds another model than its name says"
    return None
