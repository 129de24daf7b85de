"""The whole evaluation of a small town: what is planted is found, and nothing else is proposed."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping, Sequence
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest
from laboratory.evaluating import run_task, subject_of, together
from laboratory.page import page
from laboratory.report import Plan, report
from laboratory.studies import STUDIES
from laboratory.study import Aim, Column, Scenario
from laboratory.subject import NothingToReplay, Source, Subject
from otklik.main import app
from typer.testing import CliRunner, Result

from tests.unit.laboratory.logs import write_log

pytestmark = pytest.mark.xdist_group("laboratory")
"""They share a report."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_log(tmp_path_factory.mktemp("town") / "town.csv")


@pytest.fixture(scope="module")
def told(log: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    scratch = tmp_path_factory.mktemp("scratch")
    plan = Plan(Source(log, None, "UTC"), ("misrouting",), frozenset({"cells", "half_kept"}), (1, 2))
    found = [run_task(task) for task in plan.tasks(scratch)]
    return report(plan, subject_of(plan.source, scratch), found, complete=True)


def test_rules_come_from_the_first_part_and_only_the_later_one_is_replayed(told: dict[str, Any]) -> None:
    assert told["replayed_from"] >= told["learnt_until"]
    assert 1_300 <= told["cases"] <= 1_500


def test_planted_cells_are_found_and_most_of_their_misroutes_avoided(told: dict[str, Any]) -> None:
    cells = told["loops"]["misrouting"]["scenarios"]["cells"]
    assert cells["recall"]["value"] >= 0.9
    assert cells["avoided"]["value"] >= 0.6
    assert cells["avoided"]["value"] <= cells["avoided_oracle"]["value"] == 1
    assert cells["planted_cells"] == 24


def test_where_nothing_is_planted_nothing_is_proposed(told: dict[str, Any]) -> None:
    for name in ("no_fault", "shuffled"):
        assert told["loops"]["misrouting"]["scenarios"][name]["proposals"]["value"] == 0
        assert told["loops"]["misrouting"]["scenarios"][name]["recall"] is None


def test_where_half_of_the_misroutes_are_kept_people_are_asked_and_no_wrong_route_is_proposed(
    told: dict[str, Any],
) -> None:
    half = told["loops"]["misrouting"]["scenarios"]["half_kept"]
    assert half["recall"]["value"] >= 0.75
    assert half["clarified"]["value"] >= 5
    assert half["wrong_in_planted"]["value"] == 0
    assert half["false_per_10k"]["value"] == 0


def test_the_page_loads_nothing_and_names_every_scenario(told: dict[str, Any]) -> None:
    text = page(told)
    assert all(f">{name}<" in text for name in told["loops"]["misrouting"]["scenarios"])
    assert "http://" not in text
    assert "https://" not in text
    assert "<script" not in text


def test_the_page_of_several_studies_begins_with_what_falls_short(told: dict[str, Any]) -> None:
    misrouting = told["loops"]["misrouting"]
    aims = [{**aim, "verdict": "short", "value": 0.5} for aim in misrouting["aims"][:1]]
    text = page(told | {"loops": {"misrouting": misrouting, "other": misrouting | {"aims": aims}}})
    summary = text.split("What was to be reached")[1].split("</table>")[0]
    assert f"{aims[0]['scenario']}: {aims[0]['words']} (0.5)" in summary
    assert "0 of 1" in summary
    assert "What was to be reached" not in page(told)


def test_the_same_seed_gives_the_same_proposals(log: Path, tmp_path: Path) -> None:
    plan = Plan(Source(log, None, "UTC"), ("misrouting",), frozenset({"cells"}), (3,))
    task = plan.tasks(tmp_path)[0]
    first, second = run_task(task).run.loop, run_task(task).run.loop
    assert [f.cases for f in first.found] == [f.cases for f in second.found]
    assert first.proposals == second.proposals > 0


def test_cases_of_a_log_without_points_lie_where_its_columns_say_and_a_remark_tells(tmp_path: Path) -> None:
    path = write_log(tmp_path / "districts.csv", points=False)
    subject = subject_of(Source(path, None, "UTC"), tmp_path)
    assert {case.where.area for case in subject.cases} == {"1", "2", "3", "4"}
    assert subject.without_place == 0
    assert any("cases are taken to lie where its column district says" in r for r in subject.remarks)


def test_cases_of_a_log_that_says_nothing_of_places_lie_in_one_area(tmp_path: Path) -> None:
    path = tmp_path / "bare.csv"
    rows = "\n".join(f"{n},2021-03-{n % 28 + 1:02} 10:00,Pothole,Roads" for n in range(200))
    path.write_text(f"case_id,opened_at,type,queue\n{rows}\n")
    subject = subject_of(Source(path, None, "UTC"), tmp_path)
    assert {case.where.area for case in subject.cases} == {"all"}


def test_studies_that_compare_points_judge_nothing_of_a_log_without_any(tmp_path: Path) -> None:
    path, out = write_log(tmp_path / "districts.csv", points=False), tmp_path / "figures.json"
    arguments = ["--loops", "recurrence,emergence,duplicates", "--seeds", "1", "--processes", "1", "--report", str(out)]
    done = CliRunner().invoke(app, ["evaluate", "loops", "--csv", str(path), *arguments])
    assert done.exit_code == 0, done.output
    told = json.loads(out.read_text())["loops"]
    assert {aim["verdict"] for aim in told["emergence"]["aims"]} == {"unknown"}
    assert {aim["verdict"] for aim in told["duplicates"]["aims"]} == {"unknown"}
    assert told["recurrence"]["scenarios"]["repeat"]["found"] is None


def test_a_log_too_short_to_be_divided_leaves_nothing_to_replay_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    path.write_text("case_id,opened_at,lat,lon\n1,2021-03-01 10:00,42.3,-71.1\n")
    with pytest.raises(NothingToReplay, match="too short to be divided"):
        subject_of(Source(path, None, "UTC"), tmp_path)


def test_the_command_writes_figures_and_a_page(log: Path, tmp_path: Path) -> None:
    out, html = tmp_path / "figures.json", tmp_path / "page.html"
    arguments = [
        "evaluate",
        "loops",
        "--csv",
        str(log),
        "--seeds",
        "1",
        "--faults",
        "moved_office",
        "--processes",
        "1",
        "--loops",
        "misrouting",
    ]
    done = CliRunner().invoke(app, [*arguments, "--report", str(out), "--html", str(html)])
    assert done.exit_code == 0, done.output
    told = json.loads(out.read_text())["loops"]["misrouting"]
    assert set(told["scenarios"]) == {"moved_office", "no_fault", "shuffled"}
    assert {aim["verdict"] for aim in told["aims"]} == {"reached"}
    assert "this log has no place for it" in html.read_text()
    assert "moved_office" in done.output


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--faults", "earthquake"], "there is no fault earthquake; there are"),
        (["--loops", "weather"], "there is no evaluation of weather"),
        (["--report", "/nowhere/at/all.json"], "is no folder"),
        (["--html", "/"], "/ is a folder; name a file in it"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(log: Path, more: list[str], words: str) -> None:
    done = CliRunner().invoke(app, ["evaluate", "loops", "--csv", str(log), *more])
    assert done.exit_code == 1
    assert words in " ".join(done.output.split())


class FailingStudy:
    """Its scenario `hard` fails with seed 2."""

    loop = "failing"
    scenarios = (Scenario("hard", "something"),)
    always = (Scenario("no_fault", "nothing", plants=False),)
    columns = (Column("seeds", "seeds", "sum"),)
    aims: Sequence[Aim] = ()
    truth = "no more than this"
    circles: Sequence[str] = ()

    def run(self, subject: Subject, scenario: Scenario, seed: int) -> int:
        if scenario.plants and seed == 2:
            raise ValueError("two is too many\nfor this")
        return seed

    def figures(self, runs: Sequence[int]) -> Mapping[str, Any]:
        return {"seeds": {"value": sum(runs), "between": None}}


def three_seeds_of(loop: str, log: Path, tmp_path: Path, processes: int) -> tuple[Result, dict[str, Any]]:
    """How the command ended, and its report."""
    out = tmp_path / "figures.json"
    arguments = ["--csv", str(log), "--seeds", "3", "--loops", loop, "--processes", str(processes)]
    done = CliRunner().invoke(app, ["evaluate", "loops", *arguments, "--report", str(out)])
    told: dict[str, Any] = json.loads(out.read_text())
    return done, told


class EndedStudy(FailingStudy):
    """With seed 2 the command is asked to end."""

    loop = "ended"

    def run(self, subject: Subject, scenario: Scenario, seed: int) -> int:
        if seed == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return seed


def test_an_evaluation_that_is_ended_writes_the_figures_of_what_was_done(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(STUDIES, "ended", EndedStudy())
    done, told = three_seeds_of("ended", log, tmp_path, processes=1)
    assert done.exit_code == 130
    assert "the figures of the 2 of 6 runs that were done" in " ".join(done.output.split())
    assert told["complete"] is False
    assert told["loops"]["ended"]["scenarios"]["hard"]["runs"] == 1


def test_a_log_of_which_rules_place_nothing_is_told_once_a_loop_in_one_line(tmp_path: Path) -> None:
    path, out = tmp_path / "untyped.csv", tmp_path / "figures.json"
    rows = "\n".join(f"{n},2021-03-{n % 28 + 1:02} {n % 24:02}:00,{n % 12 + 1}" for n in range(1200))
    path.write_text(f"case_id,opened_at,district\n{rows}\n")
    loops = "equity,introspection,classification"
    arguments = ["--csv", str(path), "--seeds", "2", "--loops", loops, "--processes", "1", "--report", str(out)]
    done = CliRunner().invoke(app, ["evaluate", "loops", *arguments])
    assert done.exit_code == 1
    assert "Traceback" not in done.output
    assert done.output.count("there is nothing to compare") == 2
    assert done.output.count("there are no words to learn") == 1
    assert len(json.loads(out.read_text())["failed"]) == 2 * (3 + 2 + 4)


class StuckStudy(FailingStudy):
    """Whoever does its second seed has the evaluation ended, and never comes back."""

    loop = "stuck"

    def run(self, subject: Subject, scenario: Scenario, seed: int) -> int:
        if seed == 2:
            os.kill(os.getppid(), signal.SIGTERM)
            while True:
                signal.pause()
        return seed


def test_an_evaluation_in_processes_that_is_ended_waits_for_none_of_them(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(STUDIES, "stuck", StuckStudy())
    done, told = three_seeds_of("stuck", log, tmp_path, processes=2)
    assert done.exit_code == 130
    assert told["complete"] is False
    assert not active_children()


def test_all_loops_have_a_seed_before_the_next_and_one_process_does_what_is_of_one_shuffled_log(tmp_path: Path) -> None:
    source = Source(tmp_path / "town.csv", None, "UTC")
    tasks = Plan(source, ("misrouting", "silence", "trial", "emergence"), frozenset(), (5, 3)).tasks(tmp_path)
    assert [task.seed for task in tasks] == [5] * (len(tasks) // 2) + [3] * (len(tasks) // 2)
    assert {task.loop for task in tasks[: len(tasks) // 2]} == {"misrouting", "silence", "trial", "emergence"}
    shared = [[task.loop for task in some] for some in together(tasks) if len(some) > 1]
    assert shared == [["silence", "emergence"], ["misrouting", "trial"]] * 2


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_run_that_fails_is_told_and_the_others_count(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: str
) -> None:
    monkeypatch.setitem(STUDIES, "failing", FailingStudy())
    out, html = tmp_path / "figures.json", tmp_path / "page.html"
    arguments = ["--csv", str(log), "--seeds", "3", "--loops", "failing", "--processes", processes]
    done = CliRunner().invoke(app, ["evaluate", "loops", *arguments, "--report", str(out), "--html", str(html)])
    assert done.exit_code == 1
    assert "failing, hard, seed 2 failed: Traceback" in done.output
    told = json.loads(out.read_text())
    assert told["failed"] == [
        {"loop": "failing", "scenario": "hard", "seed": 2, "error": "ValueError: two is too many"}
    ]
    scenarios = told["loops"]["failing"]["scenarios"]
    assert {name: (s["runs"], s["seeds"]["value"]) for name, s in scenarios.items()} == {
        "hard": (2, 4), "no_fault": (3, 6),
    }  # fmt: skip
    assert "failing, hard, seed 2: ValueError: two is too many" in html.read_text()
