"""The deadline loop proposes limits that fit the time that answers take, and tells when the work gets late."""

from __future__ import annotations

import random
from typing import Any

import pytest
from common.contracts.trial import ArmDrawn
from reflex.facts import (
    CaseAnswered,
    CaseDeclined,
    CaseJoined,
    CaseTransferred,
    CaseWithdrawn,
    CitizenReached,
    ProposalFact,
    ProposalLapsed,
    ProposalRejected,
    ProposalReturned,
    RulesCommandRefused,
    TrialEnded,
    TrialRolledBack,
)
from reflex.loops.deadline.settings import Settings

from tests.unit.reflex.limits import DAY, HOUR, LIMIT, MINUTE, START, Limits, row, saved

FAST = (600, 700, 800, 900, 900, 1_000)
"""Five of six are answered within 900 minutes."""
SLOW = (2_500, 2_600, 2_700, 2_800, 2_900)
USUAL = (1_000, 1_200, 1_400, 1_900, 2_600)
"""Four of five are answered within the limit."""


def answer(land: Limits, limit: int | None = None) -> Any:
    (proposal,) = land.proposals()
    if limit is not None:
        assert proposal.patch.changes[0].after is not None
        assert proposal.patch.changes[0].after["answer_minutes"] == str(limit)
    return proposal


def test_a_limit_that_is_longer_than_four_of_five_answers_take_is_to_be_shortened() -> None:
    land = Limits()
    land.live(40, FAST)
    proposal = answer(land, 900)
    assert proposal.title == "pothole: 2000 -> 900 working minutes"
    assert proposal.evidence["needed"] == 900
    assert proposal.evidence["in_time"] == 1.0
    assert proposal.evidence["in_time_then"] == pytest.approx(5 / 6, abs=0.01)
    assert proposal.evidence["seen"] >= 60
    assert not proposal.needs_person
    assert proposal.forecast.low < 80 < proposal.forecast.high
    assert proposal.patch.layer == "national"
    assert land.findings("proposed")[0].proposal_id == proposal.proposal_id


def test_a_limit_that_is_shorter_than_answers_take_is_lengthened_by_a_person_alone() -> None:
    land = Limits()
    land.live(30, SLOW)
    proposal = answer(land, 2_820)
    assert proposal.needs_person
    assert "person" in proposal.words


def test_answers_that_take_longer_than_any_limit_may_be_are_a_lack_of_capacity() -> None:
    land = Limits(settings=Settings(cap_minutes=3_000))
    land.live(40, (2_500, 4_000, 4_000, 4_000, None), authority="office")
    assert land.proposals() == []
    found = land.findings("capacity")
    assert [f.numbers["authority"] for f in found] == ["office"]
    assert not found[0].numbers["late"]


def test_a_limit_that_fits_is_left_alone_though_a_fifth_of_cases_is_late() -> None:
    land = Limits()
    land.live(80, USUAL)
    assert land.said == []


def test_open_cases_count_as_far_as_they_have_come() -> None:
    """Half of the cases are still open, and those that are answered were answered fast."""
    land = Limits()
    land.live(30, (100, 200, None, None, None))
    assert land.proposals() == []


def test_a_limit_is_not_shortened_before_it_is_known_how_many_answers_stand() -> None:
    land = Limits()
    land.live(29, FAST)
    assert land.proposals() == []
    land.live(7, FAST)
    assert len(land.proposals()) == 1


def test_few_cases_say_nothing() -> None:
    land = Limits()
    land.live(11, FAST)
    land.until(land.now + 20 * DAY)
    assert land.said == []


