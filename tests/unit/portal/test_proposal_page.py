"""What a person reads about a proposal for many cells before deciding."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from common.contracts.catalogue import Installation
from common.contracts.signing import Verifier
from common.federation.country import Federation
from common.messaging.release_cache import Releases
from common.runtime.context import Context
from portal.cell_counts import Count
from portal.entered import NOTHING
from portal.item_fold import Item
from portal.loop_pages import page_of
from portal.loop_pages.page import Wording
from portal.pages.frame import Frame
from portal.pages.proposals import CellRow, Rights, Today
from portal.settings import PortalSettings

from tests.conftest import ROOT

T = datetime(2011, 7, 14, tzinfo=UTC)


def cell(area: str, own: bool) -> dict[str, Any]:
    said = {"category": "street-light", "area": area, "current": "lighting", "target": "signals", "own_evidence": own}
    return {**said, "wins": 6, "losses": 1} if own else {**said, "last": []}


def page(keys: Path, evidence: dict[str, Any], **more: Any) -> str:
    federation = Federation(ROOT / "tests" / "federation")
    settings = PortalSettings(
        name="portal", kafka_bootstrap="127.0.0.1:1", database_url="postgresql://none", federation=federation.folder,
        keys=keys,
    )  # fmt: skip
    nothing = cast(Any, None)
    frame = Frame(
        Context(settings, federation, Installation(), Verifier({}), None, nothing, nothing),
        nothing,
        nothing,
        Releases(),
        nothing,
    )
    data = {"title": "street-light in every area", "words": "", "loop": "misrouting", "steps": [], "evidence": evidence}
    data |= more
    told = page_of("misrouting").evidence(evidence, Wording(frame.names, frame.times))
    rows = [CellRow(c, Count(9, 3, 3, 6), None) for c in told.cells]
    return frame.render(
        "proposal.html", entered=NOTHING,
        proposal=Item("proposal", "p", "checked", T, data), patch=None, evidence=told, beside=[],
        backtest=None, current=None, today=Today([], rows, 6, 1), ends="", linked=[],
        forecast="", own_words=False, interval="",
        reversal=None, may=Rights(False, False, False, False, False, False), argument=None, trial=None,
        drawn_course="", affected="", actor=None, check="", clock=None, path="/proposals/p", outcome=None,
        address="/proposals/p", watch=(),
    )  # fmt: skip


def test_a_score_that_compares_tells_what_it_compares(tmp_path: Path) -> None:
    score = {
        "verdict": "held", "expected": 24.6, "low": 9.8, "high": 41.0, "actual": 7.4, "actual_least": 4.9,
        "actual_most": 8.4, "decisions": 84, "known": 82, "unknown": 2, "bad": 9, "before": 120, "bad_before": 24,
    }  # fmt: skip
    told = {"cells": [cell("01", own=True)], "backtest": BACKTEST}
    assert "9 of 82; before the change 24 of 120 like ones" in page(tmp_path, told, score=score)
    plain = {name: value for name, value in score.items() if name not in ("bad", "before", "bad_before")}
    assert "Known cases that went badly" not in page(tmp_path, told, score=plain)


BACKTEST = {"known": 3, "refused": "3 known cases from before the evidence; it takes 30", "cannot_know": "how fast"}


def test_every_cell_is_shown_with_its_own_cases_or_as_one_that_follows(tmp_path: Path) -> None:
    text = page(tmp_path, {"cells": [cell("01", own=True), cell("02", own=False)], "backtest": BACKTEST})
    assert "in area 01" in text
    assert "in area 02" in text
    assert "follows: the same row decides it" in text
    assert "6 ended at the proposed one, 1 stayed" in text
    assert "3 of 9" in text
    assert "Earlier cases are too few to say more: 3 are known" in text


@pytest.mark.parametrize("flips", [True, False])
def test_going_back_to_what_was_left_lately_is_said(tmp_path: Path, flips: bool) -> None:
    evidence: dict[str, Any] = {"cells": [cell("01", own=True)]}
    if flips:
        evidence["flip"] = {"days": 60, "left": {"cell|street-light|01": T.isoformat()}}
    assert ("goes back to what was left" in page(tmp_path, evidence)) == flips


def test_areas_that_keep_their_authority_are_named(tmp_path: Path) -> None:
    left = [{"category": "street-light", "area": "03", "last": ["lighting"] * 4}]
    assert "Left as they are" in page(tmp_path, {"cells": [cell("01", own=True)], "left_out": left})
