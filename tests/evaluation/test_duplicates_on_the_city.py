"""What the demonstration city marked as duplicates, found by the rule that is learnt from its first half."""

from __future__ import annotations

from tests.evaluation.duplicates import city_rows, measure


def test_six_of_ten_marked_duplicates_are_suggested_at_less_than_one_case_in_eleven() -> None:
    found = measure(city_rows())
    assert found.marked > 1000
    assert found.recall >= 0.60
    assert found.flagged <= 0.09