@pytest.mark.parametrize("reopening", [True, False])
def test_fake_closings_do_not_shorten_a_limit(reopening: bool) -> None:
    """Three in ten are closed in half an hour and reopened after ten days; taken for answers they would shorten it."""
    print("seed", 1)
    chance, land = random.Random(1), Limits()
    for _ in range(60):
        begins = land.now
        for n in range(20):
            at = begins + n * HOUR
            minutes = chance.lognormvariate(6.9, 0.7)
            if n % 10 < 3:
                name = land.open(at, 30, reopened=at + 10 * DAY if reopening else None)
                land.later(_answered(name, at + 11 * DAY))
            else:
                land.open(at, minutes)
        land.until(begins + DAY)
    shortened = [p for p in land.proposals() if p.evidence["proposed"] < LIMIT]
    assert bool(shortened) == (not reopening)


def test_a_reopened_case_takes_until_its_later_answer() -> None:
    land = Limits()
    for _ in range(30):
        begins = land.now
        for n, minutes in enumerate(SLOW):
            at = begins + n * HOUR
            name = land.open(at, 30, reopened=at + DAY)
            land.later(_answered(name, at + minutes * MINUTE))
        land.until(begins + DAY)
    answer(land, 2_820)


def _answered(name: str, at: Any) -> Any:
    return CaseAnswered(id=f"{name}:3", at=at, case_id=name, region="north", authority="yard")


@pytest.mark.parametrize("kind", [CaseJoined, CaseDeclined, CaseWithdrawn, CaseTransferred])
def test_cases_that_were_no_case_of_their_own_or_left_the_region_say_nothing(kind: Any) -> None:
    land = Limits()
    more = {CaseJoined: {"into_case": "x"}, CaseTransferred: {"from_authority": "yard", "to_region": "south"}}
    for _ in range(40):
        begins = land.now
        for n, minutes in enumerate(USUAL):
            land.open(begins + n * HOUR, minutes)
        for n in range(10):
            name = land.open(begins + n * MINUTE, None)
            fact = kind(
                id=f"{name}:1", at=begins + HOUR, case_id=name, region="north", authority="yard", **more.get(kind, {})
            )
            land.later(fact)
        land.until(begins + DAY)
    assert land.said == []


def test_a_case_handed_on_within_the_region_keeps_its_clock() -> None:
    land = Limits()
    for _ in range(40):
        begins = land.now
        for n, minutes in enumerate(FAST):
            at = begins + n * HOUR
            name = land.open(at, minutes)
            land.later(
                CaseTransferred(
                    id=f"{name}:1",
                    at=at + HOUR,
                    case_id=name,
                    region="north",
                    authority="office",
                    from_authority="yard",
                )
            )
        land.until(begins + DAY)
    answer(land, 900)


def test_the_time_that_a_clock_stands_still_is_not_counted() -> None:
    """All cases wait for their citizens for a week and are answered 900 minutes of the clock's time after receipt."""
    land = Limits()
    for _ in range(60):
        begins = land.now
        for n in range(5):
            at = begins + n * HOUR
            name = land.open(at, None)
            about = {"case_id": name, "region": "north", "authority": "yard"}
            land.later(CitizenReached(id=f"{name}:1", at=at + 10 * HOUR, **about))
            land.later(_answered(name, at + 900 * MINUTE + 7 * DAY).model_copy(update={"worked_minutes": 900}))
        land.until(begins + DAY)
    answer(land, 900)
    assert land.findings("drift") == []


def test_a_case_that_a_trial_gives_another_limit_says_nothing() -> None:
    land = Limits()
    drawn = ArmDrawn(
        proposal_id="p", table="deadline", unit="case", unit_id="c", arm="candidate", probability=0.5, salt="s",
        current={"answer_minutes": LIMIT}, candidate={"answer_minutes": 500},
    )  # fmt: skip
    land.live(40, FAST, arms=(drawn,))
    assert land.said == []
    land.live(40, FAST, arms=(drawn.model_copy(update={"arm": "current"}),))
    answer(land, 900)


