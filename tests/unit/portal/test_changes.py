"""Who is woken by a change."""

from __future__ import annotations

import pytest
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events import region
from common.contracts.events.archive import ProposalBacktested
from common.contracts.events.base import Event
from portal.change_signal import EVERYTHING, MAX_NAMED, Changes, named
from portal.subjects import case_subject, shown_at, subjects_of

from tests.portal_rig import NOW


def woken(said: str, *subjects: str) -> bool:
    changes = Changes(None)  # type: ignore[arg-type]
    with changes.watching(subjects) as watch:
        changes.hear(said)
        return watch.changed.is_set()


def test_a_watcher_is_woken_by_what_it_watches_and_by_what_concerns_everybody() -> None:
    assert woken("cases case:1", "case:1")
    assert not woken("cases case:1", "case:2")
    assert woken("case:1", EVERYTHING)
    assert woken(EVERYTHING, "case:2")


def test_whoever_has_left_is_not_woken_and_the_number_grows_all_the_same() -> None:
    changes = Changes(None)  # type: ignore[arg-type]
    with changes.watching(["cases"]) as watch:
        pass
    changes.hear("cases")
    assert (watch.changed.is_set(), changes.number) == (False, 1)


@pytest.mark.parametrize(("number", "told"), [(2, "case:0 case:1"), (MAX_NAMED + 1, EVERYTHING)])
def test_a_batch_about_many_things_wakes_everybody(number: int, told: str) -> None:
    assert named([case_subject(str(n)) for n in range(number)]) == told


def test_a_batch_about_things_with_long_names_wakes_everybody() -> None:
    assert named([case_subject(f"{n:0200}") for n in range(MAX_NAMED)]) == EVERYTHING


def delivered(event: Event, mandate: str | None) -> Delivery:
    envelope = Envelope("id", "regional-north", event.type, NOW, "case-1", "id", mandate=mandate)
    return Delivery(envelope, event, "region.north.cases", 0, 0, "case-1", b"", NOW)


def test_a_refused_order_wakes_its_case_and_those_who_look_at_refusals() -> None:
    refused = region.CommandRefused(
        case_id="case-1", region="north", command="c", command_id="order", actor="a", reason=""
    )
    assert subjects_of(delivered(refused, "mandate")) == {"cases", "case:case-1", "refusal", "refusal:order"}


def test_a_backtest_wakes_those_who_look_at_its_proposal() -> None:
    said = ProposalBacktested(proposal_id="p1", verdict="unchanged", as_of=NOW)
    assert subjects_of(delivered(said, None)) == set(shown_at("/proposals/p1"))


def test_a_page_follows_what_it_shows() -> None:
    assert shown_at("/proposals/p1") == ("proposal:p1",)
    assert shown_at("/proposals") == ("proposal", "idea")
    assert shown_at("/login") == ()
