"""A rule on trial decides for its part of the units, for the same ones at all times, and never stands in the way."""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Iterable

import pytest
from common.contracts.patch import Patch, RowChange
from common.contracts.trial import TrialPlan
from common.rulebook import NATIONAL, NO_UNIT, ReleaseBook, Rulebook, Unit, apply_patch
from common.rulebook.layers import Layer
from common.rulebook.trial import arm_of, place_of
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rulebook.trials import LAMP, NOON, POTHOLE, plan, release, row, rulebook, shorter, tables

UNITS = [f"case-{n}" for n in range(10_000)]
TEXT = st.text(max_size=40)


def minutes(rules: Rulebook, inputs: dict[str, str | int], unit: Unit = NO_UNIT) -> int:
    decision = rules.decide("deadline", inputs, unit)
    assert decision is not None
    return int(decision.outputs["answer_minutes"])


def followers(plan: TrialPlan, units: Iterable[str] = UNITS, stratum: str = "") -> set[str]:
    return {unit for unit in units if arm_of(plan, stratum, unit)[0] == "candidate"}


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.95])
def test_the_part_that_follows_a_change_is_as_large_as_planned(share: float) -> None:
    bound = 4 * math.sqrt(len(UNITS) * share * (1 - share))
    for salt in ("one", "two", "three"):
        found = len(followers(plan(share=share, salt=salt)))
        print(f"share {share}, salt {salt}: {found} of {len(UNITS)}, bound {bound:.0f}")
        assert abs(found - share * len(UNITS)) < bound


def test_who_has_a_change_keeps_it_while_its_share_grows() -> None:
    steps = [followers(plan(share=share)) for share in (0, 0.05, 0.2, 0.5, 1)]
    assert all(before < after for before, after in itertools.pairwise(steps))
    assert steps[0] == set()
    assert steps[-1] == set(UNITS)


def test_two_trials_divide_the_same_units_independently() -> None:
    one, other = followers(plan(share=0.5, salt="one")), followers(plan(share=0.5, salt="two"))
    both = len(one & other)
    print(f"{both} of {len(UNITS)} follow both changes")
    assert abs(both - len(UNITS) / 4) < 4 * math.sqrt(len(UNITS) * 3 / 16)


def test_each_stratum_is_divided_on_its_own() -> None:
    potholes, lamps = (followers(plan(share=0.5), stratum=stratum) for stratum in ("pothole", "lamp"))
    for found in (potholes, lamps):
        assert abs(len(found) - len(UNITS) / 2) < 4 * math.sqrt(len(UNITS) / 4)
    assert abs(len(potholes & lamps) - len(UNITS) / 4) < 4 * math.sqrt(len(UNITS) * 3 / 16)


def test_places_are_the_same_in_every_version() -> None:
    found = [place_of("salt", "pothole", "case-1"), place_of("", "", ""), place_of("s" * 1_000, "", "ключ")]
    assert found == [0.20853197187113748, 0.10477447454185429, 0.05128659106106792]