def test_a_slow_down_is_told_with_its_beginning_its_place_and_how_much_slower() -> None:
    land = Limits()
    land.live(40, USUAL)
    slow_since = land.now
    for _ in range(20):
        begins = land.now
        for n, minutes in enumerate(USUAL):
            land.open(begins + n * HOUR, minutes)
            land.open(begins + n * HOUR, 3 * minutes, area="02", authority="office")
        land.until(begins + DAY)
    (found, *_) = land.findings("drift")
    began = START.fromisoformat(found.numbers["began"])
    assert abs(began - slow_since) < 4 * DAY
    assert found.found_at - slow_since < 15 * DAY
    assert {(p["kind"], p["name"]) for p in found.numbers["where"]} == {("area", "02"), ("authority", "office")}
    assert found.numbers["slower"] > 1


def test_a_limit_is_never_lengthened_while_more_deadlines_are_missed_than_usual() -> None:
    land = Limits()
    land.live(40, USUAL)
    land.live(60, [2 * m for m in USUAL])
    assert land.findings("drift")
    assert land.proposals() == []
    assert [f.numbers["late"] for f in land.findings("capacity")] == [True]
    land.live(60, USUAL)
    assert land.findings("drift_over")


def test_open_cases_tell_of_a_slow_down_before_their_deadline_comes() -> None:
    """Answers take five times as long, and keep the limit of ten days even so."""
    land = Limits(national=(row("pothole", 14_400), row(None, 10_080)))
    land.live(60, USUAL)
    slow_since = land.now
    land.live(9, [5 * m for m in USUAL])
    (found,) = land.findings("drift")
    assert found.found_at < slow_since + 14_400 * MINUTE, "before the first deadline of a slow case"
    assert abs(START.fromisoformat(found.numbers["began"]) - slow_since) < 3 * DAY
    assert found.numbers["longer"] > found.numbers["cases"] / 2


def test_a_pile_that_is_late_for_a_day_raises_no_alarm_before_its_deadline() -> None:
    land = Limits(national=(row("pothole", 14_400), row(None, 10_080)))
    land.live(60, USUAL)
    pile = land.now
    for n in range(60):
        land.open(pile + n * MINUTE, 2_400)
    land.live(4, USUAL)
    assert land.findings("drift") == []


@pytest.mark.parametrize("days", [8, 40], ids=["in its first days", "for weeks"])
def test_what_a_row_takes_in_its_first_days_is_not_yet_what_is_usual(days: int) -> None:
    """Answers take a third of the time at first."""
    land = Limits()
    land.live(days, [m / 3 for m in USUAL])
    land.live(40, USUAL)
    assert bool(land.findings("drift")) == (days > 28)


@pytest.mark.parametrize(("usually", "seen"), [(1.0, True), (2.0, False)], ids=["kept", "mostly missed"])
def test_a_row_that_mostly_misses_its_limit_is_not_watched_for_a_slow_down(usually: float, seen: bool) -> None:
    """Of times beyond the limit nothing is told apart at the deadline."""
    land = Limits(settings=Settings(min_cases=10_000))
    land.live(60, [usually * m for m in USUAL])
    land.live(40, [2 * usually * m for m in USUAL])
    assert bool(land.findings("drift")) == seen


def test_an_alarm_ends_by_cases_received_since_it_began() -> None:
    """Deadlines of cases from before the slow-down still come, and are no sign that it is over."""
    land = Limits(national=(row("pothole", 28_800), row(None, 10_080)))
    land.live(80, USUAL)
    land.live(20, [4 * m for m in USUAL])
    found = land.findings("drift")
    assert len(found) == 1
    land.live(15, [4 * m for m in USUAL])
    assert len(land.findings("drift")) == 1
    assert land.findings("drift_over") == []


@pytest.mark.parametrize("was_kept", [True, False])
def test_a_limit_that_was_kept_before_is_not_lengthened_when_work_gets_slowly_later(was_kept: bool) -> None:
    """Without alarms of drift: each week a little later. The same limit is lengthened where it was never kept."""
    land = Limits(settings=Settings(drift_threshold=1e12))
    for week in range(16):
        slower = 1 + 0.1 * max(0, week - 4) if was_kept else 2.5
        land.live(7, [slower * m for m in USUAL])
    if was_kept:
        assert land.proposals() == []
        assert land.findings("capacity")[0].numbers["late"]
    else:
        assert land.proposals()[0].evidence["proposed"] > LIMIT


