from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from common.contracts.events.base import Actor
from common.contracts.events.rules import DecideProposal, ProposeChange, StepTrial, WithdrawProposal
from common.contracts.patch import Patch, RowChange
from common.contracts.rights import INSTALLATION
from common.federation.country import EPOCH, Federation
from common.rulebook import Release, sealed
from common.rulebook.examination import Fit, Unfit, examine
from common.rulebook.jdm import document_of
from common.rulebook.references import KnownNames
from rules.chain import Head, link
from rules.domain import not_entitled
from rules.model import Tick
from rules.releases import boundary_after, next_release
from rules.verify import broken_link

T = datetime(2015, 3, 2, 12, tzinfo=UTC)


def deadline(row: str, minutes: str) -> tuple[str, dict[str, str]]:
    return row, {"category": '"lamp"', "priority": "", "answer_minutes": minutes, "extension_minutes": "60"}


def heads() -> dict[str, Release]:
    national = document_of("deadline", [deadline("n1", "480")])
    north = document_of("deadline", [deadline("r1", "240")])
    return {
        layer: sealed(Release(layer=layer, number=1, effective_at=EPOCH, tables={"deadline": tables}))
        for layer, tables in (("national", national), ("north", north))
    }


def patch(after: str, before: str = "240") -> Patch:
    change = RowChange(op="set", row_id="r1", before=deadline("r1", before)[1], after=deadline("r1", after)[1])
    return Patch(layer="north", base_number=1, table="deadline", changes=(change,))


def test_a_patch_that_loosens_the_standard_is_refused_with_its_rows() -> None:
    found = examine(patch("600"), heads(), KnownNames())
    assert isinstance(found, Unfit)
    assert "loosens" in found.reason
    assert any("r1" in row and "answer_minutes" in row for row in found.rows)


def test_a_stricter_patch_fits_and_has_its_way_back() -> None:
    found = examine(patch("120"), heads(), KnownNames())
    assert isinstance(found, Fit)
    assert found.reversal.changes[0].after == deadline("r1", "240")[1]


def test_a_patch_that_names_what_the_federation_does_not_have_is_refused_with_its_rows() -> None:
    found = examine(patch("120"), heads(), KnownNames(categories={"pothole"}))
    assert isinstance(found, Unfit)
    assert found.rows == ("table deadline, row r1: there is no category 'lamp'",)


def test_a_patch_after_which_nothing_asks_for_a_row_is_told_so() -> None:
    tables = {
        "priority": document_of("priority", [("any", {"priority": "4"})]),
        "deadline": document_of("deadline", [("urgent", {**deadline("", "60")[1], "category": "", "priority": "4"}),
                                             ("any", {**deadline("", "480")[1], "category": ""})]),
    }  # fmt: skip
    now = {"national": sealed(Release(layer="national", number=1, effective_at=EPOCH, tables=tables))}
    change = RowChange(op="set", row_id="any", before={"category": "", "priority": "4"}, after={"priority": "3"})
    found = examine(Patch(layer="national", base_number=1, table="priority", changes=(change,)), now, KnownNames())
    assert isinstance(found, Fit)
    words = "table deadline, row urgent: its priority is 4, which no row of table priority says"
    assert found.findings == (words,)


def test_a_patch_on_a_row_that_moved_no_longer_applies_and_another_is_rebased() -> None:
    now = heads()
    first = examine(patch("120"), now, KnownNames())
    assert isinstance(first, Fit)
    now["north"] = next_release(now["north"], first.tables, T)
    moved = examine(patch("100"), now, KnownNames())
    assert isinstance(moved, Unfit)
    assert moved.moved
    rebased = examine(patch("100", before="120"), now, KnownNames())
    assert isinstance(rebased, Fit)
    assert next_release(now["north"], rebased.tables, T).number == 3


def test_a_release_takes_effect_at_the_first_boundary_strictly_later() -> None:
    tick = Tick(T - timedelta(hours=6), T)
    assert boundary_after(T - timedelta(minutes=1), tick) == T + timedelta(hours=6)
    assert boundary_after(T, tick) == T + timedelta(hours=6)
    assert boundary_after(T + timedelta(hours=6), tick) == T + timedelta(hours=12)
    assert boundary_after(T + timedelta(seconds=5), None) == T + timedelta(minutes=1)


