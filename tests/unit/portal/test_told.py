"""The page of a case says everything of which its citizen was told, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from common.contracts.events.base import Event
from common.contracts.events.region import CommandRefused
from intake.telling import telling_of, told_types
from portal.formats import Times
from portal.language import CATALOGUES, read_in
from portal.timeline import notice_words, told

GOLDEN = Path(__file__).parents[2] / "contract" / "golden"
TIMES = Times(ZoneInfo("UTC"))
AT = datetime(2011, 7, 1, tzinfo=UTC)
QUOTED = {"answered", "asked", "escalated", "extended", "reminded", "reminded_closing"}
"""Notices that the page does not only call by their name."""
SAMPLES = [
    (kind, path)
    for kind in sorted(told_types(), key=lambda kind: kind.type)
    for path in sorted((GOLDEN / kind.type).glob("*.json"))
]


def words_of(event: Event) -> list[str]:
    happened = {"type": event.type, "time": AT, "data": event.model_dump(mode="json")}
    return [words for _, words in told("REF-1", "web", [happened], TIMES)]


@pytest.mark.parametrize("name", CATALOGUES.languages)
@pytest.mark.parametrize(("kind", "sample"), SAMPLES, ids=lambda one: getattr(one, "stem", getattr(one, "type", "")))
def test_what_intake_tells_of_stands_on_the_page(kind: type[Event], sample: Path, name: str) -> None:
    event = kind.model_validate(json.loads(sample.read_text()))
    telling = telling_of(event)  # type: ignore[arg-type]
    with read_in(name):
        said = words_of(event)
        assert bool(said) == (telling is not None)
        if telling is not None and telling.kind not in QUOTED:
            assert said[0].casefold() == f"{notice_words(telling.kind)}.".casefold()


def test_every_event_that_intake_tells_of_has_a_sample() -> None:
    assert {kind for kind, _ in SAMPLES} == told_types()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("routing.verdict.forwarded.v1", ["Word that the verdict changes nothing."]),
        ("routing.message.forwarded.v1", ["Word that the message was not added."]),
        ("region.case.answer.v1", []),
    ],
)
def test_of_refusals_the_citizen_hears_those_of_the_own_words(command: str, words: list[str]) -> None:
    refused = CommandRefused(case_id="c", region="north", command=command, command_id="o", actor="a", reason="r")
    assert words_of(refused) == words


def test_an_answer_and_a_question_are_quoted() -> None:
    happened = [
        {"type": "region.case.citizen_asked.v1", "time": AT, "data": {"question": "Which yard?"}},
        {"type": "region.case.answered.v1", "time": AT, "data": {"text": "Done."}},
    ]
    assert [words for _, words in told("REF-1", "web", happened, TIMES)] == [
        "The question: Which yard?", "The answer: Done.",
    ]  # fmt: skip


def test_a_notice_about_a_proposal_is_named_as_one() -> None:
    assert notice_words("proposal_not_understood") == "a notice about a proposal (not understood)"
