"""What a proposal must pass, by the rules in force: a deliberation, a standing consent, or nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from common.rulebook.book import ReleaseBook
from deliberation.concerned import Touched
from deliberation.course import checked, ending, opening, withdrawal
from deliberation.model import OpenCase, Tally
from deliberation.terms import Consent, asked, consent, consents_of

from tests.deliberations import DAY, NOON, book, consent_table, patch, proposal, release
from tests.past import shorter

LAST = datetime(2026, 12, 31, 23, tzinfo=UTC)


def given(loop: str | None = "misrouting", rows: int = 1, now: datetime = NOON, **cells: str) -> Consent | None:
    rules = book(consents=consent_table(**cells)).in_force("north", NOON)
    return consent(rules, patch(rows=rows), loop, now, ())


def test_terms_are_the_row_in_force_for_the_table_and_kind_of_layer() -> None:
    found = asked(book().in_force("north", NOON), patch())
    assert found is not None
    assert found.terms.speakers == ("citizen", "expert", "region", "federal")
    assert found.terms.quorum["citizen"] == 2
    assert (found.terms.row_id, found.terms.release) == ("any", "national:1")


def test_where_rules_lack_the_table_nothing_is_asked() -> None:
    rules = ReleaseBook([release({})]).in_force("north", NOON)
    assert asked(rules, patch()) is None
    assert consent(rules, patch(), "misrouting", NOON, ()) is None
    assert opening(checked(proposal(), "P-X"), None, None, NOON).deliberation.stage == "unasked"


def test_a_consent_covers_what_it_says_and_nothing_else() -> None:
    assert given() == Consent("national", "small", "national:1", "federal:centre", "2026-12-31")
    assert given(loop=None) is None
    assert given(loop="silence") is None
    assert given(rows=2) is None
    assert given(passes="false") is None


def test_a_consent_holds_on_its_last_day_and_not_after_it() -> None:
    assert given(now=LAST) is not None
    assert given(now=LAST + DAY) is None
    assert given(until='"some day"') is None


@pytest.mark.parametrize(("layer", "passes"), [("national", False), ("north", False), ("south", True)])
def test_a_revoked_consent_passes_nothing_for_the_nation_or_for_one_region(layer: str, passes: bool) -> None:
    rules = book(consents=consent_table()).in_force("north", NOON)
    assert (consent(rules, patch(), "misrouting", NOON, {(layer, "small")}) is not None) == passes
    assert consents_of(rules, "north") == {"small"}


def test_what_needs_a_person_passes_by_no_consent() -> None:
    made = checked(proposal(needs_person=True), "P-X")
    rules = book(consents=consent_table()).in_force("north", NOON)
    step = opening(made, given(), asked(rules, made.patch), NOON)
    assert step.deliberation.stage == "open"


def test_a_term_ends_waits_for_answers_and_is_closed_at_the_latest_date() -> None:
    made = checked(proposal(), "P-X")
    opened = opening(made, None, asked(book().in_force("north", NOON), made.patch), NOON).deliberation
    open_objection = [Tally("citizen", 9, 8, 1, unanswered=1)]
    waiting = ending(opened, open_objection, (), NOON + 8 * DAY, last_chance=False)
    assert (waiting.deliberation.stage, waiting.event) == ("waiting", None)
    answered = ending(waiting.deliberation, [Tally("citizen", 9, 8, 1)], (), NOON + 9 * DAY, last_chance=False)
    assert answered.event is not None
    assert (answered.event.outcome, answered.event.objections, answered.event.unanswered) == ("may_be_decided", 1, 0)
    late = ending(waiting.deliberation, open_objection, (), NOON + 15 * DAY, last_chance=True)
    assert late.event is not None
    assert (late.event.outcome, late.event.reason) == ("lapsed", "objections_unanswered")
    assert withdrawal(late.deliberation, open_objection, (), NOON + 16 * DAY).event is None


def test_concerned_is_who_waits_where_a_changed_row_answers() -> None:
    here = OpenCase("01", "pothole", 2, "north")
    assert here in Touched(patch())
    assert OpenCase("02", "pothole", 2, "north") not in Touched(patch())
    assert OpenCase("01", "street-light", 2, "north") not in Touched(patch())
    assert OpenCase("01", "pothole", 2, "south") not in Touched(patch())
    assert OpenCase("01", "pothole", 2, "south") in Touched(patch(layer="national"))
    assert OpenCase("03", "pothole", 9, "south") in Touched(shorter())


def test_a_table_without_places_concerns_nobody_in_particular() -> None:
    loops = patch().model_copy(update={"table": "loops"})
    assert not Touched(loops)
    assert OpenCase("01", "pothole", 2, "north") not in Touched(loops)
