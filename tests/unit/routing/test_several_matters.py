"""A message that seems to be about several matters: the parts that triage is shown, and what stays whole."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from common.contracts.events.base import Event, Place
from common.contracts.events.routing import CaseAssigned, CategoryCandidate, TriageRequested
from common.rulebook.classification import Reading
from common.rulebook.jdm import Cells
from common.rulebook.message_text.several_matters import pieces, suggested_parts
from common.rulebook.streets import Gazetteer, Stretch
from common.rulebook.trial import NO_UNIT
from routing.classify.model_file import write
from routing.classify.training import Labelled, train
from routing.domain import decide
from routing.model import Incoming, Read, RoutedCase, RoutingContext, nothing_read
from routing.models import Models

from tests.evaluation.several_matters import TEXTS, Town, divided, labelled, rules, said
from tests.unit.routing.test_classification import LIMITS
from tests.unit.routing.test_parts import OF
from tests.unit.routing.test_routing import IN_NORTH, NOON, NOWHERE, Country, book, tables

BOTH = "There is a pothole by the gate. Also, the noise goes on all night."
IN_PARTS = [("There is a pothole by the gate.", "pothole"), ("Also, the noise goes on all night.", "noise")]
LOOKED_AT: Cells = {"category": "", "confirm": "false", "several": "true"}
PLACED: Cells = {"category": "", "confirm": "false", "several": "false"}
TOWN = Town()
BARE = RoutingContext(TOWN, lambda layer, at: rules())


def heard(
    text: str, rule: Cells, limits: Cells = LIMITS, *, place: Place = IN_NORTH, read: Read = nothing_read,
    **more: object,
) -> Event:  # fmt: skip
    word = {"text": text, "category": "hole", "place": place, "received_at": NOON, **more}
    rulebook = book(triage=tables("triage", rule), classification=tables("classification", limits))
    found = decide(
        RoutedCase(), Incoming("id", "chain", NOON, said(text).model_copy(update=word)),
        RoutingContext(Country(), rulebook.in_force, read),
    )  # fmt: skip
    return found.events[0].event


def parts_of(event: Event) -> list[tuple[str, str | None]]:
    assert isinstance(event, TriageRequested)
    return [(part.text, part.category) for part in event.parts]


@pytest.mark.parametrize(("name", "least"), [("first part", 1.0), ("held out", 0.9)])
def test_the_list_is_told_right(name: str, least: float) -> None:
    texts = labelled(TEXTS[name])
    rulebook = rules()
    right = sum(max(1, len(divided(one.text, rulebook, BARE))) == one.parts for one in texts)
    assert right >= least * len(texts)


def test_no_word_is_lost_in_any_text_of_the_list() -> None:
    for path in TEXTS.values():
        for one in labelled(path):
            parts = divided(one.text, rules(), BARE)
            if parts:
                assert " ".join(part.text for part in parts).split() == one.text.split()
            assert " ".join(pieces(one.text)).split() == one.text.split()


def test_more_than_five_matters_are_five_parts_and_what_the_last_is_about_a_person_says() -> None:
    text = "1) pothole 2) graffiti 3) garbage 4) snow 5) rats 6) noise"
    parts = divided(text, rules(), BARE)
    assert [part.category for part in parts] == ["pothole", "graffiti", "garbage", "snow", None]
    assert parts[-1].text.split() == ["5)", "rats", "6)", "noise"]


def test_the_same_kind_in_two_streets_is_two_matters_and_in_one_street_one() -> None:
    assert len(divided("A pothole on Oak Street. Also, a pothole on Elm Street.", rules(), BARE)) == 2
    assert divided("A pothole on Oak Street. Also, a pothole further up Oak Street.", rules(), BARE) == ()


def test_what_waits_for_a_person_shows_its_parts_whatever_the_rule_says() -> None:
    assert parts_of(heard(BOTH, PLACED, place=NOWHERE)) == IN_PARTS
    assert parts_of(heard(BOTH, {"category": "", "confirm": "true"}, place=IN_NORTH)) == IN_PARTS
    assert parts_of(heard("There is a pothole. Also, it is deep.", PLACED, place=NOWHERE)) == []


def test_what_the_rules_can_place_waits_for_its_parts_only_where_a_row_says_so() -> None:
    assert isinstance(heard(BOTH, PLACED), CaseAssigned)
    asked = heard(BOTH, LOOKED_AT)
    assert isinstance(asked, TriageRequested)
    assert (asked.reason, asked.missing, parts_of(asked)) == ("confirm", (), IN_PARTS)
    assert isinstance(heard("There is a pothole. Also, it is deep.", LOOKED_AT), CaseAssigned)


def test_rules_from_before_the_column_place_as_they_did() -> None:
    assert isinstance(heard(BOTH, {"category": "", "confirm": "false"}), CaseAssigned)


def test_a_part_is_not_divided_again() -> None:
    part = said(BOTH).model_copy(update={"part_of": OF})
    assert suggested_parts(part, rules(), NO_UNIT, BARE) == ()


def test_a_model_that_is_sure_says_what_a_part_is_about_and_one_that_is_not_says_nothing() -> None:
    def read(percent: int) -> Read:
        def by_words(version: str, text: str) -> Reading:
            category = "noise" if "bar" in text else "pothole"
            return Reading((CategoryCandidate(category=category, percent=percent),), 100, 1)

        return by_words

    text = "My wheel broke here. Also, the bar keeps me awake."
    found = parts_of(heard(text, PLACED, place=NOWHERE, read=read(85)))
    assert [category for _text, category in found] == ["pothole", "noise"]
    assert parts_of(heard(text, PLACED, place=NOWHERE, read=read(79))) == []


def test_a_small_model_that_has_learnt_from_texts_divides_what_no_name_of_a_category_tells(tmp_path: Path) -> None:
    texts = [Labelled(f"a deep crater broke my wheel, lane {n}", "pothole") for n in range(40)]
    texts += [Labelled(f"the bar keeps everybody awake with music, door {n}", "noise") for n in range(40)]
    version = write(train(texts), tmp_path / "m")
    (tmp_path / "m").rename(tmp_path / f"{version}.model")
    read = Models(tmp_path).read
    asks: Cells = {**LIMITS, "model": f'"{version}"'}
    text = "A deep crater broke my wheel. Also, the bar keeps us awake with its music. Please help us."
    found = parts_of(heard(text, PLACED, asks, place=NOWHERE, read=read))
    assert [category for _text, category in found] == ["pothole", "noise"]
    assert found[1][0].endswith("Please help us.")
    assert parts_of(heard(text, PLACED, place=NOWHERE)) == [], "no name of a category stands in it"
    one = "A deep crater broke my wheel. Also, there is a crater in the other lane."
    assert parts_of(heard(one, PLACED, asks, place=NOWHERE, read=read)) == []


def test_a_part_that_names_one_house_is_shown_with_it_and_one_that_only_names_a_street_without() -> None:
    class Streets(Country):
        def streets(self, at: datetime) -> Gazetteer | None:
            return Gazetteer("2011", NOON, [(Stretch("Elm Street", "01", 1, 99, "", None, None), ())])

    text = "1. There is a pothole at 5 Elm Street. 2. The noise comes from Elm Street."
    found = suggested_parts(
        said(text), book().in_force("national", NOON), NO_UNIT, RoutingContext(Streets(), book().in_force)
    )
    assert [part.place for part in found] == [Place(address="5 Elm Street"), None]


def test_a_text_without_a_separator_is_never_read() -> None:
    def read(version: str, text: str) -> Reading | None:
        raise AssertionError(text)

    assert parts_of(heard("a pothole and noise", PLACED, place=NOWHERE, read=read)) == []
