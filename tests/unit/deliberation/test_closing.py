"""What a deliberation comes to, by its counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from common.contracts.events.deliberation import DeliberationTerms
from deliberation.bursts import MINUTE, bursts
from deliberation.closing import Closing, closing, role_counts
from deliberation.model import Tally

LATE = datetime(2026, 3, 2, 12, tzinfo=UTC)


def terms(**given: object) -> DeliberationTerms:
    fields = {"row_id": "r", "release": "national:1", "speakers": ("citizen", "region"), "support_percent": 60, **given}
    return DeliberationTerms.model_validate(fields)


def outcome(of: DeliberationTerms, *tallies: Tally, last: bool = False, groups: float | None = None) -> str:
    found = closing(of, tallies, last_chance=last, group_aware=groups)
    return "waits" if found is None else found.reason


def test_quorum_is_asked_of_each_role_that_has_one() -> None:
    asked = terms(quorum={"citizen": 2, "region": 1})
    assert outcome(asked, Tally("citizen", 9, 9)) == "quorum_not_met"
    assert outcome(asked, Tally("citizen", 1, 1), Tally("region", 1, 1)) == "quorum_not_met"
    assert outcome(asked, Tally("citizen", 2, 2), Tally("region", 1, 1)) == "supported"


def test_those_who_took_no_side_count_for_the_quorum_and_not_for_the_share() -> None:
    asked = terms(quorum={"citizen": 3})
    assert outcome(asked, Tally("citizen", voices=3, support=1)) == "supported"


@pytest.mark.parametrize(("support", "against", "reason"), [(6, 4, "supported"), (59, 41, "not_supported")])
def test_exactly_the_least_share_is_enough(support: int, against: int, reason: str) -> None:
    assert outcome(terms(), Tally("citizen", support + against, support, against)) == reason


def test_where_nobody_speaks_and_nothing_is_asked_silence_is_no_objection() -> None:
    assert outcome(terms()) == "supported"


def test_an_unanswered_objection_waits_for_an_answer_and_at_last_lapses() -> None:
    one = Tally("citizen", 10, 9, 1, unanswered=1)
    assert outcome(terms(), one) == "waits"
    assert outcome(terms(), one, last=True) == "objections_unanswered"


def test_no_answer_mends_a_quorum_or_too_little_support() -> None:
    against = Tally("citizen", 4, 1, 3, unanswered=3)
    assert outcome(terms(), against) == "not_supported"
    assert outcome(terms(quorum={"region": 1}), against) == "quorum_not_met"


def test_the_group_aware_formula_asks_the_least_willing_group_where_groups_are_known() -> None:
    asked, many = terms(formula="group_aware"), Tally("citizen", 100, 90, 10)
    assert outcome(asked, many, groups=0.2) == "not_supported"
    assert outcome(asked, many) == "supported"
    assert outcome(terms(), many, groups=0.2) == "supported"


def test_counts_name_every_role_that_could_have_spoken() -> None:
    found = role_counts(terms(quorum={"federal": 1}), [Tally("expert", 1, 1)])
    assert [(c.role, c.voices, c.quorum) for c in found] == [
        ("citizen", 0, 0), ("expert", 1, 0), ("region", 0, 0), ("federal", 0, 1)
    ]  # fmt: skip
    assert closing(terms(), [], last_chance=False) == Closing("may_be_decided", "supported")


def test_a_burst_is_shown_and_minutes_that_follow_each_other_are_one() -> None:
    given = [("web", LATE, 40), ("web", LATE + MINUTE, 50), ("web", LATE + 9 * MINUTE, 29), ("bot", LATE, 30)]
    found = bursts(given)
    assert [(b.source, b.since, b.until, b.voices) for b in found] == [
        ("bot", LATE, LATE + MINUTE, 30), ("web", LATE, LATE + 2 * MINUTE, 90)
    ]  # fmt: skip


def test_only_the_largest_bursts_are_shown() -> None:
    found = bursts(("web", LATE + timedelta(hours=n), 30 + n) for n in range(50))
    assert len(found) == 20
    assert min(b.voices for b in found) == 60
