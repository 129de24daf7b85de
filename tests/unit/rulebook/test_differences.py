"""What differs between two versions of a layer."""

from __future__ import annotations

import random

from common.contracts.patch import Cells
from common.rulebook.differences import differences
from common.rulebook.jdm import Document, document_of

SEED = 4


def cells(name: str, to: str = "yard") -> Cells:
    return {"category": f'"{name}"', "area": "", "authority": f'"{to}"'}


def tables(*rows: tuple[str, Cells]) -> dict[str, Document]:
    return {"jurisdiction": document_of("jurisdiction", list(rows))}


def test_rows_are_added_removed_and_changed_by_their_ids() -> None:
    before = tables(("a", cells("a")), ("b", cells("b")), ("c", cells("c")))
    after = tables(("a", cells("a")), ("c", cells("c", "office")), ("d", cells("d")))
    removed, changed, added = differences(before, after)
    assert (removed.row_id, removed.after, removed.place_before, removed.place_after) == ("b", None, 1, None)
    assert (changed.row_id, changed.before, changed.after) == ("c", cells("c"), cells("c", "office"))
    assert (added.row_id, added.before, added.place_after) == ("d", None, 2)
    assert not any(each.moved for each in (removed, changed, added))


def test_a_row_that_is_put_before_another_is_the_only_one_that_moved() -> None:
    before = tables(*((n, cells(n)) for n in "abcde"))
    after = tables(*((n, cells(n)) for n in "eabcd"))
    (moved,) = differences(before, after)
    assert moved.moved
    assert (moved.row_id, moved.place_before, moved.place_after) == ("e", 4, 0)


def test_a_table_that_is_new_or_gone_is_all_its_rows() -> None:
    held = tables(("a", cells("a")), ("b", cells("b")))
    assert [(d.row_id, d.before is None) for d in differences({}, held)] == [("a", True), ("b", True)]
    assert [(d.row_id, d.after is None) for d in differences(held, {})] == [("a", True), ("b", True)]
    assert differences(held, held) == []


def test_what_differs_makes_the_later_version_out_of_the_earlier_one() -> None:
    print(f"seed {SEED}")
    draw = random.Random(SEED)
    for _ in range(200):
        names = draw.sample("abcdefgh", draw.randint(0, 8)), draw.sample("abcdefgh", draw.randint(0, 8))
        old, new = ({n: cells(n, draw.choice("xy")) for n in chosen} for chosen in names)
        found = differences(tables(*old.items()), tables(*new.items()))
        placed = {d.row_id: d for d in found if d.after is not None}
        left = [(n, held) for n, held in old.items() if n not in {d.row_id for d in found}]
        for each in sorted(placed.values(), key=lambda d: d.place_after or 0):
            assert each.after is not None
            left.insert(each.place_after or 0, (each.row_id, each.after))
        assert left == list(new.items())
