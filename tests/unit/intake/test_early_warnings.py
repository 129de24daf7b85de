"""Who is told of an early warning, and how often: decisions alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from common.contracts.envelope import Envelope
from common.contracts.events.base import Event
from common.contracts.events.reflex.warnings import WarningEnded, WarningGrown, WarningRaised
from common.contracts.events.routing import CaseWarned
from intake.early_warnings import NEAR, WHOLE_REGION, Following, Heard, TellingRules
from intake.standing import Standing
from intake.telling import Authority, CategoryName, OurWords

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ABOUT = {"warning_id": "w", "region": "north", "authority": "yard", "category": "lamp"}
THREADS = {"a": b"ann", "a2": b"ann", "b": b"bob", "c": b"cid", "d": b"dan"}
TELL = TellingRules(tell=True, at_most=200, tell_end=False)


def raised(*cases: str, whole_region: bool = False) -> WarningRaised:
    return WarningRaised(
        **ABOUT, area="01", lat=55, lon=49, radius_m=800, reports=15, expected=1, since=NOON, window_hours=24,
        likelihood=30, threshold=18, cases=cases, parent_case=cases[0], raised_at=NOON, whole_region=whole_region,
    )  # fmt: skip


def grown(*cases: str) -> WarningGrown:
    return WarningGrown(**ABOUT, reports=30, cases=cases, grown_at=NOON)


def warned(case_id: str, warning_id: str = "w") -> CaseWarned:
    return CaseWarned(case_id=case_id, region="north", category="lamp", warning_id=warning_id)


ENDED = WarningEnded(**ABOUT, reports=31, since=NOON, ended_at=NOON)


def follow(
    *events: Event, rules: TellingRules | None = TELL, standings: Mapping[str, Standing] | None = None,
    threads: Mapping[str, bytes] = THREADS,
) -> Following:  # fmt: skip
    found = Following({}, {}, threads, standings or {}, lambda region, category, at: rules)
    records = []
    for number, event in enumerate(events):
        at = NOON + timedelta(hours=number)
        records.append(Heard(event, Envelope(f"e{number}", "test", event.type, at, "s", "chain")))
    found.apply(records)
    return found


def told(found: Following) -> list[tuple[str, str]]:
    return [(one.telling.kind, one.case_id) for one in found.notices]


def test_who_has_a_case_in_it_is_told_what_is_known_with_the_last_count_of_reports() -> None:
    found = follow(raised("a"), grown("b"), warned("c"))
    assert told(found) == [("many_reports", "a"), ("many_reports", "b"), ("many_reports", "c")]
    first, *_, last = (one.telling.fields for one in found.notices)
    assert first == {
        "category": CategoryName("lamp"), "reports": "15", "where": OurWords(NEAR), "authority": Authority("yard")
    }  # fmt: skip
    assert last["reports"] == "30"
    (whole,) = follow(raised("a", whole_region=True)).notices
    assert whole.telling.fields["where"] == OurWords(WHOLE_REGION)


def test_a_conversation_is_told_once_of_a_warning_whatever_number_of_its_cases_lies_in_it() -> None:
    found = follow(raised("a", "a2"), grown("a"), warned("a2"), raised("a"))
    assert told(found) == [("many_reports", "a")]
    assert found.newly_told == [("w", "a")]


def test_of_many_warnings_around_a_case_its_citizen_is_told_of_one_at_a_time() -> None:
    many = [raised("a").model_copy(update={"warning_id": f"w{n}"}) for n in range(1_000)]
    assert told(follow(raised("a"), *many, warned("a", "w7"))) == [("many_reports", "a")]
    assert told(follow(raised("a"), ENDED, many[0])) == [("many_reports", "a")] * 2


def test_no_more_are_told_of_one_warning_than_the_rule_says() -> None:
    found = follow(raised("a", "b"), warned("c"), rules=TellingRules(tell=True, at_most=2, tell_end=False))
    assert told(found) == [("many_reports", "a"), ("many_reports", "b")]
    assert found.warnings["w"].told == 2


def test_nobody_is_told_without_a_row_where_it_says_no_whose_case_was_closed_or_whom_nobody_can_reach() -> None:
    closed = {"a": Standing("a", "closed", "north", NOON - timedelta(hours=1))}
    later = {"a": Standing("a", "closed", "north", NOON + timedelta(minutes=1))}
    assert told(follow(raised("a"), rules=None)) == []
    assert told(follow(raised("a"), rules=TellingRules(tell=False, at_most=9, tell_end=False))) == []
    assert told(follow(raised("a"), standings=closed)) == []
    assert told(follow(raised("a"), standings=later)) != [], "closed since, perhaps by the tick that is heard now"
    assert told(follow(raised("a"), threads={})) == []


def test_after_the_end_and_of_an_unknown_warning_nobody_is_told() -> None:
    found = follow(raised("a"), ENDED, warned("b"), warned("c", "unknown"))
    assert told(found) == [("many_reports", "a")]
    assert (found.ended, found.warnings) == (["w"], {})


def test_the_end_is_told_to_those_who_were_told_where_the_rule_says_so() -> None:
    rules = TellingRules(tell=True, at_most=9, tell_end=True)
    found = follow(raised("a", "b"), ENDED, rules=rules)
    assert told(found)[2:] == [("many_reports_over", "a"), ("many_reports_over", "b")]
