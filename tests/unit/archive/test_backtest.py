"""Backtests by columns against an evaluation case by case, and what they do not claim."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from archive.backtest import backtested
from archive.columns import DecisionInputs, opened, parquet_of
from archive.evidence import gathered_in
from archive.rows import PastRow
from archive.rules_then import RulesThen
from archive.verdicts import verdicts
from common.contracts.events.archive import BacktestCounts, ProposalBacktested
from common.contracts.patch import Patch, RowChange
from common.contracts.trial import TrialPlan
from common.rulebook.book import ReleaseBook
from common.rulebook.layers import Rulebook
from common.rulebook.patch import apply_patch, reverse
from common.rulebook.placement import BY_HAND, Placed, TriageWord, Where, place
from common.rulebook.simulation import patched

from tests.past import START, book_of_tests, known_word, past, shorter, to_lighting, write_csv

CASES = 10_000
CHECKED = START + timedelta(minutes=7 * CASES // 2)


def asked(
    folder: Path, rows: Sequence[PastRow], patch: Patch, *, checked_at: datetime = CHECKED,
    evidence: dict[str, Any] | None = None, book: ReleaseBook | None = None,
) -> ProposalBacktested:  # fmt: skip
    csv = write_csv(rows, folder / "journal.csv")
    return backtested("p", patch, evidence or {}, checked_at, book or book_of_tests(), [], csv, folder)


Case = tuple[PastRow, PastRow | None, list[PastRow]]


def cases_of(rows: Sequence[PastRow], until: datetime) -> list[Case]:
    """How each case that was opened began, what triage was asked about it, and everything else."""
    found: dict[UUID, list[PastRow]] = defaultdict(list)
    for row in rows:
        if row.happened_at < until:
            found[row.case_id].append(row)
    return [
        (first, next((r for r in told if r.kind == "triage_requested"), None), told)
        for told in found.values()
        for first in told
        if first.kind == "opened"
    ]


def decided(first: PastRow, triage: PastRow | None, rules: Rulebook) -> tuple[Placed | None, bool]:
    """Straight from the case: by rule if the rules place it, else as the person said."""
    here = Where(str(first.area), str(first.region), BY_HAND)
    lost = first.by_hand and triage is not None and triage.reason in ("no_place", "outside_every_region")
    given = first.given if first.given is not None or triage is None else triage.given
    placed = place("", given, None if lost else here, rules)
    if isinstance(placed, Placed):
        return placed, False
    if not first.by_hand:
        return None, True
    said = TriageWord(
        first.category if first.said_category else None, first.authority if first.said_authority else None
    )
    by_hand = place("", given, here, rules, said)
    return (by_hand if isinstance(by_hand, Placed) else None), True


def naive(rows: Sequence[PastRow], patch: Patch, until: datetime = CHECKED) -> tuple[Counter[str], Counter[Any]]:
    """Every case on its own: counts, and flows by both authorities."""
    book, counts, flows = book_of_tests(), Counter[str](), Counter[Any]()
    without = {region: book.in_force(region, until) for region in ("north", "south")}
    instead = {region: patched(book, region, until, patch) for region in ("north", "south")}
    for first, triage, told in cases_of(rows, until):
        counts["decisions"] += 1
        before, asked_before = decided(first, triage, without[str(first.region)])
        after, asks_after = decided(first, triage, instead[str(first.region)])

        def terms(p: Placed | None) -> Any:
            return p and (p.category, p.authority, p.priority, p.answer_minutes, p.extension_minutes)

        if asked_before == asks_after and terms(before) == terms(after):
            continue
        counts["changed"] += 1
        if asked_before != asks_after:
            counts["to_person" if asks_after else "to_rule"] += 1
            flow = (None if asked_before or before is None else before.authority,
                    None if asks_after or after is None else after.authority)  # fmt: skip
            flows[flow] += 1
            counts["unknown"] += 1
        else:
            assert before is not None
            assert after is not None
            counts.update(_same_way(first, told, before, after, flows))
        joined = any(r.kind == "joined" for r in told)
        ended = any(r.kind in ("answered", "declined", "transferred") for r in told)
        counts["known"] += ended and not joined
    return counts, flows


def _same_way(
    first: PastRow, told: Sequence[PastRow], before: Placed, after: Placed, flows: Counter[Any]
) -> Counter[str]:
    found = Counter[str]()
    moves = [r for r in told if r.kind == "transferred"]
    answer = next((r for r in told if r.kind == "answered"), None)
    if before.authority != after.authority:
        found["moved"] += 1
        flows[before.authority, after.authority] += 1
        right = moves and moves[-1].authority == after.authority and first.authority == before.authority
        if right and not any(r.kind == "joined" for r in told):
            found["saved"] += 1
            return found
    elif answer is not None and (before.answer_minutes, before.extension_minutes) != (
        after.answer_minutes, after.extension_minutes,
    ):  # fmt: skip
        extended = any(r.kind == "extended" for r in told)
        for name, placed in (("late_without", before), ("late_with", after)):
            allowed = placed.answer_minutes + (placed.extension_minutes if extended else 0)
            found[name] += (answer.minutes or 0) > allowed
        found["timed"] += 1
        return found
    found["unknown"] += 1
    return found


@pytest.fixture(scope="module")
def rows() -> list[PastRow]:
    return list(past(CASES))


@pytest.mark.parametrize("patch", [to_lighting, shorter, known_word])
def test_ten_thousand_cases_by_columns_are_the_same_as_one_by_one(
    tmp_path: Path, rows: list[PastRow], patch: Callable[[], Patch]
) -> None:
    expected, flows = naive(rows, patch())
    found = asked(tmp_path, rows, patch())
    assert expected["changed"] > 300
    assert found.verdict == "known"
    assert found.known == expected["known"]
    del expected["known"]
    assert found.total.model_dump() == {**dict.fromkeys(BacktestCounts.model_fields, 0), **expected}
    assert {(f.without, f.instead): f.cases for f in found.flows} == flows


def test_the_answer_is_the_same_in_any_order_and_from_segments(tmp_path: Path, rows: list[PastRow]) -> None:
    whole = asked(tmp_path, rows, to_lighting())
    mixed = random.Random(2).sample(rows, len(rows))
    half = write_csv(mixed[:9000], tmp_path / "half.csv")
    segment = tmp_path / "1.parquet"
    segment.write_bytes(parquet_of(half, tmp_path))
    rest = write_csv(mixed[9000:], tmp_path / "rest.csv")
    again = backtested("p", to_lighting(), {}, CHECKED, book_of_tests(), [segment], rest, tmp_path)
    assert again.wire() == whole.wire()


def test_each_slice_adds_up_to_the_whole(tmp_path: Path, rows: list[PastRow]) -> None:
    found = asked(tmp_path, rows, shorter())
    for dimension in ("region", "channel", "category"):
        assert sum(s.changed for s in found.slices if s.dimension == dimension) == found.total.changed
    assert {s.name for s in found.slices if s.dimension == "area"} == {"01", "02", "03"}
    for counts in (found.total, *found.slices):
        assert counts.changed == counts.saved + counts.timed + counts.unknown


def test_what_happened_at_the_check_or_later_says_nothing(tmp_path: Path, rows: list[PastRow]) -> None:
    early = [row for row in rows if row.happened_at < CHECKED]
    assert asked(tmp_path, early, to_lighting()).wire() == asked(tmp_path, rows, to_lighting()).wire()


FIRST, LAST = START + timedelta(days=3), START + timedelta(days=5)
GATHERED = {"first": FIRST.isoformat(), "last": LAST.isoformat()}


def holes(rows: Sequence[PastRow], area: str) -> int:
    """Decisions about potholes of an area in the days of the evidence."""
    return sum(
        r.kind == "opened" and FIRST <= r.happened_at <= LAST and (r.category, r.area) == ("pothole", area)
        for r in rows
    )  # fmt: skip


def test_decisions_that_a_proposal_was_made_of_are_left_out_and_others_of_these_days_count(
    tmp_path: Path, rows: list[PastRow]
) -> None:
    found = asked(tmp_path, rows, to_lighting(), evidence=GATHERED)
    whole = asked(tmp_path, rows, to_lighting())
    inside = sum(r.kind == "opened" and FIRST <= r.happened_at <= LAST for r in rows)
    assert 0 < found.left_out < inside
    assert found.left_out <= holes(rows, "01")
    assert found.total.decisions == whole.total.decisions - found.left_out
    assert found.total.changed == whole.total.changed - found.left_out
    assert (found.left_out_from, found.left_out_until) == (FIRST, LAST)


def test_of_evidence_that_names_cells_only_these_are_left_out_each_for_its_own_days(
    tmp_path: Path, rows: list[PastRow]
) -> None:
    whole = asked(tmp_path, rows, shorter())
    by_area = {
        area: asked(tmp_path, rows, shorter(), evidence={**GATHERED, "cells": [{"category": "pothole", "area": area}]})
        for area in ("01", "02")
    }
    both = asked(
        tmp_path, rows, shorter(),
        evidence={**GATHERED, "cells": [
            {"category": "pothole", "area": "01"}, {"category": "pothole", "area": "02", "own_evidence": True},
            {"category": "pothole", "area": "03", "own_evidence": False},
            {"category": "street-light", "area": "03"},
        ]},
    )  # fmt: skip
    assert {area: found.left_out for area, found in by_area.items()} == {a: holes(rows, a) for a in ("01", "02")}
    assert both.left_out == by_area["01"].left_out + by_area["02"].left_out
    assert both.total.changed == whole.total.changed - both.left_out
    shown = {"category": "pothole", "area": "01", "first": FIRST.isoformat(), "last": FIRST.isoformat()}
    assert asked(tmp_path, rows, shorter(), evidence={**GATHERED, "cells": [shown]}).left_out < by_area["01"].left_out


def test_evidence_that_names_no_window_leaves_nothing_out(tmp_path: Path, rows: list[PastRow]) -> None:
    for evidence in ({"first": "yesterday", "last": "today"}, {"first": "2011-07-05", "last": "2011-07-06"}):
        assert asked(tmp_path, rows[:100], to_lighting(), evidence=evidence).left_out == 0


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("0001-01-01T00:00:00+05:00", "2011-01-01T00:00:00+00:00"),
        ("2011-01-01T00:00:00+00:00", "9999-12-31T23:00:00-05:00"),
        ("2011-01-02T00:00:00+00:00", "2011-01-01T00:00:00+00:00"),
        ("2011-01-01T00:00:00", "2011-01-02T00:00:00+00:00"),
        ("soon", 7),
    ],
)
def test_a_window_that_cannot_be_is_none(first: object, last: object) -> None:
    assert gathered_in({"first": first, "last": last}) is None


def test_of_few_known_cases_nothing_is_concluded(tmp_path: Path, rows: list[PastRow]) -> None:
    found = asked(tmp_path, rows[:150], to_lighting())
    assert 0 < found.known < found.fewest_known
    assert found.verdict == "too_little_known"


def test_a_change_that_decides_nothing_otherwise_is_said_to_change_nothing(tmp_path: Path, rows: list[PastRow]) -> None:
    row = {"category": '"graffiti"', "area": "", "authority": '"lighting"'}
    patch = Patch(
        layer="north", base_number=1, table="jurisdiction",
        changes=(RowChange(op="add", row_id="g", after=row, at=0),),
    )  # fmt: skip
    found = asked(tmp_path, rows, patch)
    assert (found.verdict, found.total.changed, found.slices, found.flows) == ("unchanged", 0, (), ())
    assert found.total.decisions > 0


def test_a_patch_that_does_not_fit_what_was_in_force_is_said_not_to_be_replayable(
    tmp_path: Path, rows: list[PastRow]
) -> None:
    patch = to_lighting().model_copy(update={"changes": (RowChange(op="remove", row_id="none", before={}),)})
    found = asked(tmp_path, rows, patch)
    assert found.verdict == "not_replayable"
    assert "no row none" in (found.reason or "")


def test_a_case_that_never_was_with_the_other_authority_is_not_known(tmp_path: Path) -> None:
    """Forty cases stayed with the yard, forty went on to lighting, forty to the other yard."""
    rows = []
    for number in range(120):
        at, case_id = START + timedelta(hours=number), UUID(int=number)
        rows.append(
            PastRow(
                "opened", case_id, at, 1, "north", "yard-01", "01", "pothole", "Pothole", "web", 2, "national:1", "",
                False, False, False, False,
            )
        )  # fmt: skip
        if number >= 40:
            to = "lighting" if number < 80 else "yard-02"
            rows.append(PastRow("transferred", case_id, at + timedelta(hours=1), 2, "north", to, minutes=60))
        rows.append(PastRow("answered", case_id, at + timedelta(hours=9), 3, "north", "x", minutes=500))
    found = asked(tmp_path, rows, to_lighting(), checked_at=START + timedelta(days=30))
    assert (found.total.moved, found.total.saved, found.total.unknown, found.known) == (120, 40, 80, 120)
    assert [(f.without, f.instead, f.cases, f.ended_there) for f in found.flows] == [("yard-01", "lighting", 120, 40)]


@pytest.mark.parametrize("given", [None, "what"])
def test_a_case_whose_category_a_model_or_the_citizen_named_is_placed_by_it(tmp_path: Path, given: str | None) -> None:
    rows = []
    for number in range(60):
        at, case_id = START + timedelta(hours=number), UUID(int=number)
        if number % 2:
            rows.append(PastRow("triage_requested", case_id, at, 1, given=given, channel="web", reason="no_place"))
        rows.append(
            PastRow(
                "opened", case_id, at, 1, "north", "yard-01", "01", "pothole", None, "web", 2, "national:1", "",
                False, True, False, False,
            )
        )  # fmt: skip
        rows.append(PastRow("answered", case_id, at + timedelta(hours=9), 3, "north", "x", minutes=500))
    found = asked(tmp_path, rows, to_lighting(), checked_at=START + timedelta(days=30))
    assert (found.total.decisions, found.total.moved) == (60, 60)
    assert [(f.without, f.instead, f.cases) for f in found.flows] == [("yard-01", "lighting", 60)]


def on_trial(change: Patch, *, adopted: bool = False) -> ReleaseBook:
    """The rules of the tests, of which one change is tried; `adopted`: the tables hold it, and a part does not."""
    book = book_of_tests()
    head = book.head(change.layer)
    assert head is not None
    back = reverse(change, head.tables)
    tried = TrialPlan(
        proposal_id="tried", patch=change, reversal=back, unit="case", share=0.5, salt="salt", started_at=START,
        adopted=adopted,
    )  # fmt: skip
    tables = apply_patch(head.tables, change) if adopted else head.tables
    release = head.model_copy(update={"number": 2, "effective_at": START, "tables": tables, "trials": (tried,)})
    return ReleaseBook([*(r for layer in ("national", "north", "south") for r in book.releases(layer)), release])


def under(arm: str | None, rows: Sequence[PastRow]) -> list[PastRow]:
    """The same cases, their decisions made under an arm."""
    return [row._replace(arms=arm) if row.kind == "opened" else row for row in rows]


@pytest.mark.parametrize(
    ("adopted", "other", "same"), [(False, "candidate", "current"), (True, "current", "candidate")]
)
def test_a_decision_made_under_a_trial_is_replayed_by_the_rule_that_it_followed(
    tmp_path: Path, rows: list[PastRow], adopted: bool, other: str, same: str
) -> None:
    """The trial is of the deadline of potholes, so that the change's minutes are others by each rule."""
    book = on_trial(shorter(), adopted=adopted)
    by_tables = asked(tmp_path, rows, to_lighting(), book=book)
    by_same = asked(tmp_path, under(f"tried:{same}", rows), to_lighting(), book=book)
    assert by_same.wire() == by_tables.wire()
    inputs = DecisionInputs(1, "north", "01", "Pothole", False, None, None, "01", None, f"tried:{other}")
    (followed,) = verdicts([inputs], RulesThen(book, to_lighting(), CHECKED))
    (held,) = verdicts([inputs._replace(arms=None)], RulesThen(book, to_lighting(), CHECKED))
    minutes = {"candidate": 400, "current": 480}
    assert (followed.without_minutes, held.without_minutes) == (minutes[other], minutes[same])
    assert (followed.instead, held.instead) == ("lighting", "lighting")


