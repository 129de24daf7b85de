"""Messages whose category nobody named: a model reads them, and the rules say what follows."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from common.contracts.events.base import Event, Place
from common.contracts.events.intake import MessageRegistered
from common.contracts.events.routing import AnswerTriage, CaseAssigned, CategoryCandidate, TriageRequested
from common.contracts.patch import Patch, RowChange
from common.contracts.trial import TrialPlan
from common.federation.country import EPOCH
from common.rulebook import NATIONAL, Release, ReleaseBook, reverse, sealed
from common.rulebook.classification import Reading
from common.rulebook.jdm import Cells
from common.rulebook.message_text.context import ModelMissing, Read, nothing_read
from routing.classify.model_file import to_bytes, version_of
from routing.classify.training import train
from routing.domain import decide
from routing.model import Incoming, RoutedCase, RoutingContext
from routing.model_readiness import missing_models
from routing.models import Models

from tests.complaint_texts import complaints
from tests.unit.routing.test_routing import CENTRE, IN_NORTH, NOON, Country, tables

LIMITS: Cells = {
    "channel": "", "language": "", "model": '"m1"', "automatic_percent": "80", "ask_percent": "40",
    "known_percent": "50", "choices": "3",
}  # fmt: skip


def book(limits: Cells | None = LIMITS, overlay: Cells | None = None) -> ReleaseBook:
    rules = {
        "category_map": tables("category_map", {"given": '"hole"', "category": '"pothole"'}),
        "jurisdiction": tables("jurisdiction", {"category": "", "area": "", "authority": '"yard"'}),
        "deadline": tables(
            "deadline", {"category": "", "priority": "", "answer_minutes": "480", "extension_minutes": "60"}
        ),
    }
    if limits is not None:
        rules["classification"] = tables("classification", limits)
    releases = [sealed(Release(layer=NATIONAL, number=1, effective_at=EPOCH, tables=rules))]
    if overlay is not None:
        more = {"classification": tables("classification", overlay)}
        releases.append(sealed(Release(layer="north", number=1, effective_at=EPOCH, tables=more)))
    return ReleaseBook(releases)


def reads(percents: Mapping[str, int], known: int = 100, likely: int = 2, model: str = "m1") -> Read:
    ranked = tuple(
        CategoryCandidate(category=category, percent=percent)
        for category, percent in sorted(percents.items(), key=lambda pair: -pair[1])
    )

    def read(version: str, text: str) -> Reading | None:
        return Reading(ranked, known, likely) if version == model and text else None

    return read


def told(
    read: Read, rules: ReleaseBook | None = None, *, category: str | None = None, place: Place = IN_NORTH,
    case_id: str = "c1",
) -> Event:  # fmt: skip
    message = MessageRegistered(
        message_id="m1", case_id=case_id, reference="R", channel="web", citizen="p", text="a hole", category=category,
        place=place, received_at=NOON,
    )  # fmt: skip
    context = RoutingContext(Country(), (rules or book()).in_force, read)
    found = decide(RoutedCase(), Incoming("id", "chain", NOON, message), context)
    return found.events[0].event


SURE = reads({"pothole": 87, "noise": 9})


def test_a_category_that_is_sure_enough_places_the_case_and_the_reason_says_how_sure_and_what_else() -> None:
    given = told(SURE)
    assert isinstance(given, CaseAssigned)
    assert (given.category, given.authority, given.by_hand) == ("pothole", "yard", False)
    because = next(b for b in given.because if b.table == "classification")
    assert because.inputs == {
        "channel": "web", "language": "en", "then": "automatic", "read_percent": 100,
        "first": "pothole", "first_percent": 87, "second": "noise", "second_percent": 9,
    }  # fmt: skip
    assert because.outputs["model"] == "m1"


@pytest.mark.parametrize("category", ["what", "[unknown category]", None])
def test_a_category_that_nobody_knows_is_read_in_the_words_and_one_that_is_known_is_not(category: str | None) -> None:
    assert isinstance(told(SURE, category=category), CaseAssigned)
    named = told(reads({"noise": 99}), category="hole")
    assert isinstance(named, CaseAssigned)
    assert named.category == "pothole"
    assert "classification" not in {b.table for b in named.because}


@pytest.mark.parametrize(
    ("read", "then"),
    [
        (reads({"pothole": 79, "noise": 20}), "ask"),
        (reads({"pothole": 39, "noise": 38}), "triage"),
        (reads({"pothole": 99}, known=49), "triage"),
        (reads({"pothole": 79}), "triage"),
    ],
)
def test_what_is_not_sure_goes_to_a_person_with_the_candidates_in_order(read: Read, then: str) -> None:
    asked = told(read)
    assert isinstance(asked, TriageRequested)
    assert (asked.reason, asked.missing) == ("unknown_category", ("category",))
    assert asked.candidates[0].category == "pothole"
    assert [c.percent for c in asked.candidates] == sorted((c.percent for c in asked.candidates), reverse=True)
    assert [b.inputs["then"] for b in asked.because] == [then]


def test_without_a_row_or_a_model_or_text_a_person_is_asked_as_ever() -> None:
    for found in (
        told(SURE, book(None)),
        told(nothing_read),
        told(reads({})),
        told(reads({"pothole": 99}, model="m2")),
    ):
        assert isinstance(found, TriageRequested)
        assert (found.reason, found.candidates) == ("unknown_category", ())


def test_the_reasons_say_that_the_model_was_missing() -> None:
    asked = told(nothing_read)
    assert isinstance(asked, TriageRequested)
    assert [(b.table, b.inputs["then"], b.inputs["model_missing"]) for b in asked.because] == [
        ("classification", "triage", True)
    ]
    named = told(nothing_read, category="hole")
    assert isinstance(named, CaseAssigned)
    assert all("model_missing" not in b.inputs for b in named.because)


def test_where_the_rules_say_so_a_message_waits_for_the_model_and_one_that_needs_none_does_not() -> None:
    waits = book({**LIMITS, "if_missing": '"waits"'})
    with pytest.raises(ModelMissing, match="m1"):
        told(nothing_read, waits)
    assert isinstance(told(nothing_read, waits, category="hole"), CaseAssigned)
    assert isinstance(told(SURE, waits), CaseAssigned)


def test_readiness_tells_of_each_model_that_a_release_names_and_is_missing_here(tmp_path: Path) -> None:
    content = to_bytes(train(complaints(150, 1)))
    version, unknown = version_of(content), "f" * 64
    rules = book(
        {**LIMITS, "model": f'"{version}"'}, overlay={**LIMITS, "model": f'"{unknown}"', "if_missing": '"waits"'}
    )
    models = Models(tmp_path)
    found = missing_models(rules, models, NOON)
    assert [(p.kind, p.level) for p in found] == [("model_missing", w) for w in _levels(version, unknown)]
    assert all(f"model {v[:16]}" in p.words for p, v in zip(found, sorted((version, unknown)), strict=True))
    (tmp_path / f"{version}.model").write_bytes(content)
    assert [p.level for p in missing_models(rules, models, NOON)] == ["problem"]
    (tmp_path / f"{unknown}.model").write_bytes(content)
    (of_other_content,) = missing_models(rules, models, NOON)
    assert "holds another model" in of_other_content.words
    assert missing_models(ReleaseBook(), models, NOON) == []


def test_readiness_tells_of_a_model_that_a_release_to_come_names_and_not_of_one_that_was_replaced() -> None:
    releases = [
        sealed(
            Release(
                layer=NATIONAL, number=number, effective_at=EPOCH if number < 3 else NOON + timedelta(days=1),
                tables={"classification": tables("classification", {**LIMITS, "model": f'"{name * 64}"'})},
            )
        )
        for number, name in ((1, "a"), (2, "b"), (3, "c"))
    ]  # fmt: skip
    found = missing_models(ReleaseBook(releases), Models(Path("/nowhere")), NOON)
    assert [one.words[6:22] for one in found] == ["b" * 16, "c" * 16]


def _levels(version: str, unknown: str) -> list[str]:
    return ["warning", "problem"] if version < unknown else ["problem", "warning"]


def test_categories_that_the_federation_does_not_have_are_not_read() -> None:
    asked = told(reads({"volcano": 90, "pothole": 8}))
    assert isinstance(asked, TriageRequested)
    assert [c.category for c in asked.candidates] == ["pothole"]


def test_a_region_may_ask_for_more_certainty_and_have_a_model_of_its_own_but_not_ask_for_less() -> None:
    stricter = book(overlay={**LIMITS, "automatic_percent": "95"})
    looser = book(overlay={**LIMITS, "automatic_percent": "10"})
    assert isinstance(told(SURE, stricter), TriageRequested)
    assert isinstance(told(reads({"pothole": 79, "noise": 9}), looser), TriageRequested)
    assert isinstance(told(reads({"pothole": 87}, model="m2"), book(overlay={**LIMITS, "model": '"m2"'})), CaseAssigned)


def test_a_person_who_says_the_area_need_not_say_the_category_that_the_words_tell() -> None:
    context = RoutingContext(Country(), book().in_force, SURE)
    message = MessageRegistered(
        message_id="m1", case_id="c1", reference="R", channel="web", citizen="p", text="a hole", received_at=NOON
    )
    waiting = decide(RoutedCase(), Incoming("id", "chain", NOON, message), context)
    asked = waiting.events[0].event
    assert isinstance(asked, TriageRequested)
    assert (asked.reason, asked.missing) == ("no_place", ("area",))
    answer = AnswerTriage(actor=CENTRE, case_id="c1", area="02")
    placed = decide(waiting.case, Incoming("id2", "chain", NOON, answer), context)
    given = placed.events[1].event
    assert isinstance(given, CaseAssigned)
    assert given.category == "pothole"


def test_a_new_version_is_tried_on_a_part_of_the_cases_and_its_arm_is_told() -> None:
    old = {**LIMITS, "automatic_percent": "101", "ask_percent": "101"}
    new = {**LIMITS, "model": '"m2"'}
    release = book(old).head(NATIONAL)
    assert release is not None
    change = RowChange(op="set", row_id="classification-1", before=old, after=new)
    patch = Patch(layer=NATIONAL, base_number=1, table="classification", changes=(change,))
    plan = TrialPlan(
        proposal_id="p1", patch=patch, reversal=reverse(patch, release.tables), unit="case", share=0.5, salt="s",
        started_at=NOON,
    )  # fmt: skip
    tried = ReleaseBook([sealed(release.model_copy(update={"trials": (plan,)}))])
    found = [told(reads({"pothole": 90}, model="m2"), tried, case_id=f"c{n}") for n in range(60)]
    placed = [event for event in found if isinstance(event, CaseAssigned)]
    assert 10 < len(placed) < 50
    assert {arm.arm for event in placed for arm in event.arms} == {"candidate"}
    assert {arm.table for event in placed for arm in event.arms} == {"classification"}


def test_models_are_files_named_by_their_version_and_nothing_else_is_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = to_bytes(train(complaints(150, 1)))
    version = version_of(content)
    models = Models(tmp_path)
    with caplog.at_level(logging.WARNING):
        assert models.read(version, "яма") is None
        assert models.read(version, "яма") is None
        assert models.read("../../etc/passwd", "яма") is None
    assert len(caplog.records) == 2
    (tmp_path / f"{'0' * 64}.model").write_bytes(content)
    assert models.read("0" * 64, "яма") is None, "its name is of another model"
    (tmp_path / f"{version}.model").write_bytes(content)
    found = models.read(version, "яма на дороге, асфальт")
    assert found is not None
    assert found.candidates[0].category == "roads"
    assert found.known > 50
