"""A backtest says which columns it could not ask, since they hang on words that the archive does not keep."""

from __future__ import annotations

import pytest
from archive.unasked import unasked
from common.contracts.patch import Cells, Patch, RowChange

OLD = {"category": '"noise"', "confirm": "false"}
"""As older releases say it."""
HELD = {**OLD, "several": "false", "text_place": '"shown"'}


def patch(before: Cells | None, after: Cells | None, table: str = "triage") -> Patch:
    op = "add" if before is None else "remove" if after is None else "set"
    change = RowChange(op=op, row_id="noise", before=before, after=after)
    return Patch(layer="national", base_number=1, table=table, changes=(change,))


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (HELD, {**HELD, "confirm": "true"}, ()),
        (OLD, HELD, ()),
        (HELD, {**HELD, "several": "true"}, ("triage.several",)),
        (None, {**HELD, "text_place": '"decides"'}, ("triage.text_place",)),
        ({**HELD, "several": "true", "text_place": '"decides"'}, None, ("triage.several", "triage.text_place")),
    ],
)
def test_columns_of_triage_that_ask_the_words_are_named_where_they_change(
    before: Cells | None, after: Cells | None, found: tuple[str, ...]
) -> None:
    assert unasked(patch(before, after)) == found


def test_tables_that_only_ask_words_are_named_whole_and_others_never() -> None:
    assert unasked(patch({"weight": "1"}, {"weight": "2"}, "matter_words")) == ("matter_words",)
    assert unasked(patch({"authority": '"a"'}, {"authority": '"b"'}, "jurisdiction")) == ()
