"""What is not done is never said to be."""

from __future__ import annotations

from common.contracts.events.base import Event
from portal.case_fold import CASE_TYPES
from portal.item_fold import Refused
from portal.order_outcome import NOT_DONE


def test_no_refusal_in_a_cases_history_counts_as_done() -> None:
    refusals: set[type[Event]] = {kind for kind in CASE_TYPES if issubclass(kind, Refused)}
    assert refusals
    assert {kind.type for kind in refusals} <= NOT_DONE
