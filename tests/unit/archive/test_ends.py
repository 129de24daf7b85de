"""How far topics must be read before an answer, and what of that can still be read."""

from __future__ import annotations

from archive.ends import End, from_json, reached, still_there, to_json


def test_what_is_noted_is_read_again_and_an_end_without_an_id_is_a_number() -> None:
    ends = {"t/0": End(7, "an id"), "t/1": End(0)}
    assert from_json(to_json(ends)) == ends
    assert from_json('{"t/0": 7}') == {"t/0": End(7)}


def test_an_offset_says_nothing_of_another_topic_and_nothing_is_reached_at_once() -> None:
    ends = {"t/0": End(7, "old")}
    assert reached({"t/0": End(7, "old")}, ends)
    assert reached({"t/0": End(7)}, ends)
    assert not reached({"t/0": End(9, "new")}, ends)
    assert not reached({"t/0": End(6, "old")}, ends)
    assert not reached({}, ends)
    assert reached({"t/0": End(9, "old")}, {"t/0": End(0, "new"), "t/1": End(0, "new")})


def test_of_a_topic_made_anew_counts_what_it_holds_of_one_that_lost_records_what_is_left_of_one_that_grew_the_old_end(
) -> None:  # fmt: skip
    ends = {"anew/0": End(7, "old"), "short/0": End(7, "same"), "grown/0": End(7, "same"), "gone/0": End(7, "old")}
    now = {"anew/0": End(3, "new"), "short/0": End(5, "same"), "grown/0": End(70, "same"), "other/0": End(1, "x")}
    assert still_there(ends, now) == {"anew/0": End(3, "new"), "short/0": End(5, "same"), "grown/0": End(7, "same")}