@given(salt=TEXT, stratum=TEXT, unit=TEXT, shares=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_the_arm_is_a_function_of_plan_and_unit_alone(
    salt: str, stratum: str, unit: str, shares: tuple[float, float]
) -> None:
    low, high = (plan(salt=salt, share=share) for share in sorted(shares))
    assert 0 <= place_of(salt, stratum, unit) < 1
    assert arm_of(low, stratum, unit) == arm_of(low.model_copy(update={"started_at": NOON}), stratum, unit)
    assert arm_of(low, stratum, unit)[0] == "current" or arm_of(high, stratum, unit)[0] == "candidate"


def test_decisions_do_not_depend_on_what_was_decided_before() -> None:
    asked = [Unit(unit) for unit in UNITS[:300]]
    forwards, backwards = rulebook(plan(share=0.5)), rulebook(plan(share=0.5))
    said = [minutes(forwards, POTHOLE, unit) for unit in asked]
    assert said == [minutes(backwards, POTHOLE, unit) for unit in reversed(asked)][::-1]
    assert set(said) == {480, 960}


def test_a_decision_tells_both_answers_which_was_taken_and_how_probable_that_was() -> None:
    rules = rulebook(plan(share=0.2, strata=("category",)))
    for unit in UNITS[:200]:
        arm = rules.arm("deadline", POTHOLE, Unit(unit))
        assert arm is not None
        follows = place_of("salt", "pothole", unit) < 0.2
        assert (arm.arm, arm.probability) == (("candidate", 0.2) if follows else ("current", 0.8))
        assert (arm.proposal_id, arm.table, arm.unit, arm.unit_id, arm.stratum, arm.salt) == (
            "p1", "deadline", "case", unit, "pothole", "salt",
        )  # fmt: skip
        assert (arm.current, arm.candidate) == (
            {"answer_minutes": 960, "extension_minutes": 60}, {"answer_minutes": 480, "extension_minutes": 60},
        )  # fmt: skip
        assert minutes(rules, POTHOLE, Unit(unit)) == (480 if follows else 960)


def test_a_trial_does_not_concern_what_both_rules_answer_alike() -> None:
    rules = rulebook(plan(share=1))
    assert all(rules.arm("deadline", LAMP, Unit(unit)) is None for unit in UNITS[:50])
    assert rules.decide("deadline", LAMP, Unit("a")) is rules.decide("deadline", LAMP, Unit("b"))
    assert minutes(rules, LAMP, Unit("a")) == 960


def test_a_unit_that_is_not_known_follows_the_rule_in_force_and_is_drawn_for_nothing() -> None:
    for kind, unit in (
        ("case", Unit(area="01")),
        ("area", Unit("c")),
        ("authority", Unit("c", "01")),
        ("case", NO_UNIT),
    ):
        rules = rulebook(plan(share=1, unit=kind))
        assert rules.arm("deadline", POTHOLE, unit) is None
        assert minutes(rules, POTHOLE, unit) == 960
    assert minutes(rulebook(plan(share=0, adopted=True)), POTHOLE, NO_UNIT) == 480


@pytest.mark.parametrize(("kind", "units"), [("area", {"area": "01"}), ("authority", {"authority": "yard"})])
def test_neighbours_have_one_rule_where_a_trial_divides_by_area_or_authority(kind: str, units: dict[str, str]) -> None:
    rules = rulebook(plan(share=0.5, unit=kind))
    assert len({minutes(rules, POTHOLE, Unit(case, **units)) for case in UNITS[:100]}) == 1


def test_a_paused_trial_lets_nobody_follow_the_change() -> None:
    rules = rulebook(plan(share=0.5, paused=True))
    for unit in UNITS[:100]:
        assert minutes(rules, POTHOLE, Unit(unit)) == 960
        arm = rules.arm("deadline", POTHOLE, Unit(unit))
        assert arm is not None
        assert (arm.arm, arm.probability) == ("current", 1)


def test_a_part_keeps_the_old_rule_after_adoption() -> None:
    on_trial, adopted = rulebook(plan(share=0.95)), rulebook(plan(share=0.95, adopted=True))
    held = [unit for unit in UNITS if minutes(adopted, POTHOLE, Unit(unit)) == 960]
    assert 0 < len(held) < len(UNITS) / 10
    for unit in UNITS[:500]:
        arm = adopted.arm("deadline", POTHOLE, Unit(unit))
        assert arm == on_trial.arm("deadline", POTHOLE, Unit(unit))
        assert minutes(adopted, POTHOLE, Unit(unit)) == minutes(on_trial, POTHOLE, Unit(unit))


def test_of_two_trials_that_contest_an_input_the_first_decides_and_the_other_draws_nothing() -> None:
    first, second = plan(share=0.5), plan(shorter(minutes=240), proposal_id="p2", share=0.5, salt="other")
    lamps = plan(shorter("lamp"), proposal_id="p3", share=1)
    rules = rulebook(first, second, lamps)
    for unit in UNITS[:300]:
        arm = rules.arm("deadline", POTHOLE, Unit(unit))
        assert arm is not None
        assert arm.proposal_id == "p1"
        assert minutes(rules, POTHOLE, Unit(unit)) in (480, 960)
    other = rules.arm("deadline", LAMP, Unit("c"))
    assert other is not None
    assert other.proposal_id == "p3"


def test_of_a_trial_of_the_nation_and_one_of_a_region_the_region_s_decides_where_both_contest_an_input() -> None:
    nation = plan(shorter(minutes=480), share=1)
    region = plan(shorter(minutes=240, layer="north"), proposal_id="p2", share=1)
    rules = Rulebook(Layer(release(nation)), Layer(release(region, layer="north")))
    arm = rules.arm("deadline", POTHOLE, Unit("c"))
    assert arm is not None
    assert (arm.proposal_id, minutes(rules, POTHOLE, Unit("c"))) == ("p2", 240)
    elsewhere = Rulebook(Layer(release(nation)), None).arm("deadline", POTHOLE, Unit("c"))
    assert elsewhere is not None
    assert elsewhere.proposal_id == "p1"


def test_a_trial_of_the_nation_does_not_concern_a_region_that_is_stricter_already() -> None:
    own = tables(("own", row(300, "pothole")))
    overlay = release(number=1, layer="north").model_copy(update={"tables": own})
    rules = Rulebook(Layer(release(plan(share=1))), Layer(overlay))
    assert minutes(rules, POTHOLE, Unit("c")) == 300
    assert rules.arm("deadline", POTHOLE, Unit("c")) is None


def test_a_case_keeps_the_arm_that_it_was_drawn_for() -> None:
    small, whole = rulebook(plan(share=0)), rulebook(plan(share=1))
    drawn = small.arm("deadline", POTHOLE, Unit("c"))
    assert drawn is not None
    kept = Unit("c", kept=(drawn,))
    assert whole.arm("deadline", POTHOLE, kept) == drawn
    assert minutes(whole, POTHOLE, kept) == 960
    assert minutes(whole, POTHOLE, Unit("c")) == 480


def broken_plans() -> dict[str, TrialPlan]:
    moved = RowChange(op="set", row_id="rest", before=row(1), after=row(480))
    unreadable = RowChange(op="add", row_id="new", after={**row(480), "priority": "[[["}, at=0)
    forbidden = RowChange(op="add", row_id="new", after=row(-5), at=0)
    whole = plan(share=1)

    def changed(change: RowChange, **fields: str) -> TrialPlan:
        patch = whole.patch.model_copy(update={"changes": (change,), **fields})
        return whole.model_copy(update={"patch": patch})

    return {
        "the row has moved": changed(moved),
        "a cell cannot be read": changed(unreadable),
        "a number is not allowed": changed(forbidden),
        "there is no such table": changed(moved, table="horoscope"),
        "it changes another layer": changed(whole.patch.changes[0], layer="north"),
        "its strata are no inputs": whole.model_copy(update={"strata": ("moon",)}),
        "its way back does not apply": whole.model_copy(update={"adopted": True}),
    }


@pytest.mark.parametrize("what", broken_plans())
def test_a_trial_that_cannot_be_carried_out_stops_no_decision(what: str, caplog: pytest.LogCaptureFixture) -> None:
    broken = broken_plans()[what]
    held = release().model_copy(update={"trials": (broken, plan(shorter("lamp"), proposal_id="p2", share=1))})
    book = ReleaseBook([held])
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            rules = book.in_force(NATIONAL, NOON)
            assert minutes(rules, POTHOLE, Unit("c")) == 960
            assert rules.arm("deadline", POTHOLE, Unit("c")) is None
    assert minutes(rules, LAMP, Unit("c")) == 480, "another trial goes on"
    assert set(rules.broken_trials) == {"p1"}
    assert [plan.proposal_id for plan in rules.trials] == ["p2"]
    assert sum("p1" in record.getMessage() for record in caplog.records) == 1


def test_a_rulebook_can_be_asked_as_if_nothing_were_on_trial_or_by_the_other_rule() -> None:
    rules = rulebook(plan(share=0.5), plan(shorter("lamp"), proposal_id="p2", share=0.5, adopted=True))
    assert [minutes(rules.without_trials(), inputs, Unit("c")) for inputs in (POTHOLE, LAMP)] == [960, 480]
    assert [minutes(rules.otherwise("p1"), inputs, Unit("c")) for inputs in (POTHOLE, LAMP)] == [480, 480]
    assert [minutes(rules.otherwise("p2"), inputs, Unit("c")) for inputs in (POTHOLE, LAMP)] == [960, 960]
    untried = rulebook()
    assert untried.without_trials() is untried
    with pytest.raises(KeyError):
        rules.otherwise("p3")


def test_the_hash_of_a_release_covers_its_trials() -> None:
    hashes = {
        release().hash,
        release(plan()).hash,
        release(plan(share=0.5)).hash,
        release(plan(salt="other")).hash,
        release(plan(paused=True)).hash,
        release(plan(), plan(shorter("lamp"), proposal_id="p2")).hash,
    }
    assert len(hashes) == 6


def test_what_was_adopted_since_a_trial_began_holds_in_both_arms() -> None:
    moved = RowChange(op="set", row_id="rest", before=row(960), after=row(900))
    since = Patch(layer=NATIONAL, base_number=1, table="deadline", changes=(moved,))
    rules = Rulebook(Layer(release(plan()).model_copy(update={"tables": apply_patch(tables(), since)})), None)
    arm = rules.arm("deadline", POTHOLE, Unit("c"))
    assert arm is not None
    assert arm.current is not None
    assert arm.candidate is not None
    assert (arm.current["answer_minutes"], arm.candidate["answer_minutes"]) == (900, 480)
    assert minutes(rules.otherwise("p1"), LAMP) == 900
