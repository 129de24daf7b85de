"""What the machine says about a patch: does it apply, is it readable, does it name what is there, does it keep the
national standard. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from common.contracts.frozen import value
from common.contracts.patch import Patch
from common.contracts.refusals import Reason
from common.rulebook.between_tables import never_asked, readable
from common.rulebook.check import check_table
from common.rulebook.errors import PatchConflict, RulebookError
from common.rulebook.jdm import Document, parse_table
from common.rulebook.no_looser import loosened_rows
from common.rulebook.patch import apply_patch, reverse
from common.rulebook.references import KnownNames, unknown_names
from common.rulebook.release import NATIONAL, Release

MOST_LAYER_BYTES, MOST_COMPRESSED_BYTES = 6_291_456, 1_048_576
"""Of a layer's tables as JSON: with the trials on it a release must fit into one record, which is compressed."""
SecondOpinion = Callable[[str, Document], Sequence[str]]
"""What another engine reads otherwise in a table."""


@value
class Fit:
    """The patch applies: the layer's tables after it, the way back, and warnings for people."""

    tables: dict[str, dict[str, Any]]
    reversal: Patch
    findings: tuple[str, ...] = ()


@value
class Unfit:
    """Why the patch is refused, with the rows that do it. `moved`: it does not apply to the head."""

    reason: str
    rows: tuple[str, ...] = ()
    moved: bool = False


def examine(
    patch: Patch, heads: Mapping[str, Release], known: KnownNames, second_opinion: SecondOpinion | None = None
) -> Fit | Unfit:
    """Apply the patch to its layer's head and judge the result; `heads` are the newest releases by layer."""
    head = heads[patch.layer]
    if not patch.changes:
        return Unfit(Reason("patch_empty", "the patch changes nothing"))
    if patch.base_number > head.number:
        prose = f"{patch.layer} has no release {patch.base_number}; its newest is {head.number}"
        named = {"layer": patch.layer, "number": str(patch.base_number), "newest": str(head.number)}
        return Unfit(Reason("no_such_release", prose, **named))
    try:
        based = patch.model_copy(update={"base_number": head.number})
        tables = apply_patch(head.tables, based)
        reversal = reverse(based, head.tables)
    except PatchConflict as error:
        return Unfit(Reason("patch_moved", str(error)), moved=True)
    except RulebookError as error:
        return Unfit(Reason("patch_invalid", str(error)))
    if _too_large(orjson.dumps(tables)):
        return Unfit(Reason("layer_too_large", f"the tables of {patch.layer} would not fit into one release"))
    name, document = patch.table, tables[patch.table]
    findings = check_table(name, document, patch.layer)
    errors = tuple(f"table {f.table}, row {f.row_id}: {f.words}" for f in findings if f.severity == "error")
    if errors:
        return Unfit(Reason("table_unreadable", f"table {name} would not be readable", table=name), errors)
    unknown = tuple(f"table {name}, row {r}: {words}" for r, words in unknown_names(parse_table(name, document), known))
    if unknown:
        return Unfit(Reason("names_unknown", "the patch names what this federation does not have"), unknown)
    differing = tuple(second_opinion(name, document)) if second_opinion is not None else ()
    if differing:
        prose = f"zen-engine reads table {name} differently"
        return Unfit(Reason("table_ambiguous", prose, table=name), differing[:20])
    if patch.layer != NATIONAL:
        loose = loosened_rows(heads[NATIONAL].tables, {name: document})
        if loose:
            reason = Reason("loosens_standard", "the patch loosens the national standard")
            return Unfit(reason, tuple(row.in_words() for row in loose))
    warnings = [f.words if f.row_id is None else f"table {name}, row {f.row_id}: {f.words}" for f in findings]
    return Fit(tables, reversal, (*warnings, *_newly_unasked(patch.layer, tables, heads)))


def _too_large(tables: bytes) -> bool:
    if len(tables) <= MOST_COMPRESSED_BYTES:
        return False
    return len(tables) > MOST_LAYER_BYTES or len(zlib.compress(tables, 1)) > MOST_COMPRESSED_BYTES


def _newly_unasked(layer: str, tables: dict[str, dict[str, Any]], heads: Mapping[str, Release]) -> list[str]:
    """Rows of a layer that nothing would ask for any more, with words; those that stood idle before are left out."""

    def found(of: Mapping[str, dict[str, Any]]) -> list[str]:
        own = readable(of)
        nation = own if layer == NATIONAL else readable(heads[NATIONAL].tables)
        return [f"table {table}, row {row}: {words}" for table, row, words in never_asked([nation, own], own)]

    before = set(found(heads[layer].tables))
    return [words for words in found(tables) if words not in before]
