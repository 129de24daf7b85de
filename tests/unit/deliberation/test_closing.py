"""What a deliberation comes to, by its counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from common.contracts.events.deliberation import Burst, DeliberationTerms
from common.contracts.patch import Patch
from deliberation.bursts import MINUTE, bursts
from deliberation.closing import Closing, both, closing, role_counts
from deliberation.course import End, ending
from deliberation.model import Deliberation, Tally

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


def test_a_burst_begins_and_ends_within_the_minutes_beside_those_in_which_it_is_seen() -> None:
    given = [("web", LATE + n * MINUTE, voices) for n, voices in enumerate((5, 24, 60, 60, 29, 29))]
    (found,) = bursts([*given, ("bot", LATE + MINUTE, 29)])
    assert (found.source, found.since, found.until) == ("web", LATE + MINUTE, LATE + 5 * MINUTE)
    assert found.voices == 24 + 60 + 60 + 29


def test_only_the_largest_bursts_are_shown() -> None:
    found = bursts(("web", LATE + timedelta(hours=n), 30 + n) for n in range(50))
    assert len(found) == 20
    assert min(b.voices for b in found) == 60


FIVE_MINUTES = (Burst(source="web", since=LATE, until=LATE + 5 * MINUTE, voices=300),)


def ended(
    all_: Tally, others: Tally, *, of: DeliberationTerms | None = None, last: bool = False, groups: float | None = None
) -> End:
    about = Deliberation(
        "p", "P-1", "open", "t", "", Patch(layer="north", base_number=1, table="jurisdiction", changes=()), (), "a",
        None, None, False, of or terms(quorum={"citizen": 5}), LATE, LATE, LATE,
    )  # fmt: skip
    return ending(about, [all_], FIVE_MINUTES, LATE, last_chance=last, group_aware=groups, without=[others])


def test_false_objections_in_a_burst_leave_the_decision_to_a_person_who_sees_both_counts() -> None:
    found = ended(Tally("citizen", 310, 9, 301), Tally("citizen", 10, 9, 1))
    assert found.deliberation.stage == "may_be_decided"
    assert found.event is not None
    assert (found.event.outcome, found.event.reason, found.event.disputed) == ("may_be_decided", "not_supported", True)
    assert found.event.without_bursts is not None
    assert [c.object for c in found.event.counts if c.role == "citizen"] == [301]
    assert [(c.voices, c.object) for c in found.event.without_bursts.counts if c.role == "citizen"] == [(10, 1)]
    assert found.event.bursts == FIVE_MINUTES


@pytest.mark.parametrize(
    ("others", "reason"),
    [(Tally("citizen", 3, 3), "quorum_not_met"), (Tally("citizen", 10, 2, 8), "not_supported")],
)
def test_a_quorum_or_support_that_a_burst_alone_reaches_is_said_to_whoever_decides(others: Tally, reason: str) -> None:
    event = ended(Tally("citizen", 310, 300, 8), others).event
    assert event is not None
    assert event.without_bursts is not None
    assert (event.outcome, event.reason, event.disputed) == ("may_be_decided", "supported", True)
    assert event.without_bursts.reason == reason


def test_where_both_counts_end_alike_it_ends_as_all_voices_say() -> None:
    for all_, others, outcome_ in (
        (Tally("citizen", 310, 9, 301), Tally("citizen", 10, 2, 8), "lapsed"),
        (Tally("citizen", 310, 300, 10), Tally("citizen", 10, 9, 1), "may_be_decided"),
    ):
        event = ended(all_, others).event
        assert event is not None
        assert (event.outcome, event.disputed) == (outcome_, False)


def test_objections_of_a_burst_that_nobody_answers_do_not_let_it_lapse() -> None:
    flooded, others = Tally("citizen", 310, 300, 10, unanswered=10), Tally("citizen", 10, 10)
    assert ended(flooded, others).deliberation.stage == "waiting"
    event = ended(flooded, others, last=True).event
    assert event is not None
    assert (event.outcome, event.reason) == ("may_be_decided", "objections_unanswered")


def test_true_objections_are_still_waited_for_and_lapse_at_last() -> None:
    flooded, others = Tally("citizen", 310, 9, 301, unanswered=301), Tally("citizen", 10, 9, 1, unanswered=1)
    assert ended(flooded, others).deliberation.stage == "waiting"
    assert ended(flooded, others, last=True).deliberation.stage == "lapsed"


def test_a_burst_of_support_does_not_lift_the_objection_of_a_group() -> None:
    of, others = terms(formula="group_aware"), Tally("citizen", 100, 90, 10)
    assert ended(Tally("citizen", 400, 390, 10), others, of=of, groups=0.2).deliberation.stage == "lapsed"
    event = ended(Tally("citizen", 400, 90, 310), others, of=of, groups=0.0).event
    assert event is not None
    assert (event.outcome, event.disputed) == ("may_be_decided", True)


def test_nothing_ends_while_one_of_both_counts_waits() -> None:
    assert both(None, Closing("lapsed", "not_supported")) is None
    assert both(Closing("lapsed", "not_supported"), None) is None