def trial_of_a_row() -> tuple[ReleaseBook, Patch]:
    """Potholes of area 01 go to the other yard on trial, and a change that gives them to lighting by a row above."""
    before = {"category": '"pothole"', "area": '"01"', "authority": '"yard-01"'}
    moved = RowChange(op="set", row_id="p1", before=before, after={**before, "authority": '"yard-02"'})
    holes = {"category": '"pothole"', "area": '"01"', "authority": '"lighting"'}
    above = RowChange(op="add", row_id="above", at=0, after=holes)
    trial = on_trial(Patch(layer="north", base_number=1, table="jurisdiction", changes=(moved,)))
    return trial, Patch(layer="north", base_number=2, table="jurisdiction", changes=(above,))


def test_only_decisions_that_followed_the_other_rule_of_a_trial_are_replayed_by_it(
    tmp_path: Path, rows: list[PastRow]
) -> None:
    trial, change = trial_of_a_row()
    half = [row for row in rows if row.case_id.int % 2]
    mixed = under("tried:candidate other:candidate", half) + [row for row in rows if not row.case_id.int % 2]
    flows = {f.without: f.cases for f in asked(tmp_path, mixed, change, book=trial).flows}
    whole = {f.without: f.cases for f in asked(tmp_path, rows, change, book=trial).flows}
    assert set(whole) == {"yard-01"}
    assert flows["yard-01"] + flows["yard-02"] == whole["yard-01"]
    assert flows["yard-02"] == {f.without: f.cases for f in asked(tmp_path, half, change, book=trial).flows}["yard-01"]


