"""The rows of an overlay that loosen the standard, as looking at every input finds them."""

from __future__ import annotations

import itertools
import random

from common.rulebook import NATIONAL, check_table, loosened_rows
from common.rulebook.bitsets import compile_table
from common.rulebook.input_space import UNSEEN, values_of
from common.rulebook.jdm import Cells, Document, document_of, parse_table
from common.rulebook.layers import merge
from common.rulebook.no_looser import Loosening
from common.rulebook.tables import TABLES, Value

SEED = 20260728
PAIRS = 200
CELLS = {
    "text": ["", '"a"', '"b"', '"a","c"', '"b","c","d"'],
    "number": ["", "1", "2", "1,3", "< 2", ">= 2", "[1..3]", "(1..3]", "> 3"],
    "boolean": ["", "true", "false"],
}
OUTPUTS = {"text": ['"head"', '"centre"'], "number": ["60", "120", "240"], "boolean": ["true", "false"]}
NAMES = ("deadline", "escalation", "priority", "triage")


def in_words(value: Value) -> str:
    return "any other" if value == UNSEEN else f"{value:g}" if isinstance(value, float) else str(value)


def table(name: str, draw: random.Random) -> Document:
    spec = TABLES[name]
    rows: list[tuple[str, Cells]] = []
    for number in range(draw.randrange(1, 12)):
        cells = {c.name: draw.choice(CELLS[c.type]) for c in spec.inputs}
        cells |= {c.name: draw.choice(OUTPUTS[c.type]) for c in spec.outputs}
        rows.append((f"r{number}", cells))
    return document_of(name, rows)


def by_every_input(name: str, national: Document, overlay: Document) -> list[Loosening]:
    low, high = parse_table(name, national), parse_table(name, overlay)
    names = [c.name for c in low.spec.inputs]
    found: dict[tuple[str, str], Loosening] = {}
    for values in itertools.product(*(values_of(c, i, [low, high]) for i, c in enumerate(low.spec.inputs))):
        nation, region = (
            next((r for r in t.rows if all(c.holds(v) for c, v in zip(r.tests, values, strict=True))), None)
            for t in (low, high)
        )
        for column in low.spec.outputs if nation is not None and region is not None else ():
            assert nation is not None
            assert region is not None
            a, b = nation.outputs[column.name], region.outputs[column.name]
            if (column.merge != "own" or column.fixed) and merge(column, a, b) != b:
                inputs = dict(zip(names, values, strict=True))
                found.setdefault((region.id, column.name), Loosening(name, region.id, column.name, inputs, a, b))
    return list(found.values())


def test_the_rows_that_loosen_are_those_that_every_input_shows() -> None:
    draw = random.Random(SEED)
    loosening = 0
    for number in range(PAIRS):
        name = NAMES[number % len(NAMES)]
        national, overlay = table(name, draw), table(name, draw)
        expected = by_every_input(name, national, overlay)
        loosening += bool(expected)
        assert loosened_rows({name: national}, {name: overlay}) == expected, f"seed {SEED}, pair {number}: {overlay}"
    assert PAIRS / 4 < loosening < PAIRS


def test_the_gap_and_the_rows_out_of_reach_are_those_that_every_input_shows() -> None:
    draw = random.Random(SEED)
    for number in range(PAIRS):
        name = NAMES[number % len(NAMES)]
        document = table(name, draw)
        parsed = parse_table(name, document)
        compiled = compile_table(parsed)
        names = [c.name for c in parsed.spec.inputs]
        reached, gaps = set(), []
        for values in itertools.product(*(values_of(c, i, [parsed]) for i, c in enumerate(parsed.spec.inputs))):
            hit = compiled.decide(**dict(zip(names, values, strict=True)))
            if hit is None:
                gaps.append(dict(zip(names, map(in_words, values), strict=True)))
            else:
                reached.add(hit.row_id)
        findings = check_table(name, document, NATIONAL)
        dead = {f.row_id for f in findings if f.words.startswith("no input reaches")}
        assert dead == {r.id for r in parsed.rows} - reached, f"seed {SEED}, table {number}: {document}"
        said = [f.words for f in findings if f.words.startswith("no row answers")]
        asked = [", ".join(f"{name} {value}" for name, value in gap.items()) for gap in gaps[:1]]
        assert said == [f"no row answers for {each}" for each in asked], f"seed {SEED}, table {number}"


def test_a_ladder_must_say_its_highest_level() -> None:
    cells = {"level": ">= 3", "after_minutes": "60", "to": '"federal"', "directive": "true", "directive_minutes": "60"}
    findings = check_table("escalation", document_of("escalation", [("all", cells)]), NATIONAL)
    assert [(f.severity, f.row_id) for f in findings if "has no end" in f.words] == [("error", "all")]
