from datetime import UTC, datetime
from typing import NamedTuple

from reflex.fortnights import CountsByKind, fortnight_end


class Kind(NamedTuple):
    category: str
    row: str


def test_fortnights_begin_on_mondays_and_their_end_belongs_to_the_next() -> None:
    first, second = datetime(2011, 6, 27, tzinfo=UTC).timestamp(), datetime(2011, 7, 11, tzinfo=UTC).timestamp()
    assert fortnight_end(first - 1) == first
    assert fortnight_end(first) == second
    assert fortnight_end(second - 1) == second


def test_counts_are_the_same_after_they_were_saved_and_loaded() -> None:
    counts, loaded = CountsByKind(Kind), CountsByKind(Kind)
    keys = {counts.count(kind, bad=bad) for kind, bad in ((Kind("a", ""), True), (Kind("b", "x"), False))}
    loaded.load({key: counts.body(key) or {} for key in keys})
    for one in (counts, loaded):
        assert one.body(one.count(Kind("a", ""), bad=False)) == {"counts": [2, 1]}
        assert set(one.clear()) == keys
        assert one.body("b\tx") is None
