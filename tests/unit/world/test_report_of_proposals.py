"""The report says which cells a proposal is about, and whether any of them is wrong on purpose."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from common.contracts.events.rules import ProposalChecked
from common.contracts.patch import Patch
from world.report import Ledger

T = datetime(2011, 7, 14, tzinfo=UTC)


def reported(evidence: dict[str, Any]) -> dict[str, Any]:
    patch = Patch(layer="north", base_number=1, table="jurisdiction", changes=())
    event = ProposalChecked(
        proposal_id="p", title="t", words="w", patch=patch, reversal=patch, evidence=evidence, actor="misrouting"
    )
    ledger = Ledger(planted=frozenset({("rodents", "02")}))
    ledger.note(event, T)
    found: dict[str, Any] = ledger.proposals["p"]
    return found


def cell(area: str) -> dict[str, Any]:
    return {"category": "rodents", "area": area, "current": "housing", "target": "health", "wins": 6}


def test_a_proposal_about_many_cells_lists_them_and_is_planted_when_one_of_them_is() -> None:
    found = reported({"cells": [cell("01"), cell("02")]})
    assert found["planted"]
    assert [c["area"] for c in found["cells"]] == ["01", "02"]


def test_a_proposal_about_other_cells_or_about_none_is_not_planted() -> None:
    assert not reported({"cells": [cell("01")]})["planted"]
    assert not reported({})["planted"]
