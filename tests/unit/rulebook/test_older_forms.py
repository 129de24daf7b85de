"""Releases that were published before a table grew a column are read, decided by and patched as before."""

from __future__ import annotations

from datetime import UTC, datetime

from common.contracts.patch import Patch, RowChange
from common.rulebook import NATIONAL, NO_UNIT, Release, ReleaseBook, apply_patch, check_table, sealed
from common.rulebook.jdm import Document, document_of, rows_of
from common.rulebook.oracle import differences
from common.rulebook.patch import reverse
from common.rulebook.tables import Value

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CELLS = {"level": "1", "priority": "", "after_minutes": "60", "to": '"federal"', "directive": "true"}


def older() -> Document:
    """The ladder as it was written before a directive's time was a rule."""
    document = document_of("escalation", [("one", {**CELLS, "directive_minutes": ""})])
    content = document["nodes"][1]["content"]
    content["outputs"] = [c for c in content["outputs"] if c["name"] != "directive_minutes"]
    for rule in content["rules"]:
        del rule["out_directive_minutes"]
    return document


def test_an_older_ladder_decides_with_the_minutes_that_held_then() -> None:
    release = sealed(Release(layer=NATIONAL, number=1, effective_at=EPOCH, tables={"escalation": older()}))
    book = ReleaseBook()
    book.add(release)
    rules = book.in_force(NATIONAL, EPOCH)
    rung = rules.decide("escalation", {"level": 1, "priority": 2}, NO_UNIT)
    assert rung is not None
    assert (rung.outputs["after_minutes"], rung.outputs["directive_minutes"]) == (60, 480)
    placing = rules.decide("escalation", {"level": 0, "priority": 0}, NO_UNIT)
    assert placing is not None
    assert placing.outputs["after_minutes"] == 480
    assert rules.decide("escalation", {"level": 2, "priority": 2}, NO_UNIT) is None
    assert release.tables["escalation"] == older(), "a release never changes"


def test_both_engines_read_an_older_ladder_alike_and_it_has_no_errors() -> None:
    assert differences("escalation", older()) == []
    assert not [f for f in check_table("escalation", older(), NATIONAL) if f.severity == "error"]


def test_a_change_written_before_the_column_was_there_still_applies_and_has_its_way_back() -> None:
    change = RowChange(op="set", row_id="one", before=CELLS, after={**CELLS, "after_minutes": "30"})
    patch = Patch(layer=NATIONAL, base_number=1, table="escalation", changes=(change,))
    tables = {"escalation": older()}
    after = apply_patch(tables, patch)
    assert dict(rows_of("escalation", after["escalation"]))["one"] == {
        **CELLS, "after_minutes": "30", "directive_minutes": "480"
    }  # fmt: skip
    back = apply_patch(after, reverse(patch, tables))
    assert rows_of("escalation", back["escalation"]) == rows_of("escalation", older())


def test_an_older_table_of_trials_lets_an_office_have_one_at_a_time_however_many_cases_a_change_concerns() -> None:
    cells = {
        "table": '"jurisdiction"', "rows": "", "unit": '"case"', "steps": '"20 50 100"', "least_outcomes": "5",
        "longest_days": "45", "holdout_percent": "5", "holdout_days": "30",
    }  # fmt: skip
    document = document_of("trial", [("routes", cells)])
    content = document["nodes"][1]["content"]
    content["inputs"] = [c for c in content["inputs"] if c["name"] != "cases_a_day"]
    content["outputs"] = [c for c in content["outputs"] if c["name"] != "cases_beside"]
    for rule in content["rules"]:
        del rule["in_cases_a_day"], rule["out_cases_beside"]
    book = ReleaseBook()
    book.add(sealed(Release(layer=NATIONAL, number=1, effective_at=EPOCH, tables={"trial": document})))
    for cases in (0, 500):
        inputs: dict[str, Value] = {"table": "jurisdiction", "rows": 1, "cases_a_day": cases}
        decision = book.in_force(NATIONAL, EPOCH).decide("trial", inputs, NO_UNIT)
        assert decision is not None
        assert (decision.outputs["steps"], decision.outputs["cases_beside"]) == ("20 50 100", 0)


def test_a_table_without_a_later_input_and_output_decides_as_before_whatever_the_input_is() -> None:
    document = document_of("conversation", [("closed", {"state": '"closed"', "then": '"opens"'})])
    content = document["nodes"][1]["content"]
    content["inputs"] = [c for c in content["inputs"] if c["name"] != "minutes"]
    content["outputs"] = [c for c in content["outputs"] if c["name"] != "wait_minutes"]
    for rule in content["rules"]:
        del rule["in_minutes"], rule["out_wait_minutes"]
    book = ReleaseBook()
    book.add(sealed(Release(layer=NATIONAL, number=1, effective_at=EPOCH, tables={"conversation": document})))
    for minutes in (0, 500):
        inputs: dict[str, Value] = {"state": "closed", "brings": "words", "days": 0, "minutes": minutes}
        decision = book.in_force(NATIONAL, EPOCH).decide("conversation", inputs, NO_UNIT)
        assert decision is not None
        assert decision.outputs["then"] == "opens"
    assert differences("conversation", document) == []
    assert not [f for f in check_table("conversation", document, NATIONAL) if f.severity == "error"]
