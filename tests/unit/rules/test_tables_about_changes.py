"""A rule about changes that nothing could ever come of is refused, and people are told what a trial cannot show."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from common.contracts.events.base import Event
from common.contracts.events.rules import ProposalChecked, ProposalRefused
from common.contracts.patch import Patch, RowChange

from tests.unit.rules.scene import CENTRE, TERMS, TRIAL, begun, change, proposal, reroute, world

CONSENT = {"author": '"misrouting"', "table": "", "rows": "[1..1]", "passes": "true", "given_by": '"centre"'}


def proposed(table: str, row_id: str, cells: dict[str, str]) -> list[Event]:
    """A row that is put above the others of a table of the nation."""
    patch = Patch(
        layer="national", base_number=1, table=table, changes=(RowChange(op="add", row_id=row_id, after=cells, at=0),)
    )
    return begun(world(argued=True)).take(proposal("p1", table, (), patch=patch, actor=CENTRE))


def rows(said: Sequence[Event]) -> str:
    (event,) = said
    assert isinstance(event, ProposalRefused)
    assert event.code == "table_unreadable"
    return " ".join(event.rows)


def trial(**cells: str) -> dict[str, str]:
    return {**TRIAL, "rows": "[1..2]", **cells}


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"table": '"escalation"'}, "no outcomes are counted of what table escalation decides"),
        ({"table": '"loops"', "unit": '"area"'}, "no outcomes are counted"),
        ({"table": '"jurisdiction"', "unit": '"authority"'}, "which authority has a case is not known"),
        ({"table": ""}, "a trial of table escalation could only end inconclusive"),
        ({"steps": '"100"'}, "nobody would be left to compare with"),
        ({"steps": '"50 20"'}, "growing percents"),
    ],
)  # fmt: skip
def test_a_row_by_which_no_trial_could_show_anything_is_refused(cells: dict[str, str], why: str) -> None:
    assert why in rows(proposed("trial", "new", trial(**cells)))


@pytest.mark.parametrize("cells", [{"unit": '"authority"'}, {"table": '"escalation"', "unit": '"none"'}])
def test_a_row_by_which_a_trial_can_show_something_or_none_is_made_is_checked(cells: dict[str, str]) -> None:
    (event,) = proposed("trial", "new", trial(**cells))
    assert isinstance(event, ProposalChecked), event


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"speakers": '"citizens"'}, "'citizens'"),
        ({"speakers": '"citizen,expert"'}, "roles with blanks between"),
        ({"quorum_expert": "1"}, "quorum_expert can never be met"),
    ],
)  # fmt: skip
def test_terms_that_no_role_could_meet_are_refused(terms: dict[str, str], why: str) -> None:
    cells = {"table": '"deadline"', "layer": '"overlay"', **TERMS, **terms}
    assert why in rows(proposed("deliberation", "new", cells))


def test_a_consent_ends_on_a_day_that_there_is() -> None:
    assert "a day such as" in rows(proposed("standing_consent", "new", {**CONSENT, "until": '"31.12.2026"'}))
    (event,) = proposed("standing_consent", "new", {**CONSENT, "until": '"2026-12-31"'})
    assert isinstance(event, ProposalChecked), event


def found(said: Sequence[Event]) -> str:
    (event,) = said
    assert isinstance(event, ProposalChecked)
    return " ".join(event.findings)


def test_people_are_told_before_they_decide_that_a_trial_can_only_end_without_a_result() -> None:
    longer = found(begun(world()).take(change("p1", minutes=300)))
    assert "whether the longer deadline is kept as the forecast says" in longer
    assert "without a forecast of answers in time it ends without a result" in longer
    assert "longer deadline" not in found(begun(world()).take(change("p1", minutes=120)))
    by_office = begun(world(unit='"authority"')).take(reroute("p1", "lamp", "yard-9"))
    assert "its trial can only end inconclusive: which authority has a case is not known" in found(by_office)
    assert "gain" not in found(begun(world(tried=False)).take(change("p1", minutes=300)))
