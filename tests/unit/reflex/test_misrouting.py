"""The misrouting loop proposes where cases keep ending elsewhere, and nowhere else."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from common.contracts.events.reflex.observations import CellObserved, FindingMade
from common.contracts.events.rules import SETTLED_DAYS, ProposeChange
from common.contracts.trial import ArmDrawn
from reflex.facts import (
    ProposalFact,
    ProposalLapsed,
    ProposalReturned,
    RulesCommandRefused,
    TrialEnded,
    TrialRolledBack,
)
from reflex.loops.misrouting.cell import Cell
from reflex.loops.misrouting.memory import Memory
from reflex.loops.misrouting.outcome import CellOutcome
from reflex.loops.misrouting.settings import Settings
from reflex.loops.misrouting.waiting import Waiting
from reflex.sortable_times import text_of

from tests.unit.reflex.worlds import START, Land, row, saved

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ARM = ArmDrawn(
    proposal_id="p", table="jurisdiction", unit="case", unit_id="case-00001", arm="candidate", probability=0.5, salt="s"
)


def kinds(land: Land) -> set[str]:
    return {one.kind for _, one in land.said if isinstance(one, FindingMade)}


def test_a_cell_that_always_ends_elsewhere_is_proposed_once_with_its_evidence() -> None:
    land = Land()
    land.settle(land.run(["lighting"] * 30))
    (proposal,) = land.proposals()
    assert proposal.title == "pothole in 01: yard -> lighting"
    assert proposal.evidence["wins"] >= 5
    assert proposal.evidence["losses"] == 0
    assert proposal.evidence["statistic"] >= 10_000
    assert set(proposal.evidence["cases"]) <= {f"case-{n:05}" for n in range(1, 31)}
    assert (proposal.scope["category"], proposal.scope["area"]) == ("pothole", "01")
    assert not proposal.needs_person
    assert proposal.evidence["cells"][0]["own_evidence"]
    assert kinds(land) == {"proposed"}


def test_too_few_known_cases_from_before_give_no_backtest() -> None:
    land = Land()
    land.settle(land.run(["lighting"] * 12))
    assert "0 known cases" in land.proposals()[0].evidence["backtest"]["refused"]


def test_a_backtest_counts_only_cases_from_before_the_evidence() -> None:
    land = Land()
    land.settle(land.run([*["yard"] * 40, *["lighting"] * 12]))
    proposal = land.proposals()[0]
    backtest = proposal.evidence["backtest"]
    assert (backtest["would_have_gone_right"], backtest["would_have_gone_wrong"]) == (0, backtest["known"])
    assert backtest["known"] >= 30
    assert backtest["until"] < proposal.evidence["first"]


@pytest.mark.parametrize("seed", range(5))
def test_a_cell_at_its_background_rate_is_left_alone(seed: int) -> None:
    print("seed", seed)
    chance = random.Random(seed)
    land = Land()
    land.settle(land.run("other" if chance.random() < 0.06 else "yard" for _ in range(500)))
    assert land.proposals() == []


def test_a_category_that_is_often_transferred_under_right_rules_needs_more_to_be_believed() -> None:
    ends = ["lighting", "lighting", "lighting", "yard"] * 5
    calm, noisy = Land(), Land(backgrounds={"pothole": 0.5})
    for land in (calm, noisy):
        land.settle(land.run(ends))
    assert len(calm.proposals()) == 1
    assert noisy.proposals() == []


def test_a_run_of_some_days_is_asked_about_where_much_is_handed_on_anyway_and_proposed_where_little_is() -> None:
    ends = [*["yard", "lighting"] * 6, *["lighting"] * 9, "yard"]
    calm, noisy = Land(backgrounds={"pothole": 0.06}), Land(backgrounds={"pothole": 0.3})
    for land in (calm, noisy):
        land.settle(land.run(ends))
    assert len(calm.proposals()) == 1
    assert noisy.proposals() == []
    assert kinds(noisy) == {"kept"}


def test_a_run_that_goes_on_unmixed_is_proposed_even_where_much_is_handed_on_anyway() -> None:
    land = Land(backgrounds={"pothole": 0.3})
    land.settle(land.run(["lighting"] * 40))
    assert len(land.proposals()) == 1


def test_a_cell_where_nobody_wins_is_to_be_clarified_and_never_routed() -> None:
    land = Land()
    land.settle(land.run([f"office-{n % 4}" if n % 5 else "yard" for n in range(60)]))
    assert kinds(land) == {"clarify"}
    assert land.proposals() == []


def test_cases_of_which_some_stay_and_others_go_to_one_authority_are_told_of_their_desk_with_all_its_cells() -> None:
    land, ends = Land(), ["lighting", "yard", "yard", "lighting"] * 8
    for now, end in ((START + n * DAY, end) for n, end in enumerate(ends)):
        for area in ("01", "02"):
            case_id = land.open(now, area)
            if end != "yard":
                land.transfer(case_id, end, now + HOUR)
        land.tick(now + DAY)
    told = [one for _, one in land.said if isinstance(one, FindingMade)]
    assert land.proposals() == []
    assert {(one.kind, one.key) for one in told} == {("kept", "desk|yard")}
    assert len(told) == 1
    assert [c["area"] for c in told[0].numbers["cells"]] == ["01", "02"]
    assert told[0].numbers["stayed"] > 0


def test_a_winner_that_emerges_after_a_call_to_clarify_is_proposed_at_once() -> None:
    land = Land()
    now = land.settle(land.run(["lighting", "yard"] * 10))
    assert kinds(land) == {"kept"}
    land.settle(land.run(["lighting"] * 12, start=now))
    assert [p.title for p in land.proposals()] == ["pothole in 01: yard -> lighting"]


def test_a_case_that_is_handed_on_after_it_was_counted_is_counted_anew() -> None:
    land = Land()
    cases = [land.open(START + n * DAY, "01") for n in range(8)]
    land.tick(START + 12 * DAY)
    assert land.said == []
    for case_id in cases:
        land.transfer(case_id, "lighting", START + 13 * DAY)
    land.tick(START + 14 * DAY)
    (proposal,) = land.proposals()
    assert (proposal.evidence["wins"], proposal.evidence["losses"]) == (8, 0)


def test_a_transfer_long_after_a_case_was_counted_changes_nothing() -> None:
    land = Land()
    cases = [land.open(START + n * DAY, "01") for n in range(8)]
    land.tick(START + 50 * DAY)
    for case_id in cases:
        land.transfer(case_id, "lighting", START + 51 * DAY)
    land.tick(START + 52 * DAY)
    assert land.proposals() == []


def test_a_case_does_not_count_before_its_time_so_a_transfer_after_a_tick_is_seen() -> None:
    land = Land()
    cases = [land.open(START + n * DAY, "01") for n in range(8)]
    land.tick(START + 2 * DAY)
    for case_id in cases:
        land.transfer(case_id, "lighting", START + 2 * DAY + HOUR)
    assert land.proposals() == []
    land.settle(START + 8 * DAY)
    assert len(land.proposals()) == 1


@pytest.mark.parametrize("hour", [9, 21])
def test_cases_of_two_days_alone_give_no_proposal_however_many_wherever_midnight_is(hour: int) -> None:
    land, begins = Land(), START + hour * HOUR
    for day in range(2):
        now = land.run(["lighting"] * 20, start=begins + day * DAY, step=HOUR / 4)
    land.settle(now)
    assert land.said
    assert land.proposals() == []
    land.settle(land.run(["lighting"], start=begins + 4 * DAY))
    assert len(land.proposals()) == 1


def test_a_case_that_is_handed_on_counts_before_its_time_when_the_alarm_comes_in_any_event() -> None:
    land = Land(backgrounds={"pothole": 0.03})
    for number in range(5):
        at = START + number * 12 * HOUR
        land.transfer(land.open(at, "01"), "lighting", at + HOUR)
    land.tick(START + 52 * HOUR)
    (proposal,) = land.proposals()
    assert proposal.evidence["wins"] == 5
    assert land.loop.changed()["cell|pothole|01"]["outcomes"] == []


@pytest.mark.parametrize("seed", range(20))
def test_an_alarm_ahead_of_time_comes_in_any_event(seed: int) -> None:
    """What becomes of the cases that do not count yet can only raise the statistic at the case of the alarm."""
    print("seed", seed)
    chance = random.Random(seed)
    cell = Cell("pothole", "01", "north", "yard")
    ends = [chance.choice(["lighting", "yard"]) for _ in range(20)]
    known = [end if chance.random() < 0.5 else "yard" for end in ends]
    days = [text_of(START + n * 8 * HOUR) for n in range(20)]
    ahead = cell.ahead([CellOutcome(e, f"case-{n}", d) for n, (e, d) in enumerate(zip(known, days, strict=True))], 0.05)
    for number, (end, day) in enumerate(zip(ends, days, strict=True)):
        if number < len(ahead.outcomes):
            cell.count(CellOutcome(end, f"case-{number}", day), 0.05)
    assert cell.detector.value >= ahead.detector.value


def test_what_was_mixed_before_and_is_no_more_so_since_is_judged_by_all_of_its_cases() -> None:
    """The cut since which most end elsewhere is chosen for that: where nothing changed it flatters."""
    cell = Cell("pothole", "01", "north", "yard")
    for number, end in enumerate(["yard", "lighting"] * 10 + ["lighting"] * 3):
        cell.count(CellOutcome(end, f"case-{number}", text_of(START + number * DAY)), 0.05)
    winner = cell.winner()
    assert winner is not None
    assert (winner.wins, winner.losses, winner.before) == (13, 10, ())


def test_going_back_takes_less_doubt_than_a_first_change() -> None:
    calm = {"pothole": 0.03}
    first = Land(backgrounds=calm, settings=Settings(min_cases=3))
    back = Land(backgrounds=calm, settings=Settings(min_cases=3, cooldown_days=1))
    now = back.run(["lighting"] * 22)
    now = back.adopt(back.proposals()[0], now)
    first.settle(first.run(["lighting"] * 3))
    back.settle(back.run(["yard"] * 3, start=now))
    assert len(first.proposals()) == 1
    assert len(back.proposals()) == 1


def test_where_desks_hand_on_late_the_cases_that_are_still_to_come_count() -> None:
    """Half of the cases go on in time, the others late: of the newest, half lie with the first desk still."""
    unaware, aware = Land(), Land()
    late = [aware.open(START + n * DAY, "02") for n in range(40)]
    for number in range(20):
        at = START + number * DAY
        aware.transfer(aware.open(at, "03"), "lighting", at + HOUR)
    aware.tick(START + 43 * DAY)
    for case_id in late:
        aware.transfer(case_id, "office-1", START + 44 * DAY)
    for land in (unaware, aware):
        land.settle(land.run(["lighting", "yard"] * 9, start=START + 50 * DAY))
    assert "pothole in 01: yard -> lighting" in [p.title for p in aware.proposals()]
    assert unaware.proposals() == []


@pytest.mark.parametrize("why", ["joined", "by hand", "handed over to it", "handed over from it", "on trial"])
def test_cases_whose_right_place_is_not_known_do_not_count(why: str) -> None:
    land = Land()
    for number in range(12):
        at = START + number * DAY
        more: dict[str, Any] = {
            "by hand": {"by_hand": True},
            "handed over to it": {"handed_over_from": "south"},
            "on trial": {"arms": (ARM,)},
        }.get(why, {})
        case_id = land.open(at, "01", **more)
        if why == "handed over from it":
            land.transfer(case_id, "yard-south", at + HOUR, to_region="south")
        else:
            land.transfer(case_id, "lighting", at + HOUR)
        if why == "joined":
            land.join(case_id, at + 2 * HOUR)
    land.settle(START + 12 * DAY)
    assert land.said == []


def test_an_adopted_change_starts_the_cell_anew_and_is_not_proposed_again() -> None:
    land = Land()
    now = land.run(["lighting"] * 22)
    (proposal,) = land.proposals()
    effective = land.adopt(proposal, now)
    land.run(["lighting"] * 2, start=now, step=HOUR)
    cell = saved(land.loop, {})["cell|pothole|01"]
    assert (cell["current"], cell["left"]) == ("lighting", {"yard": text_of(effective)})
    land.settle(land.run(["lighting"] * 30, start=effective))
    assert len(land.proposals()) == 1


def test_what_was_seen_under_one_rule_says_nothing_about_the_next() -> None:
    cell = Cell("pothole", "01", "north", "yard")
    for number in range(6):
        cell.count(CellOutcome("lighting", f"case-{number}", text_of(START + number * DAY)), 0.05)
    assert cell.detector.value > 10_000
    cell.restart("lighting", START)
    assert (cell.detector.value, cell.outcomes, cell.winner()) == (0, [], None)


def test_a_rejected_proposal_comes_again_only_after_its_pause_and_from_new_evidence_each_pause_twice_as_long() -> None:
    land = Land()
    now = land.run(["lighting"] * 22)
    for pause in (14 * DAY, 28 * DAY, 56 * DAY):
        known, rejected = len(land.proposals()), now
        land.reject(land.proposals()[-1], rejected)
        while len(land.proposals()) == known:
            now = land.run(["lighting"], start=now)
        assert pause <= now - rejected < pause + DAY
        assert land.proposals()[-1].evidence["first"] >= text_of(rejected)
    assert len({p.proposal_id for p in land.proposals()}) == 4


def test_a_proposal_that_rules_refuses_is_a_setback_too() -> None:
    land = Land()
    now = land.run(["lighting"] * 22)
    proposal = land.proposals()[0]
    land.loop.observe(
        RulesCommandRefused(id="refused", at=now, proposal_id=proposal.proposal_id, command=ProposeChange.type)
    )
    land.settle(land.run(["lighting"] * 9, start=now))
    assert len(land.proposals()) == 1


def test_a_proposal_that_must_only_wait_comes_again_when_it_may_with_the_evidence_it_had() -> None:
    land = Land()
    now = land.run(["lighting"] * 22)
    first, until = land.proposals()[0], now + 20 * DAY
    land.loop.observe(
        RulesCommandRefused(
            id="refused",
            at=now,
            proposal_id=first.proposal_id,
            command=ProposeChange.type,
            details={"until": until.isoformat()},
        )
    )
    while len(land.proposals()) == 1:
        now = land.run(["lighting"], start=now)
    assert timedelta() <= now - until < DAY
    assert land.proposals()[1].evidence["first"] == first.evidence["first"]


@pytest.mark.parametrize("end", [ProposalLapsed, TrialRolledBack, TrialEnded])
def test_a_proposal_that_lapsed_or_whose_trial_brought_nothing_comes_again_after_the_pause(
    end: type[ProposalFact],
) -> None:
    land = Land()
    now = land.run(["lighting"] * 22)
    land.loop.observe(end(id="end", at=now, proposal_id=land.proposals()[0].proposal_id))
    land.run(["lighting"] * 13, start=now)
    assert len(land.proposals()) == 1
    land.run(["lighting"] * 8, start=now + 13 * DAY)
    assert len(land.proposals()) == 2


def test_a_returned_proposal_is_made_anew_with_the_evidence_it_had() -> None:
    land = Land()
    now = land.run(["lighting"] * 22)
    first = land.proposals()[0]
    land.loop.observe(ProposalReturned(id="returned", at=now, proposal_id=first.proposal_id))
    land.settle(land.run(["lighting"] * 2, start=now))
    assert [p.title for p in land.proposals()] == [first.title] * 2
    assert land.proposals()[1].proposal_id != first.proposal_id


def test_a_proposal_in_place_of_which_a_wider_one_is_tried_is_made_anew_with_the_evidence_it_had() -> None:
    land = Land()
    now = land.run(["lighting"] * 22)
    first = land.proposals()[0]
    land.loop.observe(TrialEnded(id="end", at=now, proposal_id=first.proposal_id, taken_up=True))
    land.settle(land.run(["lighting"] * 2, start=now))
    assert [p.title for p in land.proposals()] == [first.title] * 2


def test_going_back_to_what_was_left_lately_is_marked_and_needs_a_person() -> None:
    land = Land(settings=Settings(cooldown_days=1))
    now = land.run(["lighting"] * 22)
    now = land.adopt(land.proposals()[0], now)
    land.settle(land.run(["yard"] * 30, start=now))
    back = land.proposals()[1]
    assert back.needs_person
    assert back.title.endswith("lighting -> yard (back to what it was)")
    assert "cell|pothole|01" in back.evidence["flip"]["left"]


def test_a_cell_whose_rule_was_just_changed_is_left_alone_for_a_while() -> None:
    land = Land()
    now = land.run(["lighting"] * 22)
    effective = land.adopt(land.proposals()[0], now)
    land.run(["yard"] * 100, start=effective)
    again = [at for at, one in land.said if isinstance(one, ProposeChange)][1]
    assert again - effective >= 14 * DAY


def test_the_dispatcher_is_shown_where_the_last_six_cases_ended() -> None:
    land = Land()
    land.settle(land.run([*["yard"] * 4, "lighting", "signs", "yard"]))
    hints = [one for _, one in land.said if isinstance(one, CellObserved)]
    assert hints[-1].ends == ("yard", "yard", "yard", "lighting", "signs", "yard")
    assert hints[-1].authority == "yard"


def test_a_cell_without_transfers_says_nothing() -> None:
    land = Land()
    land.settle(land.run(["yard"] * 50))
    assert land.said == []


def test_state_that_was_saved_and_loaded_at_every_tick_goes_on_as_if_it_never_stopped() -> None:
    chance = random.Random(3)
    print("seed", 3)
    ends = [chance.choice(["lighting", "lighting", "yard", "signs"]) for _ in range(200)]
    whole, broken = Land(), Land()
    rows: dict[str, dict[str, Any]] = {}
    now = START
    for end in ends:
        now = broken.run([end], start=now)
        saved(broken.loop, rows)
        broken.loop = broken.fresh()
        broken.loop.load(rows)
    whole.run(ends)
    assert [one for _, one in whole.said] == [one for _, one in broken.said]
    assert whole.said


def test_only_rows_that_changed_are_saved_and_cases_of_which_nothing_more_matters_are_removed() -> None:
    land = Land()
    case_id = land.open(START, "01")
    assert set(land.loop.changed()) == {"cell|pothole|01", f"case|{case_id}"}
    assert land.loop.changed() == {}
    land.settle(START)
    changed = land.loop.changed()
    assert set(changed) == {"cell|pothole|01", "usual|pothole", f"case|{case_id}"}
    assert changed[f"case|{case_id}"]["counted"]
    land.tick(START + 32 * DAY)
    assert land.loop.changed() == {f"case|{case_id}": None}


def test_state_that_was_saved_before_late_transfers_counted_is_taken_up() -> None:
    whole, land = Land(), Land()
    for one in (whole, land):
        one.run(["lighting"] * 4)
    rows = saved(land.loop, {})
    for key, body in rows.items():
        for later in ("until", "counted", "forgotten"):
            body.pop(later, None)
        if key.startswith("cell|"):
            body["outcomes"] = [{k: v for k, v in o.items() if k != "late"} for o in body["outcomes"]]
    now = text_of(START + 4 * DAY)
    rows = {key: body for key, body in rows.items() if key.startswith("cell|") or body.get("due", "") > now}
    land.loop = land.fresh()
    land.loop.load(rows)
    for one in (whole, land):
        one.settle(one.run(["lighting"] * 8, start=START + 4 * DAY))
    assert [p.evidence["wins"] for p in land.proposals()] == [p.evidence["wins"] for p in whole.proposals()]
    assert land.proposals()


def test_the_same_facts_give_the_same_words_and_ids() -> None:
    first, second = Land(), Land()
    for land in (first, second):
        land.settle(land.run(["lighting"] * 22))
    assert [one for _, one in first.said] == [one for _, one in second.said]


def test_a_forecast_names_its_interval_and_what_it_cannot_know() -> None:
    land = Land()
    land.settle(land.run(["lighting"] * 22))
    at, proposal = next((at, one) for at, one in land.said if isinstance(one, ProposeChange))
    forecast = proposal.forecast
    assert forecast is not None
    assert forecast.low < forecast.expected < forecast.high
    assert forecast.review_at == at + timedelta(days=forecast.horizon_days + SETTLED_DAYS)
    assert "has not had these cases first" in forecast.cannot_know


def test_a_region_that_has_a_row_for_the_cell_gets_that_row_changed() -> None:
    land = Land(north=[row("pothole", "yard", area="01")])
    land.settle(land.run(["lighting"] * 12))
    (change,) = land.proposals()[0].patch.changes
    assert (change.op, change.row_id) == ("set", "pothole@01")


def elsewhere_in_other_areas(land: Land, to: str) -> datetime:
    """Sixty cases of two other areas, of which a third is handed on under right rules."""
    now = START
    for number in range(60):
        ends = [to if number % 3 == 0 else "yard"]
        now = land.run(ends, area="02" if number % 2 else "03", start=now, step=timedelta(hours=6))
    return land.settle(now)


def test_a_cell_whose_cases_go_where_those_of_other_areas_do_not_shows_though_much_is_handed_on() -> None:
    land = Land(backgrounds={"pothole": 0.4})
    now = elsewhere_in_other_areas(land, "signs")
    land.settle(land.run(["lighting"] * 10, start=now, step=2 * DAY))
    (proposal,) = land.proposals()
    assert proposal.title == "pothole in 01: yard -> lighting"
    assert proposal.evidence["statistic"] >= land.settings.sr_threshold


def test_a_cell_whose_cases_go_where_those_of_other_areas_do_too_waits_for_more() -> None:
    land = Land(backgrounds={"pothole": 0.4})
    now = elsewhere_in_other_areas(land, "lighting")
    land.settle(land.run(["lighting"] * 10, start=now, step=2 * DAY))
    assert land.proposals() == []


def test_where_cases_of_a_category_end_is_saved_and_what_an_earlier_version_saved_is_taken_up_without_it() -> None:
    land = Land(backgrounds={"pothole": 0.4})
    rows: dict[str, dict[str, Any]] = {}
    now = elsewhere_in_other_areas(land, "signs")
    saved(land.loop, rows)
    assert rows["usual|pothole"] == {"named": {"yard": 60}, "moved": {"signs": 20}}
    old = Land(backgrounds={"pothole": 0.4})
    old.loop.load({key: body for key, body in rows.items() if not key.startswith("usual|")})
    old.numbers = land.numbers
    old.settle(old.run(["lighting"] * 3, start=now))
    assert saved(old.loop, {})["usual|pothole"] == {"named": {"yard": 3}, "moved": {"lighting": 3}}


def test_a_case_that_came_lately_and_lies_still_weighs_as_a_stay_what_of_its_time_has_passed() -> None:
    memory, cell, opened = Memory(), Cell("pothole", "01", "north", "yard"), START + 4 * DAY
    for number, end in enumerate(["lighting"] * 4):
        cell.count(CellOutcome(end, f"case-{number}", text_of(START + number * DAY)), 0.08)
    lies = Waiting(
        "case-4", cell.key, "yard", "yard", text_of(opened), text_of(opened + 3 * DAY), text_of(opened + DAY)
    )
    memory.waiting.add(lies)
    cell.count(lies.outcome(), 0.08)
    lost = [
        winner.lost
        for now in (opened + 18 * HOUR, opened + 3 * DAY, opened + 9 * DAY)
        if (winner := cell.winner(known=memory.known(now))) is not None
    ]
    assert lost == [pytest.approx(0.25), 1, 1]
