"""What follows an early warning, on a case's page: the suggested parent case, and the reason of its priority."""

from __future__ import annotations

from datetime import UTC, datetime

from common.contracts.events.routing import DuplicateSuggested
from portal.case_fold import CaseView
from portal.rule_text import RuleWords
from portal.suggested_duplicate import suggested_duplicate

from tests.unit.portal.test_patch_text import NAMES

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_suggestion_says_whether_it_is_the_first_case_of_an_early_warning() -> None:
    view = CaseView("new", "R", "accepted", NOON, region="north")
    data = {
        "region": "north", "other_case": "first", "other_reference": "F", "distance_metres": 640, "apart_minutes": 90,
    }  # fmt: skip
    for warning, by_warning in ((None, False), ("w", True)):
        found = suggested_duplicate(view, [{"type": DuplicateSuggested.type, "data": {**data, "warning": warning}}])
        assert found is not None
        assert found.of_warning is by_warning


def test_the_reason_of_a_raised_priority_names_the_circle_of_the_warning_and_what_the_row_says() -> None:
    because = {
        "layer": "national", "number": 1, "table": "warnings", "row_id": "any",
        "inputs": {"category": "pothole", "warning": "w"}, "outputs": {"suggest_parent": True, "priority": 3},
    }  # fmt: skip
    words = RuleWords(NAMES).because(because)
    assert words["title"] == "After an early warning"
    assert words["asked"].endswith("the circle of an early warning")
    assert "priority at least: 3" in words["said"]
