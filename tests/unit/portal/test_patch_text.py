"""A patch in one line, in the reader's language, by the federation's titles."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from common.contracts.patch import Cells, Patch, RowChange
from common.federation.country import load_federation
from common.rulebook.jdm import document_of
from common.rulebook.release import Release
from jinja2 import Environment, FileSystemLoader
from portal.formats import Times
from portal.language import read_in
from portal.names import Names
from portal.patch_text import title
from portal.proposal_text import ProposalWords
from portal.rule_text import RuleWords

from tests.conftest import ROOT

NAMES = Names(load_federation(ROOT / "tests/federation"))
WORDS = RuleWords(NAMES)
TEMPLATES = ROOT / "services/portal/src/portal/templates"
T = datetime(2011, 7, 14, tzinfo=UTC)
TOLD = ProposalWords(NAMES, Times(ZoneInfo("UTC")), WORDS)


def row(category: str, areas: list[str], authority: str) -> Cells:
    return {"category": json.dumps(category), "area": ",".join(map(json.dumps, areas)),
            "authority": json.dumps(authority)}  # fmt: skip


def patch(*changes: RowChange, table: str = "jurisdiction") -> Patch:
    return Patch(layer="north", base_number=1, table=table, changes=changes)


def test_a_new_row_names_who_had_the_cases_until_now() -> None:
    one = patch(RowChange(op="add", row_id="x", after=row("pothole", ["01"], "yard-02"), at=0))
    assert title(one, WORDS, NAMES, "yard-01") == "Send reports of Pothole in area 01 to Yard 02 instead of Yard 01"
    with read_in("ru"):
        assert title(one, WORDS, NAMES) == "Направлять сообщения «Pothole» (район 01) в орган «Yard 02»"


def test_rows_for_many_areas_are_one_line_and_those_kept_are_not_in_it() -> None:
    sets = RowChange(op="set", row_id="x", before=row("pothole", [], "yard-01"), after=row("pothole", [], "lighting"))
    kept = RowChange(op="add", row_id="y", after=row("pothole", ["02"], "yard-01"), at=0)
    assert (
        title(patch(sets, kept), WORDS, NAMES) == "Send reports of Pothole in every area to Lighting instead of Yard 01"
    )
    many = [RowChange(op="add", row_id=a, after=row("pothole", [a], "lighting"), at=0) for a in ("01", "02", "03", "4")]
    assert "in 4 areas to Lighting" in title(patch(*many), WORDS, NAMES)


def test_a_deadline_says_what_it_becomes() -> None:
    before = {"category": '"pothole"', "priority": "", "answer_minutes": "2400", "extension_minutes": "600"}
    change = RowChange(op="set", row_id="p", before=before, after={**before, "answer_minutes": "1200"})
    said = title(patch(change, table="deadline"), WORDS, NAMES)
    assert said.startswith("Deadlines: Answer within: 20 working hours instead of 40 working hours.")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_what_became_of_a_proposal_is_told_without_ids_and_iso_times(language: str) -> None:
    data = {"loop": "misrouting", "steps": [
        {"step": "checked", "at": T.isoformat(), "actor": "misrouting"},
        {"step": "accepted", "at": T.isoformat(), "actor": "head:north", "reason": "They know the place."},
        {"step": "adopted", "at": T.isoformat(), "layer": "north", "number": 2, "effective_at": T.isoformat(),
         "canary_skipped": True},
        {"step": "returned", "at": T.isoformat(), "reason": "table jurisdiction, row x: it says: the base moved"},
        {"step": "refused", "at": T.isoformat(), "actor": "head:north", "reason": "the patch loosens the national"
         " standard", "rows": ["table deadline, row y: for category any other, priority 2 it sets answer_minutes to"
                               " 4800, looser than the national 2400"]},
    ]}  # fmt: skip
    with read_in(language):
        said = [" ".join([s.words, *s.reasons]) for s in TOLD.steps(data)]
    text = "\n".join(said)
    for raw in ("head:north", "2011-07-14T", "answer_minutes", "canary", "{", "row x", "misrouting-"):
        assert raw not in text, text
    assert "North" in said[1]
    assert "They know the place." in said[1]
    assert ("14 июл. 2011" if language == "ru" else "14 Jul 2011") in said[2]
    assert ("80 раб. ч" if language == "ru" else "80 working hours") in said[4]


def test_a_row_that_only_moved_is_told_with_its_places() -> None:
    rows = [("a", row("pothole", ["01"], "yard-01")), ("b", row("pothole", [], "lighting"))]
    before, after = (
        Release(layer="north", number=n, effective_at=T, tables={"jurisdiction": document_of("jurisdiction", held)})
        for n, held in ((1, [*rows, ("c", row("street-light", [], "lighting"))]),
                        (2, [("c", row("street-light", [], "lighting")), *rows]))
    )  # fmt: skip
    (moved,) = WORDS.differences(before, after)
    assert moved.places == (3, 1)
    assert moved.after == "Street light, every area: Lighting must act."
    page = Environment(loader=FileSystemLoader(TEMPLATES), extensions=["jinja2.ext.i18n"])
    page.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    page.filters["number"] = str
    assert "Moved from place 3 to place 1" in page.get_template("rows_changed.html").render(changes=[moved])
