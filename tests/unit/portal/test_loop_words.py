"""What the loops themselves say reads as sentences in every language: their records are made by their own code."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from common.contracts.events.reflex.observations import ForecastsScored
from common.contracts.patch import Patch, RowChange
from common.federation.country import load_federation
from portal.formats import Times
from portal.language import CATALOGUES, read_in
from portal.loop_pages import page_of
from portal.loop_pages.page import Wording
from portal.names import Names
from reflex.like_cases import Comparison, blocks_of
from reflex.loops.classification import wording as classification
from reflex.loops.classification.said import Given, Said
from reflex.loops.deadline import wording as deadline
from reflex.loops.deadline.drift import Deadline, Drift, concentrated
from reflex.loops.deadline.forecast import forecast_of as deadline_forecast
from reflex.loops.deadline.judgement import Estimate
from reflex.loops.deadline.survival import Curve
from reflex.loops.deadline.track import Track
from reflex.loops.diffusion import wording as diffusion
from reflex.loops.diffusion.advantage import Advantage
from reflex.loops.diffusion.block import Cell as ComparedCell
from reflex.loops.diffusion.forecast import forecast_of as forecast_of_diffusion
from reflex.loops.duplicates import wording as duplicates
from reflex.loops.duplicates.evidence import Category, Pair, Rule
from reflex.loops.duplicates.judging import Change
from reflex.loops.emergence import wording as emergence
from reflex.loops.equity import wording as equity
from reflex.loops.equity.forecast import forecast_of as forecast_of_equity
from reflex.loops.equity.rows import RowShare
from reflex.loops.evaluation import wording as evaluation
from reflex.loops.evaluation.followed import Followed, Score
from reflex.loops.misrouting import wording as misrouting
from reflex.loops.misrouting.cell import Cell
from reflex.loops.misrouting.evidence import Named, evidence_of
from reflex.loops.misrouting.forecast import forecast_of
from reflex.loops.misrouting.kept import Divided
from reflex.loops.misrouting.outcome import CellOutcome
from reflex.loops.prediction import wording as prediction
from reflex.loops.prediction.desk import Desk, Need
from reflex.loops.silence import wording as silence
from reflex.loops.silence.quarters import first_of
from reflex.loops.silence.region import ALL, Quiet
from reflex.sortable_times import text_of

from tests.conftest import ROOT

FEDERATION = load_federation(ROOT / "tests/federation")
SAY = Wording(Names(FEDERATION), Times(ZoneInfo(FEDERATION.timezone)))
T = datetime(2011, 7, 1, 12, tzinfo=UTC)
RAW = re.compile(r"[{}\[\]]|\d{4}-\d\d-\d\d|_|\bNone\b|\bTrue\b|yard-0\d|cell\|")
LATIN = re.compile(r"[A-Za-z]{2,}")
TITLES = {"Pothole", "Street", "light", "Yard", "North", "Web", "form", "Lighting"}


def cell(area: str, ends: list[str]) -> Cell:
    found = Cell("pothole", area, "north", "yard-01")
    for number, end in enumerate(ends):
        found.count(CellOutcome(end, f"case-{area}-{number}", text_of(T + timedelta(days=number))), 0.08)
    return found


def proposed() -> dict[str, Any]:
    """Evidence of a change for three areas, as it travels: one follows, one is left out, and it goes back."""
    named = [cell("01", ["yard-01"] * 35 + ["yard-02"] * 8), cell("02", ["yard-02"] * 6)]
    evidence = evidence_of(
        "yard-02",
        [*(Named(c, c.winner()) for c in named), Named(cell("03", ["yard-02"]), None)],
        [cell("04", ["yard-01"] * 4)],
        ["earlier"],
    )
    evidence["by_hand"] = 9
    evidence["flip"] = {"left": {"cell|pothole|01": text_of(T)}, "days": 60}
    found: dict[str, Any] = json.loads(json.dumps(evidence))
    return found


def is_plain(text: str, language: str) -> None:
    assert not RAW.search(text), text
    if language != "en":
        assert set(LATIN.findall(text)) <= TITLES, text


@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_the_evidence_of_misrouting_is_told_in_sentences_with_its_figures(language: str) -> None:
    with read_in(language):
        told = page_of("misrouting").evidence(proposed(), SAY)
    text = " ".join([*told.sentences, *told.warnings, *told.cannot_tell])
    is_plain(text, language)
    assert "Yard 02" in text
    assert re.search(r"\b14\b", told.sentences[0])
    assert [(c.area, c.wins, c.first is not None) for c in told.cells] == [
        ("01", 8, True), ("02", 6, True), ("03", 0, False),
    ]  # fmt: skip
    assert any(re.search(r"\b9\b", sentence) for sentence in told.sentences)
    assert len(told.warnings) == 2
    assert told.beside == ("earlier",)
    assert len(told.cases) == 14


@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_the_forecast_of_misrouting_is_a_sentence_with_its_interval(language: str) -> None:
    winner = cell("01", ["yard-01"] * 5 + ["yard-02"] * 8)
    forecast = forecast_of("yard-02", [Named(winner, winner.winner())], lambda category: 0.1, T, T).model_dump(
        mode="json"
    )
    with read_in(language):
        said = page_of("misrouting").forecast(forecast)
    is_plain(said, language)
    assert {"60", "90"} <= set(re.findall(r"\d+", said))


@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_findings_are_told_in_the_readers_language(language: str) -> None:
    found = [
        misrouting.clarify(cell("01", ["yard-01", "yard-02", "lighting"]), T),
        misrouting.kept([Divided(cell("01", []), "yard-02", 9, 7), Divided(cell("02", []), "yard-02", 5, 4)], T),
        misrouting.proposed(
            misrouting.Draft("yard-02", None, (Named(cell("01", ["yard-02"]), None),)),  # type: ignore[arg-type]
            cell("01", []),
            proposed(),
            "",
            "p",
            T,
        ),
    ]
    for finding in found:
        data = json.loads(finding.model_dump_json())
        with read_in(language):
            said = page_of(finding.loop).finding(data, SAY)
        is_plain(said, language)
        assert "Pothole" in said


@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_a_silent_region_and_a_silent_channel_are_told_with_their_figures(language: str) -> None:
    titles, day = silence.Titles(str, str), date(2011, 7, 3)
    together, web = Quiet(ALL, day, 24, 7, 31.0, 0.0001), Quiet("web", day, 48, 2, 19.0, 0.0002)
    with read_in(language):
        for quiet, numbers in (([together, web], {"7", "24", "31", "2", "48", "19"}), ([together], {"7", "24", "31"})):
            finding = silence.alarm("north", first_of(day) + 4, quiet, titles, T)
            said = page_of("silence").finding(json.loads(finding.model_dump_json()), SAY)
            is_plain(said, language)
            assert numbers <= set(re.findall(r"\d+", said))
        assert "Web" not in said
        old = {"name": "pothole", "count": 1, "usual": 12.0, "p": 0.0001}
        numbers_of_a_day = {"region": "north", "day": "2011-07-03", "categories": [old], "channels": []}
        said = page_of("silence").finding({"numbers": numbers_of_a_day}, SAY)
        is_plain(said, language)
        assert "Pothole" in said


@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_an_authority_that_will_be_short_is_told_how_many_cases_and_what_it_would_take(language: str) -> None:
    need = Need(date(2011, 7, 14), 41.4, 30, 2.25, 4.6, 21.2, 3.0)
    finding = prediction.short(Desk("north", "yard-01"), need, prediction.Titles(str, str), T)
    data = json.loads(finding.model_dump_json())
    with read_in(language):
        said = page_of("prediction").finding(data, SAY)
    is_plain(said.replace("Yard 01", "Yard"), language)
    assert "Yard 01" in said
    assert {"41", "30", "21", "14"} <= set(re.findall(r"\d+", said))


@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_what_evaluation_says_is_told_in_sentences(language: str) -> None:
    score = Score("transfers avoided", "below", 20, 5, 40, -12, -4)
    change = Followed("p1", "misrouting", True, text_of(T), text_of(T), "review_due", "Send them elsewhere", "north")
    forecasts = ForecastsScored(
        measure="transfers avoided", scored=12, held=4, below=6, above=2, held_low=17, held_high=58, promised=240,
        came=90, width=35,
    )  # fmt: skip
    row = RowChange(op="set", row_id="t", before={"value": "10000"}, after={"value": "30000"})
    patch = Patch(layer="national", base_number=1, table="loops", changes=(row,))
    found = [
        evaluation.review(change, score, T),
        evaluation.not_taken_back(change, score, T),
        evaluation.too_bold("misrouting", 1, 12, 31.0, T),
        evaluation.intervals("misrouting", forecasts, 90, T),
        evaluation.intervals("misrouting", forecasts.model_copy(update={"held_high": 99.0}), 90, T),
    ]
    evidence = [
        evaluation.take_back(change, score, patch, "p2").evidence,
        evaluation.stricter("misrouting", 1, 12, 31.0, patch, "p3").evidence,
    ]
    page = page_of("evaluation")
    with read_in(language):
        said = [page.finding(json.loads(one.model_dump_json()), SAY) for one in found]
        told = [" ".join(page.evidence(one, SAY).sentences) for one in evidence]
    for text in (*said, *told):
        is_plain(text, language)
        assert re.search(r"\d", text)
    assert len({*said, *told}) == 7


@pytest.mark.parametrize("language", CATALOGUES.languages)
@pytest.mark.parametrize(
    ("dimension", "name", "place"), [("region", "north", "North"), ("area", "01", "01"), ("channel", "web", "")]
)
def test_a_finding_of_equity_says_who_is_worse_off_by_how_much_and_how_sure_that_is(
    language: str, dimension: Any, name: str, place: str
) -> None:
    comparison = Comparison([blocks_of([{"here": (100, 30), "there": (300, 60)}])["here"]] * 4)
    for rows in ([], [RowShare("deadline|north|pothole", 38.0, 100)]):
        one = equity.Named(dimension, name, "late", comparison, 27, [("pothole", 38.0)], rows)
        finding = equity.differs(one, equity.Titles(str, str, str), T, "p" if rows else None)
        with read_in(language):
            page = page_of("equity")
            texts = [page.finding(json.loads(finding.model_dump_json()), SAY)]
            told = page.evidence(finding.numbers, SAY)
            expected = page.forecast(forecast_of_equity(one, T).model_dump(mode="json"))
        texts.append(" ".join([*told.sentences, *told.warnings, *told.cannot_tell]))
        for text in texts:
            is_plain(text, language)
            assert place in text
            assert "Pothole" in text
            assert re.search(r"\b10[.,]0\b", text)
            assert re.search(r"\b400\b", text)
        is_plain(expected, language)
        assert {"60", "90"} <= set(re.findall(r"\d+", expected))


@pytest.mark.parametrize("language", CATALOGUES.languages)
@pytest.mark.parametrize("measure", ["late", "reopened"])
def test_what_diffusion_says_names_the_region_what_it_looks_like_and_what_is_promised(
    language: str, measure: str
) -> None:
    comparison = Comparison([blocks_of([{"here": (100, 10), "there": (300, 60)}])["here"]] * 4)
    one = Advantage(ComparedCell(measure, "pothole", "north"), 0.1, 0.07, 0.031, 0.02, comparison)
    titles = diffusion.Titles(str, str)
    findings = [diffusion.practice(one, titles, T), diffusion.proposed(one, "south", "", "p", T)]
    forecast = forecast_of_diffusion(one, [comparison], T).model_dump(mode="json")
    with read_in(language):
        texts = [page_of("diffusion").finding(json.loads(f.model_dump_json()), SAY) for f in findings]
        told = page_of("diffusion").evidence({**diffusion.numbers(one), "layer": "south"}, SAY)
        texts.append(" ".join([*told.sentences, *told.cannot_tell]))
        expected = page_of("diffusion").forecast(forecast)
    for text in texts:
        is_plain(text, language)
        assert "Pothole" in text
        assert "North" in text
        assert re.search(r"\b7[.,]0\b", text)
    is_plain(expected, language)
    assert {"60", "90"} <= set(re.findall(r"\d+", expected))


@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_an_area_with_more_reports_than_usual_is_told_with_its_figures(language: str) -> None:
    seen = emergence.Diffuse("north", "01", "pothole", "yard-01", date(2011, 8, 1), 14, 30, 1.234, "day", 20.5, 14.0)
    finding = emergence.alarm(seen, emergence.Titles(str.title, str.title), T)
    with read_in(language):
        said = page_of(finding.loop).finding(json.loads(finding.model_dump_json()), SAY)
    is_plain(said, language)
    assert all(f in said for f in ("Pothole", "14", "30"))
    assert "1.2" in said or "1,2" in said


@pytest.mark.parametrize("language", CATALOGUES.languages)
@pytest.mark.parametrize("kind", ["narrower", "off", "wider"])
def test_a_change_of_what_is_suggested_as_a_duplicate_is_told_with_its_counts(language: str, kind: Any) -> None:
    category = Category("pothole", Rule(True, 200, 168), text_of(T))
    category.decided = [Pair(10, 60, text_of(T), f"c{n}", same=n < 21) for n in range(34)]
    change = Change(kind, Rule(kind != "off", 75, 48), tuple(category.decided[25:]), (), tuple(category.decided[:7]))
    evidence = json.loads(json.dumps(duplicates.evidence(category, change)))
    forecast = duplicates.forecast(category, change, T + timedelta(days=30)).model_dump(mode="json")
    with read_in(language):
        told = page_of("duplicates").evidence(evidence, SAY)
        is_plain(page_of("duplicates").forecast(forecast), language)
    text = " ".join([*told.sentences, *told.cannot_tell])
    is_plain(text, language)
    assert {"34", "21", "7" if kind == "wider" else "9"} <= set(re.findall(r"\d+", text))
    assert told.cases


@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_a_word_of_channels_and_a_confused_pair_are_told(language: str) -> None:
    said = Said("street-light", [Given("pothole", text_of(T), f"c{n}") for n in range(14)])
    (winner,) = said.winners(14)
    evidence = json.loads(json.dumps({"given": "Title", **classification.evidence(said, winner)}))
    finding = classification.confused("0123", "street-light", said, winner, str, T)
    with read_in(language):
        told = " ".join(page_of("classification").evidence(evidence, SAY).sentences)
        seen = page_of("classification").finding(json.loads(finding.model_dump_json()), SAY)
    for text in (told, seen):
        is_plain(text.replace("Title", ""), language)
        assert "Pothole" in text
        assert "14" in text


@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_an_unknown_loops_evidence_shows_no_records(language: str) -> None:
    given = {"share": 0.123456, "since": T.isoformat(), "by_area": {"01": 3}, "cases": ["a", "b"]}
    with read_in(language):
        told = page_of("elsewhere").evidence(given, SAY)
    assert not RAW.search(" ".join(told.sentences))
    assert "0,1235" in told.sentences[0] or "0.1235" in told.sentences[0]
    assert "2" in told.sentences[-1]


def test_evidence_that_is_not_as_the_loop_makes_it_is_told_as_of_an_unknown_one() -> None:
    told = page_of("misrouting").evidence({"cells": "none", "wins": 3}, SAY)
    assert told.sentences[-1] == "Wins: 3."


def test_a_moment_in_an_unknown_loops_evidence_is_local_time_where_it_says_of_which_zone_it_is() -> None:
    evidence = {
        "a": "2011-07-01T12:00:00+00:00",
        "b": "2011-07-01T12:00:00",
        "c": "0001-01-01T00:00:00+14:00",
        "d": "x",
    }
    said = list(page_of(None).evidence(evidence, SAY).sentences)
    assert said[0] == f"A: {SAY.times.plain(T)}."
    assert said[1] == "B: 2011-07-01T12:00:00."
    assert said[2].startswith("C: 1 Jan 1, ")
    assert said[3] == "D: x."


ESTIMATE = Estimate(
    cases=100, answered=80, quantile=900.0, low=800.0, high=1_000.0, in_time=0.6,
    curve=Curve((900,), (0.8,), (0.04,), 2_000), days=56.0,
)  # fmt: skip


def late() -> Track:
    """A row whose deadlines are missed at one authority, with an open alarm."""
    drift = Drift(times=[(100 * (n % 5 + 1), 480) for n in range(40)])
    drift.learn(480)
    for n in range(20):
        yard = "yard-01" if n % 4 else "yard-02"
        one = Deadline(481, 480, text_of(T + timedelta(days=n)), yard, "01")
        drift.count(one, 1)
    drift.raise_alarm(text_of(T))
    return Track("pothole", "national", "", 1, 480, drift=drift)


@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_what_deadline_says_is_told_in_the_readers_language(language: str) -> None:
    track, since = late(), late().drift.last
    alarm = track.drift.alarm
    assert alarm is not None
    shown = deadline.evidence(track, 900, ESTIMATE, (text_of(T), text_of(T)), ["a", "b"], text_of(T), 60)
    found = [
        deadline.proposed(track, shown, "", "p", T),
        deadline.capacity(track, ESTIMATE, 10_080, "yard-01", late=False, now=T),
        deadline.capacity(track, ESTIMATE, 10_080, "yard-01", late=True, now=T),
        deadline.drift(track, since, concentrated(since, alarm.usual), 2.5, T),
        deadline.drift_over(track, text_of(T), T),
    ]
    for finding in found:
        data = json.loads(finding.model_dump_json())
        with read_in(language):
            said = page_of(finding.loop).finding(data, SAY)
        is_plain(said, language)
        assert "Pothole" in said
    with read_in(language):
        told = page_of("deadline").evidence(json.loads(json.dumps(shown)), SAY)
        forecast = deadline_forecast(0.8, 100, 5.0, timedelta(days=30), T).model_dump(mode="json")
        words = page_of("deadline").forecast(forecast)
    for text in (*told.sentences, *told.warnings, *told.cannot_tell, words):
        is_plain(text, language)
    assert len(told.warnings) == 2
    assert {"60", "90", "80"} <= set(re.findall(r"\d+", words))
