"""Counters move with cases."""

from __future__ import annotations

from datetime import UTC, datetime

from common.contracts.events.routing import ThanksReceived
from hypothesis import given
from hypothesis import strategies as st
from portal.area_counters import MEASURES, counted, moved, place_of
from portal.case_fold import CaseView, fold_case
from portal.formats import share

NOW = datetime(2011, 7, 1, tzinfo=UTC)
VIEWS = st.builds(
    CaseView,
    case_id=st.sampled_from(["a", "b", "c"]),
    reference=st.just("R"),
    state=st.sampled_from(["triage", "accepted", "answered", "confirmed", "handed_over"]),
    changed_at=st.just(NOW),
    region=st.sampled_from([None, "north", "south"]),
    area=st.sampled_from([None, "01", "02"]),
    overdue=st.booleans(),
    transfers=st.integers(0, 2),
    rating=st.one_of(st.none(), st.integers(1, 5)),
)


@given(st.lists(VIEWS, max_size=30))
def test_moved_counters_always_equal_a_count_over_the_cases(changes: list[CaseView]) -> None:
    held: dict[str, CaseView] = {}
    counters: dict[tuple[str, str], list[int]] = {}
    for view in changes:
        for place, row in moved([(held.get(view.case_id), view)]).items():
            known = counters.setdefault(place, [0] * len(MEASURES))
            counters[place] = [a + b for a, b in zip(known, row, strict=True)]
        held[view.case_id] = view
    expected: dict[tuple[str, str], list[int]] = {}
    for view in held.values():
        known = expected.setdefault(place_of(view), [0] * len(MEASURES))
        expected[place_of(view)] = [a + int(b) for a, b in zip(known, counted(view), strict=True)]
    assert {p: r for p, r in counters.items() if any(r)} == expected


def test_a_share_of_few_cases_is_no_percentage() -> None:
    assert share(3, 8) == "3 of 8"
    assert share(3, 30) == "10.0 %"
    assert share(0, 0) == "–"


def test_thanks_are_no_case_and_nothing_that_is_open() -> None:
    received = datetime(2026, 3, 2, 12, tzinfo=UTC)
    thanks = fold_case(
        None,
        ThanksReceived(
            case_id="c", reference="R", message_id="m", channel="web", citizen="p", text="Thank you",
            received_at=received, region="north", area="01", authority="yard",
        ),
        received,
    )  # fmt: skip
    assert thanks is not None
    assert (thanks.state, thanks.authority) == ("thanked", "yard")
    assert counted(thanks)[:3] == (0, 0, 0)
