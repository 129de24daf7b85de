from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reflex.handlers import MOST_CASES, bounded, proposal_id

T = datetime(2015, 3, 2, 12, tzinfo=UTC)


def test_a_cell_proposes_under_one_id_a_day() -> None:
    assert proposal_id("lamp|02", T) == proposal_id("lamp|02", T + timedelta(hours=1))
    assert proposal_id("lamp|02", T) != proposal_id("lamp|02", T + timedelta(days=1))


def test_evidence_is_bounded() -> None:
    assert len(bounded({"cases": [str(n) for n in range(200)], "sr": 1.0})["cases"]) == MOST_CASES
