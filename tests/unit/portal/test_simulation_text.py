"""What would become of a message, in words, under the rules in force and under a patch of them."""

from __future__ import annotations

from datetime import UTC, datetime

from common.contracts.patch import Patch, RowChange
from common.contracts.trial import TrialPlan
from common.federation.country import load_federation
from common.rulebook.book import ReleaseBook
from common.rulebook.message_text.simulated import SimulatedText
from common.rulebook.patch import apply_patch, reverse
from common.rulebook.placement import Where
from common.rulebook.simulation import patched, with_release
from portal.names import Names
from portal.rule_text import RuleWords
from portal.simulation_text import Outcome, SimulationWords, outcome, outcomes

from tests.conftest import ROOT

FEDERATION = load_federation(ROOT / "tests/federation")
NAMES = Names(FEDERATION)
WORDS = SimulationWords(NAMES, RuleWords(NAMES))
BOOK = ReleaseBook(FEDERATION.base_releases())
NOW = datetime(2011, 7, 1, tzinfo=UTC)
HERE = Where("01", "north", "named")
BEFORE = {"category": '"pothole"', "area": '"01"', "authority": '"yard-01"'}
PATCH = Patch(
    layer="north", base_number=1, table="jurisdiction",
    changes=(RowChange(op="set", row_id="p1", before=BEFORE, after={**BEFORE, "authority": '"yard-02"'}),),
)  # fmt: skip


def tables(found: Outcome) -> dict[tuple[str, str], int | None]:
    return {(b["table"], b["layer"]): b["number"] for b in found.because}


def test_a_message_that_the_rules_place_is_told_with_the_rows_that_decide() -> None:
    found = outcome("now", BOOK.in_force("north", NOW), "Pothole", HERE, False, WORDS)
    assert found.facts[:3] == [("Category", "Pothole"), ("Area", "01, North"), ("Authority", "Yard 01")]
    assert tables(found)["jurisdiction", "north"] == 1
    assert (found.asked, found.cannot) == ("", "")


def test_a_row_of_a_patch_is_of_no_release_and_all_others_are_of_their_own() -> None:
    found = outcome("then", patched(BOOK, "north", NOW, PATCH), "Pothole", HERE, False, WORDS, PATCH)
    assert ("Authority", "Yard 02") in found.facts
    assert tables(found)["jurisdiction", "north"] is None
    assert tables(found)["deadline", "north"] == 1
    assert tables(found)["priority", "national"] == 1


def test_a_message_that_no_rule_knows_goes_to_a_person_with_what_is_missing() -> None:
    found = outcome("now", BOOK.in_force("north", NOW), "Comet", None, False, WORDS)
    assert found.asked == "A person in triage would be asked: it names no place. Needed: category and area."
    assert found.because == []
    known = outcome("now", BOOK.in_force("north", NOW), "Pothole", None, True, WORDS)
    assert "lies outside every region" in known.asked
    assert list(tables(known)) == [("category_map", "national")]


def said(text: str) -> SimulatedText:
    return SimulatedText(text, FEDERATION, lambda layer: BOOK.in_force(layer, NOW), NOW, channel="web", bare=False)


def test_what_a_citizen_writes_counts_as_it_does_for_a_real_message() -> None:
    rules = BOOK.in_force("north", NOW)
    plain = outcome("now", rules, "Pothole", HERE, False, WORDS, text=said("There is a hole"))
    assert plain == outcome("now", rules, "Pothole", HERE, False, WORDS)
    urgent = outcome("now", rules, "Pothole", HERE, False, WORDS, text=said("The building behind it is on fire"))
    assert ("Its words show", "emergency") in urgent.facts
    assert dict(urgent.facts)["Priority"] > dict(plain.facts)["Priority"]
    assert {"matters", "matter_words"} <= {table for table, _layer in tables(urgent)}
    two = outcome("now", rules, "", HERE, False, WORDS, text=said("1) There is a pothole. 2) The street light is out."))
    assert dict(two.facts)["It seems to be about several matters"] == "Pothole and Street light"
    assert "no rule knows what it is about" in two.asked


def test_another_release_of_a_layer_stands_in_the_place_of_the_one_in_force() -> None:
    north = BOOK.head("north")
    assert north is not None
    empty = north.model_copy(update={"number": 7, "tables": {}})
    found = outcome("then", with_release(BOOK, "north", NOW, empty), "Pothole", HERE, False, WORDS)
    assert "no rule names an authority" in found.asked
    elsewhere = with_release(BOOK, "south", NOW, empty)
    assert elsewhere.release == BOOK.in_force("south", NOW).release


def on_trial(*, adopted: bool) -> ReleaseBook:
    releases = {release.layer: release for release in FEDERATION.base_releases()}
    north = releases["north"]
    plan = TrialPlan(
        proposal_id="p1", patch=PATCH, reversal=reverse(PATCH, north.tables), unit="case", share=0.95, salt="salt",
        started_at=NOW, adopted=adopted,
    )  # fmt: skip
    tables = apply_patch(north.tables, PATCH) if adopted else north.tables
    releases["north"] = north.model_copy(update={"trials": (plan,), "tables": tables})
    return ReleaseBook(releases.values())


def test_a_change_on_trial_stands_beside_what_the_others_get() -> None:
    book = on_trial(adopted=False).in_force("north", NOW)
    held, tried = outcomes("now", book, "Pothole", HERE, False, WORDS)
    assert ("Authority", "Yard 01") in held.facts
    assert ("Authority", "Yard 02") in tried.facts
    assert tried.heading == "On trial: 95.0 % of the cases follow a change."
    assert tables(held)["jurisdiction", "north"] == 1
    assert tables(tried)["jurisdiction", "north"] is None
    assert tables(tried)["deadline", "north"] == 1
    assert len(outcomes("now", book, "Street light", HERE, False, WORDS)) == 1


def test_an_adopted_change_stands_beside_what_the_part_gets_that_keeps_the_old_rule() -> None:
    held, kept = outcomes("now", on_trial(adopted=True).in_force("north", NOW), "Pothole", HERE, False, WORDS)
    assert ("Authority", "Yard 02") in held.facts
    assert ("Authority", "Yard 01") in kept.facts
    assert kept.heading == "5.0 % of the cases still follow the rule before a change."
