"""Every table, column and listed value of the rulebook has words in every language; so has every row."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest
from common.federation.country import Federation
from common.rulebook.cells import OneOf, parse_output, parse_test
from common.rulebook.jdm import rows_of
from common.rulebook.tables import RECIPIENTS, TABLES
from federal.model import Recipient
from intake.notice_kinds import KINDS
from portal.language import CATALOGUES, _, language, read_in
from portal.loop_pages import LOOPS, loop_title
from portal.loop_pages.about import ABOUT
from portal.names import Names
from portal.pages.cases import arms_of
from portal.rule_text import LISTS, SENTENCES, RuleWords
from portal.titles import VALUES, about_table, column_title, table_title, value_title
from reflex.loops import LOOPS as RUNNING_LOOPS
from reflex.loops.classification.settings import Settings as ClassificationSettings
from reflex.loops.deadline.settings import Settings as DeadlineSettings
from reflex.loops.diffusion.settings import Settings as DiffusionSettings
from reflex.loops.duplicates.settings import Settings as DuplicatesSettings
from reflex.loops.emergence.settings import Settings as EmergenceSettings
from reflex.loops.equity.settings import Settings as EquitySettings
from reflex.loops.evaluation.settings import Settings as EvaluationSettings
from reflex.loops.introspection.settings import Settings as IntrospectionSettings
from reflex.loops.misrouting.settings import Settings as MisroutingSettings
from reflex.loops.prediction.settings import Settings as PredictionSettings
from reflex.loops.recurrence.settings import Settings as RecurrenceSettings
from reflex.loops.silence.settings import Settings as SilenceSettings
from reflex.loops.trial.settings import Settings as TrialSettings

from tests.conftest import ROOT

FEDERATIONS = (ROOT / "deploy/federations/boston", ROOT / "tests/federation")
LATIN = re.compile(r"[A-Za-z]{2,}")
NAMES_OR_TEXT = {"category", "area", "authority", "given", "text", "language", "given_by", "until", "words", "call"}
"""Columns that hold what a federation names or wrote, dates, and languages, which Babel names."""
COLUMNS = [(t.name, c.name) for t in TABLES.values() for c in (*t.inputs, *t.outputs)]


@pytest.mark.parametrize("name", CATALOGUES.languages)
def test_each_table_and_column_has_words(name: str) -> None:
    with read_in(name):
        said = [(t, table_title(t)) for t in TABLES] + [(t, about_table(t)) for t in TABLES]
        said += [(c, column_title(t, c)) for t, c in COLUMNS]
    assert [key for key, words in said if not words or words == key] == []
    if name != "en":
        assert [words for _, words in said if LATIN.search(words)] == []


@pytest.mark.parametrize("name", CATALOGUES.languages)
def test_each_value_of_a_closed_list_has_words(name: str) -> None:
    with read_in(name):
        for (table, column), values in VALUES.items():
            for value in values:
                words = value_title(table, column, value)
                assert words
                assert words != value or language() == "en", (table, column, value)
                assert name == "en" or not LATIN.search(words), words


def test_the_closed_lists_are_those_of_the_services() -> None:
    assert set(VALUES["escalation", "to"]) == set(RECIPIENTS) == set(get_args(Recipient))
    assert set(LOOPS) == set(RUNNING_LOOPS) == set(ABOUT)
    assert set(LOOPS["diffusion"].settings) == set(DiffusionSettings.model_fields)
    assert set(LOOPS["equity"].settings) == set(EquitySettings.model_fields)
    assert set(LOOPS["deadline"].settings) == set(DeadlineSettings.model_fields)
    assert set(LOOPS["introspection"].settings) == set(IntrospectionSettings.model_fields)
    assert set(LOOPS["emergence"].settings) == set(EmergenceSettings.model_fields)
    assert set(LOOPS["misrouting"].settings) == set(MisroutingSettings.model_fields)
    assert set(LOOPS["recurrence"].settings) == set(RecurrenceSettings.model_fields)
    assert set(LOOPS["prediction"].settings) == set(PredictionSettings.model_fields)
    assert set(LOOPS["duplicates"].settings) == set(DuplicatesSettings.model_fields)
    assert set(LOOPS["classification"].settings) == set(ClassificationSettings.model_fields)
    assert set(LOOPS["evaluation"].settings) == set(EvaluationSettings.model_fields)
    assert set(LOOPS["silence"].settings) == set(SilenceSettings.model_fields)
    assert set(LOOPS["trial"].settings) == set(TrialSettings.model_fields)
    assert set(VALUES["texts", "notice"]) >= set(KINDS)


@pytest.mark.parametrize("folder", FEDERATIONS, ids=lambda p: p.name)
def test_every_value_of_a_federations_rows_has_words(folder: Path) -> None:
    bare = set()
    for release in Federation(folder).base_releases():
        for table, document in release.tables.items():
            spec = TABLES[table]
            for _row, cells in rows_of(table, document):
                for given in spec.inputs:
                    test = parse_test(cells[given.name], given.type)
                    values = test.values if isinstance(test, OneOf) else ()
                    bare |= {(table, given.name, v) for v in values if isinstance(v, str)}
                for out in spec.outputs:
                    value = parse_output(cells[out.name], out.type)
                    bare |= {(table, out.name, value)} if isinstance(value, str) else set()
    lists = {key: str(key[2]).split() for key in bare if key[:2] in LISTS}
    assert [w for key, words in lists.items() for w in words if w not in LISTS[key[:2]] and not w.isdigit()] == []
    unsaid = [k for k in bare if k not in lists and k[1] not in NAMES_OR_TEXT and value_title(*k) is None]
    assert unsaid == []


@pytest.mark.parametrize("name", CATALOGUES.languages)
def test_every_row_of_a_federation_is_a_sentence_without_a_bare_name(name: str) -> None:
    federation = Federation(ROOT / "tests/federation")
    words = RuleWords(Names(federation))
    assert set(SENTENCES) == set(TABLES)
    with read_in(name):
        for release in federation.base_releases():
            for table, document in release.tables.items():
                for _row, cells in rows_of(table, document):
                    said = words.sentence(table, cells)
                    assert "_" not in said.replace("{", "").replace("}", "") or table == "texts", said
                    assert not re.search(r"minutes?:|: \d+$", said) or table in ("loops", "priority"), said


def test_a_row_says_who_must_act_and_how_long_it_may_take() -> None:
    words = RuleWords(Names(Federation(ROOT / "tests/federation")))
    who = {"category": json.dumps("pothole"), "area": "", "authority": json.dumps("yard-01")}
    how = {"category": "", "priority": ">= 4", "answer_minutes": "4800", "extension_minutes": "60"}
    with read_in("ru"):
        assert words.sentence("jurisdiction", who).endswith("все районы: действует орган «Yard 01».")
        said = words.sentence("deadline", how)
        assert "срок ответа 80 раб. ч" in said
        assert "минут на ответ" not in said
        assert loop_title("silence") == "тишина"
        assert _("any") == "любое"


ARM = {
    "proposal_id": "p1", "table": "deadline", "unit": "case", "unit_id": "c1", "arm": "candidate", "probability": 0.2,
    "salt": "salt", "current": {"answer_minutes": 960, "extension_minutes": 60},
    "candidate": {"answer_minutes": 480, "extension_minutes": 60},
}  # fmt: skip


def test_a_case_says_by_which_rule_of_a_trial_it_was_decided_and_what_the_other_says() -> None:
    words = RuleWords(Names(Federation(ROOT / "tests/federation")))
    with read_in("en"):
        follows, does_not = words.arm(ARM), words.arm({**ARM, "arm": "current", "probability": 0.8, "current": None})
    assert follows["share"] == does_not["share"]
    assert re.search(r"20(\.0)?\s?%", follows["share"])
    assert re.match(r"This one does; the change says .*8 working h.*, the rule .*16 working h", follows["words"])
    assert re.match(r"This one does not; the rule before the change says nothing, .*8 working h", does_not["words"])
    with read_in("ru"):
        assert "Идёт испытание" in words.arm(ARM)["share"]
        assert "по изменённому правилу" in words.arm(ARM)["words"]


def test_a_case_tells_each_trial_once_by_its_newest_opening_and_its_ladder() -> None:
    def event(kind: str, *arms: dict[str, object]) -> dict[str, object]:
        return {"type": kind, "data": {"arms": list(arms)}}

    ladder = {**ARM, "table": "escalation", "proposal_id": "p2"}
    history = [
        event("region.case.opened.v1", {**ARM, "proposal_id": "p0"}),
        event("region.case.opened.v1", ARM),
        event("federal.case.escalated.v1", ladder),
        event("federal.case.escalated.v1", ladder),
        {"type": "region.case.answered.v1", "data": {}},
    ]
    assert arms_of(history) == [ARM, ladder]


def test_a_standing_consent_names_loop_giver_and_day_as_people_do() -> None:
    words = RuleWords(Names(Federation(ROOT / "tests/federation")))
    cells = {"author": '"misrouting"', "table": '"jurisdiction"', "rows": "<= 1", "passes": "true",
             "given_by": '"federal:centre"', "until": '"2013-01-01"'}  # fmt: skip
    said = words.sentence("standing_consent", cells)
    assert "the loop “misrouting”" in said
    assert "1 Jan 2013" in said
    assert "federal:" not in said


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        (
            "en",
            "channel: Web form and language: Russian",
            "model 0123456789ab reads Pothole (87 %); else Street light (9 %); it has seen 100 % of the words;"
            " that decides, by the limits 80 % and 40 %",
        ),
        (
            "ru",
            "канал: Web form и язык: русский",
            "модель 0123456789ab прочла: Pothole (87 %); иначе: Street light (9 %); знакомых ей слов 100 %;"
            " это решает, по порогам 80 % и 40 %",
        ),
    ],
)
def test_a_category_read_in_the_words_says_how_sure_it_was_and_what_else_it_may_be(
    name: str, asked: str, said: str
) -> None:
    because = {
        "table": "classification", "row_id": "any", "layer": "national", "number": 1,
        "inputs": {
            "channel": "web", "language": "ru", "then": "automatic", "read_percent": 100, "first": "pothole",
            "first_percent": 87, "second": "street-light", "second_percent": 9,
        },
        "outputs": {
            "model": "0123456789abcdef", "automatic_percent": 80, "ask_percent": 40, "known_percent": 50, "choices": 3,
        },
    }  # fmt: skip
    with read_in(name):
        words = RuleWords(Names(Federation(ROOT / "tests/federation"))).because(because)
    assert words["asked"].replace("\u00a0", " ") == asked
    assert words["said"].replace("\u00a0", " ") == said


def test_where_the_model_was_missing_the_reasons_say_so() -> None:
    because = {
        "table": "classification", "row_id": "any", "layer": "national", "number": 1,
        "inputs": {"channel": "web", "language": "ru", "then": "triage", "model_missing": True},
        "outputs": {
            "model": "0123456789abcdef", "automatic_percent": 80, "ask_percent": 40, "known_percent": 50, "choices": 3,
            "if_missing": "triage",
        },
    }  # fmt: skip
    words = RuleWords(Names(Federation(ROOT / "tests/federation"))).because(because)
    assert words["said"] == "model 0123456789ab was missing; a person is asked"
