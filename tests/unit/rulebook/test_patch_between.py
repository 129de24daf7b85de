"""A table as files have it is proposed row by row, and comes out of the patch as it went in."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime

from common.contracts.patch import Cells
from common.rulebook import Release, apply_patch, reverse, sealed
from common.rulebook.jdm import Document, document_of
from common.rulebook.patch_between import patch_between

SEED = 20260731
TABLES = 200
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def table(draw: random.Random, most: int = 9) -> Document:
    names = draw.sample("abcdefghijkl", draw.randint(0, most))
    rows: list[tuple[str, Cells]] = [
        (
            n,
            {
                "category": draw.choice(("", f'"{n}"', '"\\"ямы\\"","x"')),
                "area": "",
                "authority": f'"{draw.choice("xy")}"',
            },
        )
        for n in names
    ]
    return document_of("jurisdiction", rows)


def release(**tables: Document) -> Release:
    return sealed(Release(layer="north", number=7, effective_at=EPOCH, tables=tables))


def as_bytes(document: Document) -> bytes:
    return json.dumps(document, sort_keys=True, ensure_ascii=False).encode()


def test_a_patch_between_two_tables_makes_the_second_by_bytes_and_has_its_way_back() -> None:
    print(f"seed {SEED}")
    draw = random.Random(SEED)
    for number in range(TABLES):
        base, wanted = release(jurisdiction=table(draw)), table(draw)
        patch = patch_between(base, "jurisdiction", wanted)
        if patch is None:
            assert as_bytes(wanted) == as_bytes(base.tables["jurisdiction"])
            continue
        after = apply_patch(base.tables, patch)
        assert as_bytes(after["jurisdiction"]) == as_bytes(wanted), f"seed {SEED}, pair {number}"
        assert apply_patch(after, reverse(patch, base.tables)) == base.tables


def test_a_table_taken_into_nothing_is_the_same_by_bytes() -> None:
    draw = random.Random(SEED)
    for _ in range(TABLES):
        wanted = table(draw)
        patch = patch_between(release(), "jurisdiction", wanted)
        if patch is not None:
            assert as_bytes(apply_patch({}, patch)["jurisdiction"]) == as_bytes(wanted)


def test_rows_that_stay_in_order_are_changed_where_they_stand() -> None:
    cells: Cells = {"category": '"a"', "area": "", "authority": '"x"'}
    base = release(jurisdiction=document_of("jurisdiction", [("a", cells), ("b", cells), ("c", cells)]))
    changed = document_of("jurisdiction", [("a", cells), ("b", {**cells, "authority": '"y"'}), ("c", cells)])
    patch = patch_between(base, "jurisdiction", changed)
    assert patch is not None
    assert [(c.op, c.row_id) for c in patch.changes] == [("set", "b")]
    assert (patch.layer, patch.base_number) == ("north", 7)
