"""Rules as files have them, as proposals to those that run: one a table in which a row differs."""

from __future__ import annotations

from collections.abc import Iterable

from common.contracts.envelope import derived_id
from common.contracts.events.rules import ProposeChange
from common.contracts.rights import INSTALLATION
from common.rulebook.errors import RulebookError
from common.rulebook.jdm import parse_table
from common.rulebook.patch_between import patch_between
from common.rulebook.release import Release
from common.rulebook.tables import RETIRED
from pydantic import ValidationError

from otklik.known_rules import KnownRules
from otklik.rule_files import LayerFiles
from otklik.rules_asked import NotSaid, known_layer


def proposals(rules: KnownRules, files: Iterable[LayerFiles], words: str) -> list[ProposeChange]:
    """What would make the running rules say what the files say. Tables that have no file stay as they are.

    The same files with the same words give the same ids, so that a repeated import asks for nothing twice. Raises
    NotSaid, RulebookError.
    """
    found = []
    for layer in files:
        base = _base(rules, layer)
        for table, document in layer.tables.items():
            if table in RETIRED:
                continue
            parse_table(table, document)
            try:
                patch = patch_between(base, table, document)
            except ValidationError as error:
                raise NotSaid(f"table {table} of {layer.layer} differs in more rows than one proposal holds") from error
            if patch is not None:
                rows = "1 row" if len(patch.changes) == 1 else f"{len(patch.changes)} changes"
                found.append(
                    ProposeChange(
                        actor=INSTALLATION, proposal_id=derived_id("imported", patch.model_dump_json(), words),
                        title=f"Table {table} of {layer.layer} as files have it: {rows}", words=words, patch=patch,
                        needs_person=True,
                    )
                )  # fmt: skip
    return found


def _base(rules: KnownRules, files: LayerFiles) -> Release:
    """The release that files were taken from, the newest where they do not say."""
    known = rules.layer(known_layer(rules, files.layer))
    if files.number is None:
        return known[-1]
    base = next((r for r in known if r.number == files.number), None)
    if base is None:
        raise RulebookError(f"layer {files.layer} has no release {files.number}, from which the files say they come")
    return base