def test_where_a_change_does_not_fit_the_other_rule_of_a_trial_the_tables_decide(
    tmp_path: Path, rows: list[PastRow]
) -> None:
    trial = on_trial(to_lighting())
    same_row = to_lighting().model_copy(update={"base_number": 2})
    mixed = asked(tmp_path, under("tried:candidate", rows), same_row, book=trial)
    assert mixed.total == asked(tmp_path, rows, same_row, book=trial).total
    assert mixed.verdict == "known"


def test_segments_from_before_a_column_are_read_beside_later_ones(tmp_path: Path, rows: list[PastRow]) -> None:
    trial, change = trial_of_a_row()
    later = under("tried:candidate", rows[4000:9000])
    made, first, second, old = (tmp_path / name for name in ("made.csv", "1.parquet", "2.parquet", "old.parquet"))
    first.write_bytes(parquet_of(write_csv(rows[:4000], made), tmp_path))
    second.write_bytes(parquet_of(write_csv(later, made), tmp_path))
    with opened(tmp_path) as db:
        db.execute(f"COPY (SELECT * EXCLUDE (arms) FROM '{first}') TO '{old}' (FORMAT parquet)")  # noqa: S608
    rest = write_csv(rows[9000:], tmp_path / "rest.csv")
    whole, grown = (
        backtested("p", change, {}, CHECKED, trial, files, rest, tmp_path) for files in ([first, second], [old, second])
    )
    assert grown.wire() == whole.wire()
    assert {flow.without for flow in whole.flows} == {"yard-01", "yard-02"}


def test_messages_that_nobody_has_placed_are_counted_apart(tmp_path: Path) -> None:
    rows = [PastRow("triage_requested", UUID(int=n), START, 1, given="x", reason="no_place") for n in range(3)]
    rows.append(PastRow("triage_declined", UUID(int=1), START, 2))
    found = asked(tmp_path, rows, to_lighting())
    assert (found.waiting, found.total.decisions, found.since) == (2, 0, None)
