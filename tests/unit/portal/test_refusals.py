"""Every refusal has words in every language, with local times, titles and references in place of names for machines."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from common.contracts.events import region
from common.contracts.refusals import CODES, DETAILS, RefusalCode
from common.federation.country import load_federation
from portal.formats import Times
from portal.language import CATALOGUES, read_in
from portal.names import Names
from portal.refusal_text import SENTENCES, RefusalWords, cases_named

ROOT = Path(__file__).parents[3]
SOURCES = [path for folder in ("libs/common/src", "services") for path in sorted((ROOT / folder).rglob("*.py"))]
WORDS = RefusalWords(Names(load_federation(ROOT / "tests" / "federation")), Times(ZoneInfo("America/New_York")))
GIVEN = {
    "state": "in_work", "states": "accepted,deferred", "authority": "yard-01", "category": "pothole", "area": "01",
    "layer": "north", "number": "3", "newest": "2", "region": "south", "regions": "north,south",
    "due_at": "2011-07-14T13:32:00+00:00", "until": "2011-07-14T13:32:00+00:00", "field": "ground", "other": "case-1",
    "into": "case-2", "role": "operator", "roles": "federal,regional_head", "actor": "operator:north",
    "scope": "north", "needed": "yard-01", "time": "2011-07-14T13:32:00+00:00", "now": "2011-07-15T13:32:00+00:00",
    "why": "no_place", "missing": "area,authority", "proposal_state": "adopted", "author": "head:north",
    "table": "deadline", "most": "2000", "idea_state": "taken_up", "characters": "5", "least": "12", "times": "4",
    "arbiter": "region", "fewest": "2", "about": "north:deadline", "other_proposal": "p1",
}  # fmt: skip
REFERENCES = {"case-1": "REF-0001", "case-2": "REF-0002"}
FOR_MACHINES = re.compile(r"\w_\w|\d{4}-\d\d-\d\dT|region\.case|case-\d|\{")


def refusal(code: str) -> dict[str, Any]:
    details = {name: GIVEN[name] for name in DETAILS.get(code, ())}  # type: ignore[call-overload]
    return {"code": code, "details": details, "reason": "prose", "command": region.AcceptCase.type}


def reasons_given() -> list[tuple[str, str, set[str]]]:
    """Where a reason is made in code: the place, its code and the names of its details."""
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason":
                code = node.args[0]
                assert isinstance(code, ast.Constant), path
                named = {word.arg for word in node.keywords}
                if None not in named:
                    found.append((f"{path.name}:{node.lineno}", str(code.value), {str(n) for n in named}))
    return found


def test_each_reason_that_is_given_has_a_known_code_and_tells_its_details() -> None:
    given = reasons_given()
    wrong = [(at, code) for at, code, names in given if names != set(DETAILS.get(code, ()))]  # type: ignore[call-overload]
    assert wrong == []
    assert len({code for _, code, _ in given}) > len(CODES) - 3


@pytest.mark.parametrize("language", CATALOGUES.languages)
@pytest.mark.parametrize("code", CODES)
def test_each_code_has_words_in_each_language_and_nothing_in_them_is_for_machines(
    code: RefusalCode, language: str
) -> None:
    english = WORDS.words(refusal(code), REFERENCES)
    with read_in(language):
        told = WORDS.words(refusal(code), REFERENCES)
    assert told != "prose"
    assert not FOR_MACHINES.search(told), told
    assert told[-1] in ".:", told
    if language != "en":
        assert told != english


def test_codes_and_sentences_are_the_same_set() -> None:
    assert set(SENTENCES) == set(CODES)


def test_a_deadline_is_told_in_the_readers_zone_and_language() -> None:
    assert "14 Jul 2011, 09:32" in WORDS.words(refusal("deadline_passed"))
    with read_in("ru"):
        assert "14 июл. 2011, 09:32" in WORDS.words(refusal("deadline_passed"))


def test_a_case_is_named_by_its_reference_where_it_is_known() -> None:
    told = refusal("joined_elsewhere")
    assert cases_named([told]) == {"case-1", "case-2"}
    assert "REF-0001" in WORDS.words(told, REFERENCES)


@pytest.mark.parametrize(
    "older",
    [{"reason": "prose"}, {"reason": "prose", "code": "from_the_future"}, {"reason": "prose", "code": "expired"}],
    ids=["no code", "an unknown code", "details left out"],
)
def test_a_refusal_that_cannot_be_put_into_words_is_shown_as_its_service_said_it(older: dict[str, str]) -> None:
    assert WORDS.words(older) == "prose"


def test_golden_refusals_are_put_into_words() -> None:
    for path in sorted((ROOT / "tests" / "contract" / "golden").glob("*.refused.v1/*.json")):
        data = json.loads(path.read_text())
        assert (WORDS.words(data) == data["reason"]) == ("code" not in data), path
