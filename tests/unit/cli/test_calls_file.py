"""Records of calls from a file: columns by their names, times by their zone, each bad row told by its line."""

from __future__ import annotations

from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from otklik.calls_command import AT_ONCE, MOST_BYTES, parts_of
from otklik.calls_file import BadFile, Naming, Row, read_mapping, rows_of

ZONE = ZoneInfo("America/New_York")


def rows(text: str, naming: Naming | None = None, delimiter: str = ",") -> list[Row]:
    return list(rows_of(StringIO(text, newline=""), delimiter, naming or Naming({}), ZONE))


def test_a_row_is_a_record_whose_time_is_that_of_the_federation() -> None:
    (row,) = rows('id,number,words,called_at,lat\n7,617 555 0100,"A hole,\nquite deep",2026-03-02 12:30,\n')
    assert row.record == {
        "id": "7", "number": "617 555 0100", "words": "A hole,\nquite deep", "called_at": "2026-03-02T12:30:00-05:00",
    }  # fmt: skip
    assert row.line == 3


def test_columns_of_other_names_and_times_of_another_form_are_mapped() -> None:
    naming = read_mapping("words: Суть\ncalled_at: Когда\ntime_format: '%d.%m.%Y %H:%M'\n")
    (row,) = rows("Когда;Суть;Прочее\n02.03.2026 12:30;Яма;x\n", naming, ";")
    assert row.record is not None
    assert (row.record["words"], row.record["called_at"]) == ("Яма", "2026-03-02T12:30:00-05:00")


def test_a_call_without_an_id_is_known_by_what_its_row_says() -> None:
    text = "words,called_at\nA hole,2026-03-02 12:30\nA hole,2026-03-02 12:31\nA hole,2026-03-02 12:30\n"
    first, other, again = [row.record["id"] for row in rows(text) if row.record]
    assert first == again != other
    assert [row.record for row in rows(text)] == [row.record for row in rows(text)]


def test_bad_rows_are_told_by_line_and_the_others_go_on() -> None:
    text = (
        "words,called_at\nA hole,2026-03-02 12:30\n,2026-03-02 12:30\nA hole,yesterday\nA hole\n\n"
        'A "hole",2026-03-02 12:30\n"A"x,2026-03-02 12:30\nA lamp,2026-03-02T12:30:00Z\n'
    )
    found = rows(text)
    assert [(row.line, row.record is not None) for row in found] == [
        (2, True), (3, False), (4, False), (5, False), (7, True), (8, False), (9, True),
    ]  # fmt: skip
    assert ["empty" in found[1].fault, "no time" in found[2].fault, "columns" in found[3].fault] == [True] * 3
    assert "yesterday" not in found[2].fault


@pytest.mark.parametrize(
    ("text", "mapping"),
    [("", ""), ("words\nA hole\n", ""), ("words,called_at\n", "words: Суть"), ("words,called_at\n", "wrods: x"),
     ("words,called_at\n", "- x"), ("words,called_at\n", "words: [1"), ("words,called_at\n", "words: 1")],
)  # fmt: skip
def test_a_file_without_what_is_needed_and_a_mapping_of_nothing_are_refused(text: str, mapping: str) -> None:
    with pytest.raises(BadFile):
        rows(text, read_mapping(mapping))


def test_what_goes_at_once_is_bounded_in_rows_and_bytes() -> None:
    small = [Row(n, {"id": str(n), "words": "x"}) for n in range(AT_ONCE + 1)]
    assert [len(part) for part in parts_of(small)] == [AT_ONCE, 1]
    large = [Row(n, {"id": str(n), "words": "x" * (MOST_BYTES // 2)}) for n in range(3)]
    assert [len(part) for part in parts_of(large)] == [1, 1, 1]
