"""What would become of a message under a patch that nobody has accepted."""

from __future__ import annotations

from pathlib import Path

import pytest
from archive.columns import DecisionInputs
from archive.rules_then import RulesThen
from archive.verdicts import verdicts
from common.contracts.patch import Patch, RowChange
from common.contracts.trial import TrialPlan, TrialUnit
from common.federation.country import EPOCH, load_federation
from common.rulebook.book import ReleaseBook
from common.rulebook.errors import PatchConflict, ReleaseMissing
from common.rulebook.patch import reverse
from common.rulebook.placement import Placed, Where, place
from common.rulebook.release import NATIONAL
from common.rulebook.simulation import patched
from common.rulebook.trial import NO_UNIT

FEDERATION = load_federation(Path(__file__).parents[2] / "federation")
BOOK = ReleaseBook(FEDERATION.base_releases())
HERE = Where("01", "north", "now")
P1 = {"category": '"pothole"', "area": '"01"', "authority": '"yard-01"'}


def patch(layer: str, before: dict[str, str] = P1) -> Patch:
    change = RowChange(op="set", row_id="p1", before=before, after={**before, "authority": '"yard-02"'})
    return Patch(layer=layer, base_number=1, table="jurisdiction", changes=(change,))


def authority(rulebook: object) -> str:
    placed = place("case", "Pothole", HERE, rulebook)  # type: ignore[arg-type]
    assert isinstance(placed, Placed)
    return placed.authority


def test_a_patch_decides_in_its_own_region_and_the_book_stays_as_it_is() -> None:
    assert authority(patched(BOOK, "north", EPOCH, patch("north"))) == "yard-02"
    assert authority(BOOK.in_force("north", EPOCH)) == "yard-01"
    head = BOOK.head("north")
    assert head is not None
    assert head.number == 1


def test_a_patch_on_another_regions_layer_changes_nothing_here() -> None:
    assert authority(patched(BOOK, "north", EPOCH, patch("south"))) == "yard-01"


def test_the_nations_own_rulebook_holds_its_layer_once_with_a_patch_and_without() -> None:
    rulebook = BOOK.in_force(NATIONAL, EPOCH)
    decision = rulebook.decide("deadline", {"category": "pothole", "priority": 1}, NO_UNIT)
    assert decision is not None
    assert (rulebook.release, len(decision.because)) == ("national:1", 1)
    assert patched(BOOK, NATIONAL, EPOCH, patch("south")).release == "national:1"


def test_a_patch_whose_base_moved_and_a_time_without_rules_are_said() -> None:
    with pytest.raises(PatchConflict, match="the base moved"):
        patched(BOOK, "north", EPOCH, patch("north", {**P1, "authority": '"nobody"'}))
    with pytest.raises(ReleaseMissing):
        patched(ReleaseBook(), "north", EPOCH, patch("north"))


def tried(unit: TrialUnit) -> ReleaseBook:
    """The north's first row goes to another yard for every unit."""
    north = next(r for r in FEDERATION.base_releases() if r.layer == "north")
    plan = TrialPlan(
        proposal_id="p1", patch=patch("north"), reversal=reverse(patch("north"), north.tables), unit=unit, share=1,
        salt="salt", started_at=EPOCH,
    )  # fmt: skip
    others = [r for r in FEDERATION.base_releases() if r.layer != "north"]
    return ReleaseBook([*others, north.model_copy(update={"trials": (plan,)})])


@pytest.mark.parametrize("unit", ["case", "area"])
def test_a_patch_is_simulated_without_what_is_on_trial(unit: TrialUnit) -> None:
    book = tried(unit)
    assert authority(book.in_force("north", EPOCH)) == "yard-02"
    assert authority(patched(book, "north", EPOCH, patch("south"))) == "yard-01"


@pytest.mark.parametrize("unit", ["case", "area"])
def test_a_past_decision_is_compared_without_what_is_on_trial(unit: TrialUnit) -> None:
    inputs = DecisionInputs(1, "north", "01", "Pothole", False, None, None, "01")
    (same,) = verdicts([inputs], RulesThen(tried(unit), patch("south"), EPOCH))
    (other,) = verdicts([inputs], RulesThen(tried(unit), patch("north"), EPOCH))
    assert (same.without, same.changed) == ("yard-01", False)
    assert (other.without, other.instead, other.changed) == ("yard-01", "yard-02", True)