def test_a_limit_that_answers_kept_when_it_was_proposed_is_not_lengthened_again() -> None:
    """Without alarms of drift, and with no deadline under it that was kept."""
    land = Limits(settings=Settings(drift_cases=10_000))
    land.live(40, FAST)
    land.adopt(answer(land, 900))
    land.live(120, [2.2 * m for m in FAST])
    assert len(land.proposals()) == 1
    assert all(found.numbers["late"] for found in land.findings("capacity"))
    assert land.findings("capacity")


@pytest.mark.parametrize("seed", range(3))
def test_a_world_that_does_not_change_gives_neither_alarms_nor_changes_to_and_fro(seed: int) -> None:
    print("seed", seed)
    chance, land = random.Random(seed), Limits()
    adopted = 0
    for _ in range(40 * 7):
        land.live(1, [chance.lognormvariate(7.0, 0.8) for _ in range(chance.randint(3, 8))])
        for proposal in land.proposals()[adopted:]:
            land.adopt(proposal)
            adopted += 1
    print(len(land.proposals()), "proposals", len(land.findings("drift")), "alarms in", land.numbers, "cases")
    assert len(land.proposals()) <= 1
    assert len(land.findings("drift")) <= 1


def test_what_is_saved_and_loaded_goes_on_in_the_same_way() -> None:
    once, twice = Limits(), Limits()
    rows: dict[str, dict[str, Any]] = {}
    chance = random.Random(1)
    print("seed", 1)
    for week in range(16):
        times = [[chance.lognormvariate(7.2 + (week > 8) * 0.7, 0.6) for _ in range(6)] for _ in range(7)]
        for land in (once, twice):
            for day in times:
                for n, minutes in enumerate(day):
                    land.open(land.now + n * HOUR, minutes, category=("street light", "pothole")[n % 2])
                land.live(1, day)
            saved(land.loop, rows if land is twice else {})
        twice.loop = twice.fresh()
        twice.loop.load(rows)
    assert once.said
    assert once.said == twice.said


def test_rows_that_an_older_version_saved_are_taken_up() -> None:
    land = Limits()
    rows: dict[str, dict[str, Any]] = {}
    for _ in range(8):
        land.live(7, USUAL)
        saved(land.loop, rows)
    for key, body in rows.items():
        if key.startswith("row|"):
            del body["begun"], body["kept"], body["drift"]["after"], body["drift"]["look_at"], body["drift"]["looks"]
            columns = body["drift"]["last"]
            each = zip(*columns.values(), strict=True)
            last = [{"case_id": "c"} | dict(zip(columns, one, strict=True)) for one in each]
            body["drift"] |= {"day": "2011-08-20", "of_day": 3, "last": last}
        elif key.startswith("case|"):
            del body["of_day"]
    land.loop = land.fresh()
    land.loop.load(rows)
    land.live(30, [3 * m for m in USUAL])
    assert land.findings("drift")


def test_after_its_adoption_a_limit_stands_and_its_misses_are_watched_at_once() -> None:
    land = Limits()
    land.live(40, FAST)
    land.adopt(answer(land, 900))
    land.live(20, [m / 3 for m in FAST])
    assert len(land.proposals()) == 1, "a limit stands for four weeks"
    land.live(30, [3 * m for m in FAST])
    assert land.findings("drift")


def test_a_limit_that_a_person_changed_is_watched_anew() -> None:
    land = Limits()
    land.live(11, FAST)
    first = Limits()
    first.live(40, FAST)
    land.adopt(first.proposals()[0])
    land.live(60, FAST)
    assert land.said == []


