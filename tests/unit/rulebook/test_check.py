"""What is found wrong with a table before it is published, and what is only remarked."""

from __future__ import annotations

import itertools
import random

import pytest
from common.rulebook import NATIONAL, check_table
from common.rulebook.between_tables import never_asked, readable
from common.rulebook.input_space import values_of
from common.rulebook.jdm import Cells, Document, Table, document_of, parse_table
from common.rulebook.overlaps import overlaps

SEED = 20260730
ANSWER = {"answer_minutes": "480", "extension_minutes": "0"}
RUNG = {"after_minutes": "60", "to": '"federal"', "directive": "false", "directive_minutes": "60"}


def said(table: str, *rows: tuple[str, Cells], layer: str = NATIONAL) -> list[tuple[str, str | None, str]]:
    return [(f.severity, f.row_id, f.words) for f in check_table(table, document_of(table, list(rows)), layer)]


@pytest.mark.parametrize(
    ("table", "cells", "words"),
    [
        ("priority", {"priority": "many"}, "table priority, row r, cell priority: 'many' is not a number"),
        (
            "priority",
            {"category": "lamp", "priority": "1"},
            "table priority, row r, cell category: 'lamp' is not a test",
        ),
        ("priority", {"priority": "101"}, "priority is 101; it must lie from 0 to 100"),
        ("background", {"rate": "1.5"}, "rate is 1.5; it must lie from 0 to 1"),
        ("escalation", {**RUNG, "level": "> 1"}, "level has no end in this row"),
        (
            "escalation",
            {**RUNG, "level": "1", "to": '"mayor"'},
            "to is mayor; it must be one of triage, authority_head",
        ),
    ],
)
def test_a_cell_that_cannot_hold_is_an_error_that_names_its_column(table: str, cells: Cells, words: str) -> None:
    errors = [text for severity, _, text in said(table, ("r", cells)) if severity == "error"]
    assert len(errors) == 1
    assert words in errors[0]


def test_a_gap_is_an_error_where_the_nations_table_must_answer_and_a_warning_elsewhere() -> None:
    some = {"category": '"lamp"', **ANSWER}
    assert said("deadline", ("r", some)) == [("error", None, "no row answers for category any other, priority -1")]
    assert said("deadline", ("r", some), layer="north") == []
    (found,) = said("jurisdiction", ("r", {"category": '"lamp"', "authority": '"yard"'}))
    assert found == ("warning", None, "no row answers for category any other, area any other")


def test_rows_that_answer_the_same_word_otherwise_are_an_error_where_rows_stand_beside_each_other() -> None:
    rows = [
        ("lamp", {"given": '"Lamp","Light"', "category": '"lamp"'}),
        ("post", {"given": '"Light","Post"', "category": '"post"'}),
    ]
    words = "for given Light row lamp above it answers otherwise, and decides"
    assert ("error", "post", words) in said("category_map", *rows)
    same = [(name, {**cells, "category": '"lamp"'}) for name, cells in rows]
    assert not [each for each in said("category_map", *same) if each[1] is not None]


def test_rows_whose_order_decides_are_remarked_unless_one_is_an_exception_to_the_other() -> None:
    by_category = ("lamp", {"category": '"lamp"', "area": "", "authority": '"lights"'})
    by_area = ("park", {"category": "", "area": '"01"', "authority": '"parks"'})
    exception = ("both", {"category": '"lamp"', "area": '"01"', "authority": '"yard"'})
    found = [each for each in said("jurisdiction", by_category, by_area) if each[1] is not None]
    words = "for category lamp, area 01 row lamp above it answers otherwise, and decides"
    assert found == [("warning", "park", words)]
    assert not [each for each in said("jurisdiction", exception, by_category) if each[1] is not None]


def random_table(draw: random.Random) -> Document:
    texts, numbers = ["", '"a"', '"a","b"', '"b","c"'], ["", "1", "1,3", "< 2", "[1..3]", "> 3"]
    rows = [
        (
            f"r{n}",
            {
                "category": draw.choice(texts),
                "priority": draw.choice(numbers),
                **ANSWER,
                "answer_minutes": draw.choice("12"),
            },
        )
        for n in range(draw.randrange(1, 9))
    ]
    return document_of("deadline", rows)


def by_every_input(table: Table) -> set[tuple[str, str]]:
    """Pairs of rows that answer otherwise and each take an input that the other does not."""
    inputs = list(itertools.product(*(values_of(c, i, [table]) for i, c in enumerate(table.spec.inputs))))
    taken = [{v for v in inputs if all(t.holds(x) for t, x in zip(row.tests, v, strict=True))} for row in table.rows]
    found: dict[str, str] = {}
    for (above, a), (below, b) in itertools.combinations(zip(table.rows, taken, strict=True), 2):
        if a & b and not a <= b and not b <= a and above.outputs != below.outputs:
            found.setdefault(below.id, above.id)
    return {(above, below) for below, above in found.items()}


def test_the_overlaps_are_those_that_every_input_shows() -> None:
    print(f"seed {SEED}")
    draw = random.Random(SEED)
    some = 0
    for number in range(200):
        table = parse_table("deadline", random_table(draw))
        expected = by_every_input(table)
        some += bool(expected)
        assert {(o.above, o.below) for o in overlaps(table)} == expected, f"seed {SEED}, table {number}"
    assert some > 50


def tables(**rows: list[tuple[str, Cells]]) -> dict[str, Table]:
    return readable({name: document_of(name, held) for name, held in rows.items()})


def test_a_row_for_a_category_or_priority_that_no_table_says_is_remarked() -> None:
    nation = tables(
        category_map=[("lamp", {"given": '"Lamp"', "category": '"lamp"'})],
        priority=[("lamp", {"category": '"lamp"', "priority": "3"}), ("post", {"category": '"post"', "priority": "2"})],
        deadline=[("urgent", {"priority": ">= 4", **ANSWER}), ("usual", {"priority": "1", **ANSWER}), ("any", ANSWER)],
    )
    assert sorted(never_asked([nation], nation)) == [
        ("deadline", "urgent", "its priority is at least 4, which no row of table priority says"),
        ("priority", "post", "its category is post, which no row of table category_map says"),
    ]
    region = tables(priority=[("post", {"category": "", "priority": "5"})])
    assert [row for _, row, _ in never_asked([nation, region], nation)] == ["post"]


def test_a_level_above_one_that_has_no_row_is_remarked() -> None:
    nation = tables(
        priority=[("any", {"priority": "2"})],
        escalation=[
            ("one", {"level": "1", "priority": "", **RUNG}),
            ("three", {"level": "3", "priority": "2", **RUNG}),
        ],
    )
    words = "its level 3 is never reached: level 2 has no row for it"
    assert list(never_asked([nation], nation)) == [("escalation", "three", words)]
