from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from reflex.case_outcomes.tracker import Ages, OutcomeTracker
from reflex.facts import CaseOpened, CaseOverdue
from reflex.fortnights import CountsByKind, FortnightlyOutcomes, fortnight_end


class Kind(NamedTuple):
    category: str
    row: str


def test_fortnights_begin_on_mondays_and_their_end_belongs_to_the_next() -> None:
    first, second = datetime(2011, 6, 27, tzinfo=UTC).timestamp(), datetime(2011, 7, 11, tzinfo=UTC).timestamp()
    assert fortnight_end(first - 1) == first
    assert fortnight_end(first) == second
    assert fortnight_end(second - 1) == second


def test_counts_are_the_same_after_they_were_saved_and_loaded() -> None:
    counts, loaded = CountsByKind(Kind), CountsByKind(Kind)
    for kind, bad in ((Kind("a", ""), True), (Kind("b", "x"), False)):
        counts.count(kind, bad=bad)
    saved = counts.changed()
    assert saved.keys() == {"a\t", "b\tx"}
    loaded.load({key: body or {} for key, body in saved.items()})
    for one in (counts, loaded):
        one.count(Kind("a", ""), bad=False)
        assert one.changed() == {"a\t": {"counts": [2, 1]}}
        one.clear()
        assert one.changed() == dict.fromkeys(saved)
        assert one.changed() == {}


def test_a_fortnight_ends_after_all_that_came_to_its_age_in_it_and_before_what_came_later() -> None:
    tracker, said = OutcomeTracker(Ages(counted=("deadline",))), list[str]()
    fortnights = FortnightlyOutcomes(
        tracker, lambda outcome: said.append(outcome.case.case_id), lambda: said.append("end")
    )
    first = datetime(2011, 6, 27, tzinfo=UTC)
    for name, days in (("c1", 2), ("c2", 16), ("c3", 45)):
        opened = CaseOpened(
            id=name, at=first, case_id=name, region="north", authority="works", category="pothole", area="01",
            channel="web", priority=1, received_at=first, due_at=first + timedelta(days=days),
        )  # fmt: skip
        fortnights.until(first.timestamp())
        tracker.observe(opened, first.timestamp())
        tracker.observe(CaseOverdue(**opened_of(opened), due_at=opened.due_at), first.timestamp())
    saved = fortnights.changed()
    fortnights.until((first + timedelta(days=60)).timestamp())
    assert said == ["c1", "end", "c2", "end", "end", "c3", "end"]
    again = FortnightlyOutcomes(OutcomeTracker(Ages()), lambda outcome: None, lambda: said.append("again"))
    again.load(saved)
    again.until((first + timedelta(days=15)).timestamp())
    assert said[-2:] == ["end", "again"]


def opened_of(case: CaseOpened) -> dict[str, Any]:
    return {"id": "x", "at": case.due_at, "case_id": case.case_id, "region": "north", "authority": "works"}