@pytest.mark.parametrize("fact", [ProposalRejected, ProposalLapsed, TrialRolledBack])
def test_after_a_setback_the_loop_is_silent_twice_as_long_each_time(fact: type[ProposalFact]) -> None:
    land = Limits(settings=Settings(reopened_days=0))
    waits = []
    for n in range(3):
        before, begins = len(land.proposals()), land.now
        while len(land.proposals()) == before:
            land.live(1, FAST)
        waits.append((land.now - begins) / DAY)
        land.loop.observe(fact(id=f"f{n}", at=land.now, proposal_id=land.proposals()[-1].proposal_id))
    assert waits[0] < 21
    assert waits[2] >= 28


@pytest.mark.parametrize(("fact", "more"), [(ProposalReturned, {}), (TrialEnded, {"taken_up": True})])
def test_a_proposal_whose_base_moved_or_that_a_wider_one_took_up_is_made_anew(
    fact: type[ProposalFact], more: dict[str, bool]
) -> None:
    land = Limits()
    land.live(40, FAST)
    (first,) = land.proposals()
    land.loop.observe(fact(id="r", at=land.now, proposal_id=first.proposal_id, **more))
    land.live(8, FAST)
    assert len(land.proposals()) == 2


def test_a_proposal_that_must_only_wait_is_made_anew_when_it_may_be_from_the_same_evidence() -> None:
    land = Limits()
    land.live(40, FAST)
    (first,) = land.proposals()
    until = land.now + 15 * DAY
    refused = RulesCommandRefused(
        id="r", at=land.now, proposal_id=first.proposal_id, command="rules.proposal.propose.v1",
        details={"until": until.isoformat()},
    )  # fmt: skip
    land.loop.observe(refused)
    land.live(14, FAST)
    assert len(land.proposals()) == 1
    land.live(8, FAST)
    assert len(land.proposals()) == 2


def test_while_a_proposal_is_open_no_other_is_made_about_its_row() -> None:
    land = Limits()
    land.live(80, FAST)
    assert len(land.proposals()) == 1


def test_going_back_to_a_limit_that_was_left_lately_needs_a_person() -> None:
    land = Limits(settings=Settings(dwell_days=0, flip_days=365))
    land.live(30, SLOW)
    land.adopt(answer(land, 2_820))
    land.live(60, [m / 1.4 for m in SLOW])
    last = land.proposals()[-1]
    assert last.evidence["proposed"] < 2_820
    assert last.evidence["flip"]["days"] == 365
    assert last.needs_person


def test_a_category_that_a_common_row_decides_gets_a_row_of_its_own_before_it() -> None:
    land = Limits(national=(row("street light", 500), row(None, LIMIT)))
    land.live(40, FAST)
    (change,) = answer(land).patch.changes
    assert (change.op, change.at) == ("add", 1)
    assert change.after["category"] == '"pothole"'
    land.adopt(land.proposals()[0])
    land.until(land.now + DAY)
    assert (land.limit(), land.limit("street light"), land.limit("other")) == (900, 500, LIMIT)


def test_a_row_for_some_priorities_is_changed_for_these_alone() -> None:
    land = Limits(national=(row("pothole", LIMIT, ">= 4"), row(None, 5_000)))
    land.live(40, FAST, priority=5)
    land.adopt(answer(land, 900))
    land.until(land.now + DAY)
    assert (land.limit(priority=5), land.limit(priority=1)) == (900, 5_000)


def test_a_regions_stricter_row_is_changed_in_the_region_and_never_beyond_the_nations() -> None:
    land = Limits(north=(row("pothole", 1_000),))
    land.live(30, (1_300, 1_400, 1_500, 1_600, 1_700))
    proposal = answer(land, 1_620)
    assert proposal.patch.layer == "north"
    late = Limits(north=(row("pothole", 1_000),))
    late.live(30, SLOW)
    assert late.proposals() == []
    assert [f.numbers["longest"] for f in late.findings("capacity")] == [LIMIT]
