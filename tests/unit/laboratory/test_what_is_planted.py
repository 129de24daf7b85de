"""Faults change whose a case is, never the rules; a shuffled log has nothing that changes over time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from common.rulebook.placement import Where
from laboratory.logged_case import LoggedCase
from laboratory.misrouting.desks import IMPERFECT, Deed
from laboratory.misrouting.faults.batches import batches, with_batches
from laboratory.misrouting.faults.fault import Moved, ground_of, with_faults
from laboratory.misrouting.planting import BATCHES
from laboratory.misrouting.shuffling import shuffled
from laboratory.misrouting.study import MisroutingStudy
from laboratory.subject import Source
from laboratory.thinning import thinned
from world.log import LogRow

from tests.unit.laboratory.logs import write_log

START = datetime(2021, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def case(number: int, really: str | None = "roads", cell: tuple[str, str] = ("pothole", "1")) -> LoggedCase:
    where = Where(cell[1], "north", "borders")
    return LoggedCase(str(number), START + number * DAY, cell[0], where, "web", really, None, cell, "roads")


CASES = [case(n) for n in range(200)]
FAULT = Moved(("pothole", "1"), "roads", "lights", START + 100 * DAY)


def test_cases_belong_to_the_other_authority_from_the_fault_on_and_the_rules_stay() -> None:
    changed = with_faults(CASES, [FAULT], seed=1)
    assert {c.really for c in changed[:100]} == {"roads"}
    assert {c.really for c in changed[100:]} == {"lights"}
    assert {c.ruled for c in changed} == {"roads"}


def test_who_had_what_the_fault_gives_away_gets_what_the_old_authority_had() -> None:
    changed = with_faults([case(150, "lights"), case(151, "waste"), case(152, None)], [FAULT], seed=1)
    assert [c.really for c in changed] == ["roads", "waste", None]


def test_other_cells_are_left_alone() -> None:
    other = case(150, cell=("pothole", "2"))
    assert with_faults([other], [FAULT], seed=1) == [other]


def test_of_an_ambiguous_cell_the_fault_moves_a_share_the_same_for_the_same_seed() -> None:
    half = Moved(FAULT.cell, "roads", "lights", START, share=0.5)
    first, second, other = (with_faults(CASES, [half], seed) for seed in (1, 1, 2))
    assert first == second != other
    assert 70 <= Counter(c.really for c in first)["lights"] <= 130


def test_imperfect_desks_keep_misdirect_and_delay_the_shares_that_they_are_said_to() -> None:
    random = Random(3)
    print("seed 3")
    deeds = Counter(IMPERFECT.deed(random) for _ in range(20_000))
    shares = {deed: deeds[deed] / 20_000 for deed in Deed}
    assert shares[Deed.KEPT] == pytest.approx(0.2, abs=0.01)
    assert shares[Deed.TO_A_THIRD] == pytest.approx(0.1, abs=0.01)
    assert shares[Deed.HANDED_ON_LATE] == pytest.approx(0.2, abs=0.01)


def test_seed_nought_leaves_the_log_as_it_is_and_others_leave_out_whole_days_of_a_cell() -> None:
    twice = [*CASES, *(case(n) for n in range(200))]
    assert thinned(twice, 0) == twice
    kept = thinned(twice, 4)
    assert kept == thinned(twice, 4)
    assert 280 <= len(kept) <= 390
    assert set(Counter(c.opened_at for c in kept).values()) == {2}


def test_a_shuffled_log_deals_out_who_acted_among_the_rows_of_a_type_and_area_alone() -> None:
    rows = [
        LogRow(str(n), START + n * DAY, type=kind, queue=f"{kind}-{area}-{n > 50}", district=area)
        for n in range(100)
        for kind in ("pothole", "light")
        for area in ("1", "2")
    ]
    dealt = shuffled(rows, 1)
    assert [(r.case_id, r.opened, r.type, r.district) for r in dealt] == [
        (r.case_id, r.opened, r.type, r.district) for r in rows
    ]
    assert Counter((r.type, r.district, r.queue) for r in dealt) == Counter((r.type, r.district, r.queue) for r in rows)
    early = Counter(r.queue for r in dealt[:200])
    assert all(10 <= early[f"{kind}-{area}-True"] <= 40 for kind in ("pothole", "light") for area in ("1", "2"))


def test_batches_add_cases_of_another_authority_to_one_day_of_a_cell_or_two(tmp_path: Path) -> None:
    subject = Source(write_log(tmp_path / "log.csv"), None, "UTC").subject(tmp_path)
    print("seed 1")
    found = batches(ground_of(subject.federation, subject.cases), Random(1))
    assert found
    for number, batch in enumerate(found):
        assert {c.cell for c in batch.cases} == {batch.cell}
        assert {c.really for c in batch.cases} == {batch.authority} != {batch.cases[0].ruled}
        spread = batch.cases[-1].opened_at - batch.cases[0].opened_at
        assert spread < (2 if number % 2 else 1) * DAY
        assert 10 <= len(batch.cases) <= 40
    both = with_batches(subject.cases, found)
    assert len(both) == len(subject.cases) + sum(len(batch.cases) for batch in found)
    assert [c.opened_at for c in both] == sorted(c.opened_at for c in both)


def test_no_route_is_proposed_for_what_is_entered_in_a_batch(tmp_path: Path) -> None:
    subject = Source(write_log(tmp_path / "log.csv"), None, "UTC").subject(tmp_path)
    for seed in (1, 2):
        print("seed", seed)
        assert MisroutingStudy().run(subject, BATCHES, seed).batches_taken == 0
