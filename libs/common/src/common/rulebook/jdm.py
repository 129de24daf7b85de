"""JSON Decision Model documents: the form in which tables are written, edited and exchanged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from common.contracts.patch import Cells
from common.rulebook.cells import Test, parse_output, parse_test
from common.rulebook.errors import RulebookError
from common.rulebook.older_forms import COLUMNS, in_todays_form
from common.rulebook.tables import TABLES, TableSpec, Value

Document = dict[str, Any]
MOST_CELLS_KEPT = 8_192
"""Of each kind, by their text, once they were read."""


@dataclass(frozen=True, slots=True)
class TableRow:
    id: str
    tests: tuple[Test, ...]
    """One for each input of the table's spec, in its order."""
    outputs: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Table:
    """A first-hit decision table."""

    spec: TableSpec
    rows: tuple[TableRow, ...]


def content_of(name: str, document: Document) -> dict[str, Any]:
    """The decision table node's content in today's form; raises RulebookError."""
    found: dict[str, Any] = _node(name, document).get("content", {})
    return in_todays_form(name, found)


def today(name: str, document: Document) -> Document:
    """The document in today's form: the same object when it is, else a copy. Raises RulebookError."""
    node = _node(name, document)
    content = content_of(name, document)
    if node.get("content") is content:
        return document
    nodes = [{**each, "content": content} if each is node else each for each in document["nodes"]]
    return {**document, "nodes": nodes}


def _node(name: str, document: Document) -> dict[str, Any]:
    nodes: list[dict[str, Any]] = [n for n in document.get("nodes", []) if n.get("type") == "decisionTableNode"]
    if len(nodes) != 1:
        raise RulebookError(f"table {name}: the document holds {len(nodes)} decision table nodes, not one")
    return nodes[0]


def column_ids(name: str, document: Document) -> dict[str, str]:
    """Column name to the id under which rows keep its cell; raises RulebookError."""
    content = content_of(name, document)
    return {c["field"]: c["id"] for c in [*content.get("inputs", []), *content.get("outputs", [])]}


def rows_of(name: str, document: Document) -> list[tuple[str, Cells]]:
    """Each row's id and cells by column name; raises RulebookError."""
    ids = column_ids(name, document)
    found = []
    for rule in content_of(name, document).get("rules", []):
        if not rule.get("_id"):
            raise RulebookError(f"table {name}: a row has no _id")
        found.append((str(rule["_id"]), {column: str(rule.get(key, "")) for column, key in ids.items()}))
    return found


def parse_table(name: str, document: Document) -> Table:
    """Read a table against its spec; raises RulebookError naming table, row and cell."""
    spec = TABLES.get(name)
    if spec is None:
        raise RulebookError(f"table {name}: no such table; there are {', '.join(TABLES)}")
    if content_of(name, document).get("hitPolicy", "first") != "first":
        raise RulebookError(f"table {name}: the hit policy must be `first`")
    wanted = {c.name for c in spec.inputs} | {c.name for c in spec.outputs}
    if set(column_ids(name, document)) != wanted:
        raise RulebookError(f"table {name}: its columns must be {', '.join(sorted(wanted))}")
    rows = []
    seen: set[str] = set()
    for row_id, cells in rows_of(name, document):
        if row_id in seen:
            raise RulebookError(f"table {name}: row id {row_id!r} stands twice")
        seen.add(row_id)
        rows.append(_row(spec, row_id, cells))
    return Table(spec, tuple(rows))


def _row(spec: TableSpec, row_id: str, cells: Cells) -> TableRow:
    tests = []
    outputs: dict[str, Value] = {}
    column = ""
    try:
        for inp in spec.inputs:
            column = inp.name
            tests.append(_test(cells[column], inp.type))
        for out in spec.outputs:
            column = out.name
            outputs[column] = _output(cells[column], out.type)
    except ValueError as error:
        raise RulebookError(f"table {spec.name}, row {row_id}, cell {column}: {error}") from error
    return TableRow(row_id, tuple(tests), outputs)


# Each change of a layer reads all of its tables anew, and nearly all of their cells are as before.
_test = lru_cache(maxsize=MOST_CELLS_KEPT)(parse_test)
_output = lru_cache(maxsize=MOST_CELLS_KEPT)(parse_output)


def document_of(name: str, rows: list[tuple[str, Cells]]) -> Document:
    """A JDM document for a table: what an editor opens and zen-engine runs."""
    spec = TABLES[name]
    inputs = [{"id": f"in_{c.name}", "name": c.name, "field": c.name} for c in spec.inputs]
    outputs = [{"id": f"out_{c.name}", "name": c.name, "field": c.name} for c in spec.outputs]
    keys = {c["field"]: c["id"] for c in [*inputs, *outputs]}
    usual = COLUMNS.get(name, {})
    rules = [{"_id": row_id, **{keys[n]: cells.get(n, usual.get(n, "")) for n in keys}} for row_id, cells in rows]
    content = {"hitPolicy": "first", "inputs": inputs, "outputs": outputs, "rules": rules}
    return {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [
            {"id": "in", "name": "request", "type": "inputNode", "position": {"x": 80, "y": 160}},
            {
                "id": "table",
                "name": name,
                "type": "decisionTableNode",
                "position": {"x": 360, "y": 160},
                "content": content,
            },
            {"id": "out", "name": "response", "type": "outputNode", "position": {"x": 640, "y": 160}},
        ],
        "edges": [
            {"id": "e1", "type": "edge", "sourceId": "in", "targetId": "table"},
            {"id": "e2", "type": "edge", "sourceId": "table", "targetId": "out"},
        ],
    }
