"""What a layer answers to the questions that a patch is about: states of rules that can be compared. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice, product

from common.contracts.patch import Cells, Patch
from common.rulebook import NATIONAL, Release
from common.rulebook.bitsets import compile_table
from common.rulebook.cells import AnyValue, OneOf, parse_test
from common.rulebook.jdm import Document, parse_table, rows_of
from common.rulebook.tables import TABLES, Value

MOST_QUESTIONS = 500
"""Of one row whose cells hold lists."""
Answers = dict[str, str]
"""Question to answer, both as JSON text; an empty answer: no row."""


def answers(patch: Patch, heads: Mapping[str, Release], tables: Mapping[str, Document] | None = None) -> Answers:
    """The answers of the patch's layer, with `tables` in place of its own.

    A row whose cells are values asks for these, and the answer is that of the whole table, of the nation's where the
    layer has none: so a row that takes precedence over a general one leaves what the general one says. A row with an
    empty cell or a range is a question of its own.
    """
    own = tables if tables is not None else heads[patch.layer].tables
    documents = [own.get(patch.table)]
    if patch.layer != NATIONAL and NATIONAL in heads:
        documents.append(heads[NATIONAL].tables.get(patch.table))
    compiled = [compile_table(parse_table(patch.table, document)) for document in documents if document is not None]
    names = [column.name for column in TABLES[patch.table].inputs]
    texts = {
        _question(cells, names): _text({name: cell for name, cell in cells.items() if name not in names})
        for _, cells in (rows_of(patch.table, documents[0]) if documents[0] is not None else ())
    }
    found: Answers = {}
    for change in patch.changes:
        for cells in (change.before, change.after):
            if cells is None:
                continue
            asked = list(islice(_inputs(cells, patch.table), MOST_QUESTIONS))
            if not asked:
                found[_question(cells, names)] = texts.get(_question(cells, names), "")
            for inputs in asked:
                hit = next((hit for table in compiled if (hit := table.decide(**inputs)) is not None), None)
                found[_text(inputs)] = "" if hit is None else _text(hit.outputs)
    return found


def _inputs(cells: Cells, table: str) -> Iterator[dict[str, Value]]:
    """The inputs that a row takes; none where it takes more than can be listed."""
    columns = TABLES[table].inputs
    try:
        tests = [parse_test(cells.get(column.name, ""), column.type) for column in columns]
    except ValueError:
        return
    if any(isinstance(test, AnyValue) or not isinstance(test, OneOf) for test in tests):
        return
    for values in product(*(test.values for test in tests if isinstance(test, OneOf))):
        yield {column.name: value for column, value in zip(columns, values, strict=True)}


def _question(cells: Cells, names: list[str]) -> str:
    return _text({name: cells.get(name, "").strip() for name in names})


def _text(values: Mapping[str, Value]) -> str:
    return json.dumps(values, sort_keys=True, ensure_ascii=False)