def chain() -> list[bytes]:
    head, records = Head(), []
    for n in range(3):
        step = link(head, "rules.proposal.checked", None if n == 0 else "p", T, {"n": n, "x": 0.1, "ы": ["я"]})
        head = Head(step.number, step.hash)
        records.append(step.model_dump_json(exclude_none=True).encode())
    return records


def test_an_untouched_chain_verifies() -> None:
    assert broken_link(chain()) == (3, None)


def test_a_changed_a_missing_and_an_unreadable_link_are_named() -> None:
    whole = chain()
    for tampered in (
        [whole[0], whole[1].replace(b'"n":1', b'"n":7'), whole[2]],
        [whole[0], whole[2]],
        [whole[0], b"?", whole[2]],
    ):
        count, wrong = broken_link(tampered)
        assert count == 1
        assert wrong is not None
        assert "link 2" in wrong


def test_who_may_propose_and_decide() -> None:
    people = tuple(
        SimpleNamespace(id=i, role=r, scope=s)
        for i, r, s in (("h", "regional_head", "north"), ("o", "operator", "north"), ("f", "federal", "*"))
    )
    stub: Any = SimpleNamespace(people=people, region=lambda i: i if i in ("north", "south") else None)
    federation = cast(Federation, stub)
    head, operator = Actor(id="h", role="regional_head", scope="north"), Actor(id="o", role="operator", scope="north")
    federal, loop = Actor(id="f", role="federal"), Actor(id="misrouting", role="loop")
    assert not_entitled(federation, "portal", head, DecideProposal, "north") is None
    assert not_entitled(federation, "portal", head, DecideProposal, "south") is not None
    assert not_entitled(federation, "portal", head, DecideProposal, "national") is not None
    assert not_entitled(federation, "portal", federal, DecideProposal, "national") is None
    assert not_entitled(federation, "portal", operator, ProposeChange, "north") is None
    assert not_entitled(federation, "portal", operator, DecideProposal, "north") is not None
    assert not_entitled(federation, "reflex", loop, ProposeChange, "north") is None
    assert not_entitled(federation, "portal", loop, ProposeChange, "north") is not None
    assert not_entitled(federation, "reflex", loop, DecideProposal, "north") is not None
    for layer in ("north", "national"):
        assert not_entitled(federation, "operator", INSTALLATION, ProposeChange, layer) is None
        assert not_entitled(federation, "operator", INSTALLATION, DecideProposal, layer) is not None
        assert not_entitled(federation, "portal", INSTALLATION, ProposeChange, layer) is not None
    assert not_entitled(federation, "operator", head, ProposeChange, "north") is not None


def test_a_number_that_would_make_every_case_fail_is_refused_with_its_row() -> None:
    for minutes in ("0", "-5", "1000000000000"):
        found = examine(patch(minutes), heads(), KnownNames())
        assert isinstance(found, Unfit)
        assert any("answer_minutes" in row for row in found.rows)


def test_a_row_is_not_put_where_the_table_has_no_place() -> None:
    after = {**deadline("r2", "100")[1], "category": '"hole"'}
    for place in (-1, 2, 10**30):
        change = RowChange(op="add", row_id="r2", after=after, at=place)
        found = examine(Patch(layer="north", base_number=1, table="deadline", changes=(change,)), heads(), KnownNames())
        assert isinstance(found, Unfit)


def test_a_loop_outside_proposes_under_its_own_name_and_does_nothing_else() -> None:
    stub: Any = SimpleNamespace(people=(), region=lambda i: i if i in ("north", "south") else None)
    federation = cast(Federation, stub)
    own = Actor(id="pigeons", role="loop")
    assert not_entitled(federation, "loop-pigeons", own, ProposeChange, "north") is None
    assert not_entitled(federation, "loop-pigeons", own, WithdrawProposal, "north") is None
    assert not_entitled(federation, "loop-pigeons", own, ProposeChange, "national") is None
    assert not_entitled(federation, "loop-pigeons", own, StepTrial, "north") is not None
    for other in (Actor(id="misrouting", role="loop"), Actor(id="federal:centre", role="federal", scope="*")):
        assert not_entitled(federation, "loop-pigeons", other, ProposeChange, "north") is not None
    assert not_entitled(federation, "loop-misrouting", Actor(id="misrouting", role="loop"), ProposeChange, "north")
    assert not_entitled(federation, "loop-trial", Actor(id="trial", role="loop"), StepTrial, "north") is not None
