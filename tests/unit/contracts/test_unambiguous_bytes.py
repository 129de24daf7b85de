"""Texts that are put together can be told apart again: nobody makes two identities alike by shifting a separator."""

from __future__ import annotations

from common.contracts.envelope import derived_id
from common.contracts.unambiguous_bytes import joined, netstrings
from hypothesis import given
from hypothesis import strategies as st

PART = st.text(alphabet="a|\0:,1\ud800", max_size=4)
PARTS = st.lists(PART, min_size=1, max_size=4)


@given(PARTS, PARTS, st.sampled_from("|\0"))
def test_two_sequences_of_texts_are_joined_alike_only_if_they_are_the_same(
    one: list[str], other: list[str], mark: str
) -> None:
    assert (joined(one, mark) == joined(other, mark)) == (one == other)


def test_an_id_cannot_be_had_by_shifting_what_stands_between() -> None:
    assert derived_id("case", "a|x", "c") != derived_id("case", "a", "x|c")
    assert derived_id("case", "", "a") != derived_id("case", "a")


def test_ids_without_separators_inside_are_what_they_always_were() -> None:
    assert derived_id("case", "intake", "m1") == "f2cc64cd-3c5c-518d-a548-8df9186d449b"


def test_netstrings_tell_their_parts() -> None:
    assert netstrings([b"a", b"", b"b,2:"]) == b"1:a,0:,4:b,2:,"
