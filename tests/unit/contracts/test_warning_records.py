"""What no early warning can say is refused where it is read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from common.contracts.events.reflex.warnings import WarningEnded, WarningGrown, WarningRaised
from pydantic import ValidationError

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ABOUT: dict[str, Any] = {"warning_id": "w", "region": "north", "authority": "yard", "category": "lamp", "reports": 15}
RAISED = WarningRaised(
    **ABOUT, area="01", lat=55, lon=49, radius_m=800, expected=1, since=NOON, window_hours=24, likelihood=30,
    threshold=18, cases=("a",), parent_case="a", raised_at=NOON,
)  # fmt: skip


@pytest.mark.parametrize("number", [b"Infinity", b"-Infinity", b"NaN", b"1e999"])
@pytest.mark.parametrize("name", ["lat", "lon", "radius_m", "expected", "likelihood"])
def test_a_warning_has_finite_numbers(name: str, number: bytes) -> None:
    whole = orjson.loads(RAISED.wire())
    odd = orjson.dumps({**whole, name: "here"}).replace(b'"here"', number)
    with pytest.raises(ValidationError, match=name):
        WarningRaised.model_validate_json(odd)


@pytest.mark.parametrize("reports", [-1, 2**31, 10**400], ids=["negative", "large", "huge"])
def test_a_number_of_reports_is_one_that_a_database_holds(reports: int) -> None:
    grown = WarningGrown(**ABOUT, cases=("b",), grown_at=NOON)
    ended = WarningEnded(**ABOUT, since=NOON, ended_at=NOON)
    for event in (RAISED, grown, ended):
        odd = event.wire().replace(b'"reports":15', b'"reports":%d' % reports)
        with pytest.raises(ValidationError, match="a number of reports"):
            type(event).model_validate_json(odd)
