"""`otklik status`: what is wrong comes first, names its log, its runbook and what waits, on any terminal."""

from __future__ import annotations

import ast
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from common.messaging.problems import KINDS, RUNBOOKS
from embedded.processes import note
from otklik.locate import Installed, write_down
from otklik.main import app
from otklik.status.finding import Finding, joined, ordered
from otklik.status.log_tail import last_error
from otklik.status.look import Look, look_at
from otklik.status.show import show, verdict
from otklik.status.waiting import Waiting, age, in_words, name_of
from rich.console import Console
from typer.testing import CliRunner

from tests.conftest import ROOT

NOWHERE = Installed(Path("/srv/otklik"), Path("federation"), {"portal": 1})
SOURCES = (
    "libs/common/src/common/runtime", "libs/cli/src/otklik/status", "services/reflex/src/reflex",
    "services/routing/src/routing", "services/intake/src/intake",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_problem_has_a_runbook_that_the_list_of_runbooks_names(kind: str) -> None:
    page = ROOT / RUNBOOKS / KINDS[kind]
    assert "**What it means.**" in page.read_text()
    assert f"({page.name})" in (page.parent / "README.md").read_text()
    assert Finding(kind, "routing", "words").runbook == f"{RUNBOOKS}/{page.name}"


def test_every_kind_that_is_told_anywhere_is_known_and_every_known_kind_is_told() -> None:
    told = set()
    for path in (p for folder in SOURCES for p in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and node.value in KINDS and path.name != "problems.py":
                told.add(node.value)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Problem", "Finding"):
                first = node.args[0]
                assert not isinstance(first, ast.Constant) or first.value in KINDS, path
    assert told == set(KINDS)


def test_the_worst_comes_first_and_warnings_after_every_problem() -> None:
    findings = [
        Finding("outbox_held", "routing", "w", "warning"),
        Finding("dead_letters", "intake", "w"),
        Finding("dead_letters", "routing", "w", waits=(Waiting("intake.messages", 3),)),
        Finding("service_down", "reflex", "w"),
        Finding("postgres_down", "postgres", "w"),
    ]
    assert [f.where for f in ordered(findings)] == ["postgres", "reflex", "routing", "intake", "routing"]


def test_what_services_say_while_a_server_is_down_is_one_problem_of_the_server() -> None:
    findings = [
        Finding("database_away", "routing", "w"),
        Finding("relay_fails", "routing", "w"),
        Finding("database_away", "intake", "w"),
        Finding("dead_letters", "intake", "w"),
        Finding("postgres_down", "postgres", "w"),
    ]
    found = ordered(joined(findings))
    assert [(f.kind, f.affects) for f in found] == [("postgres_down", ("intake", "routing")), ("dead_letters", ())]


def test_services_that_cannot_reach_a_server_elsewhere_are_one_problem_and_a_single_one_keeps_its_log() -> None:
    both = [Finding("kafka_away", name, "Kafka has not said", log=name) for name in ("routing", "intake")]
    (found,) = joined(both)
    assert (found.where, found.affects, found.log) == ("2 services", ("intake", "routing"), None)
    assert joined(both[:1]) == both[:1]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal_but_for_a_path_which_is_never_broken(width: int) -> None:
    log = "/srv/otklik/a-folder/with-a-long-name/that-goes-on/logs/regional-north-west.log"
    finding = Finding(
        "service_down", "regional-north", "does not run; " + "its log ends long ago; " * 9,
        waits=(Waiting("region.north.assignments", 1_204, 300.0),), log=log,
        last_error="2026-11-28T11:54:36 ERROR " + "something was refused " * 30,
    )  # fmt: skip
    out = io.StringIO()
    show(Look(NOWHERE, [], [finding], None), Console(file=out, width=width))
    lines = out.getvalue().splitlines()
    assert [line for line in lines if len(line) > width and len(line.split()) > 1 and "http" not in line] == []
    assert any(line.endswith(log) for line in lines)
    text = " ".join(out.getvalue().split())
    assert "waits 1,204 cases for region north, the oldest for 5 min" in text
    assert "runbook deploy/runbooks/service-gone.md" in text
    assert text.index("regional-north: does not run") < text.index("process")


def test_the_last_line_counts_the_problems_and_names_the_first() -> None:
    problem, warning = Finding("disk_low", "disk", "full"), Finding("unattended", "supervisor", "w", "warning")
    assert verdict([]) == "well"
    assert verdict([warning]) == "well; 1 warning"
    assert verdict([problem, warning]) == "1 problem, 1 warning; first disk: see deploy/runbooks/disk.md"


@pytest.mark.parametrize(
    ("topic", "number", "words"),
    [
        ("channel.open311.inbound", 1, "1 message of channel open311"),
        ("channel.web.outbound", 2_000, "2,000 notices to citizens on channel web"),
        ("region.north.cases", 2, "2 steps of cases of region north"),
        ("reflex.observations", 1, "1 record of reflex.observations"),
    ],
)
def test_what_waits_is_named_as_people_say_it(topic: str, number: int, words: str) -> None:
    assert name_of(topic, number) == words


def test_what_waits_is_told_the_most_first_and_nothing_for_none() -> None:
    waiting = [Waiting("rules.releases", 1), Waiting("channel.web.inbound", 5, 7_500.0), Waiting("clock.ticks", 0)]
    assert in_words(waiting) == "5 messages of channel web, the oldest for 2 h; 1 release of the rulebook"
    assert [age(s) for s in (0.4, 119, 120, 7_300, 200_000)] == ["0 s", "119 s", "2 min", "2 h", "2 days"]


def test_the_last_error_of_a_log_is_told_an_old_one_only_of_what_has_ended(tmp_path: Path) -> None:
    log, now = tmp_path / "x.log", datetime(2026, 11, 28, 12, tzinfo=UTC)
    log.write_text("2026-11-28T09:00:00.1+00:00 ERROR old\n2026-11-28T11:59:00.1+00:00 INFO goes on\n\n")
    assert last_error(log, alive=True, now=now) is None
    assert last_error(log, alive=False, now=now) == "2026-11-28T09:00:00.1+00:00 ERROR old"
    log.write_text("2026-11-28T11:58:00.1+00:00 ERROR new\nTraceback:\nValueError: why\n2026-11-28 INFO goes on\n")
    assert last_error(log, alive=True, now=now) == "ValueError: why"
    log.write_text("2026-13-45 25:61:61 ERROR of a time that there is not\n")
    assert last_error(log, alive=True, now=now) == "2026-13-45 25:61:61 ERROR of a time that there is not"
    log.write_text("it was here\nand ended\n")
    assert last_error(log, alive=False, now=now) == "and ended"
    assert last_error(tmp_path / "none.log", alive=False) is None


@contextmanager
def sleeping() -> Iterator[psutil.Process]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        yield psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


def installed(folder: Path, **pids: int) -> Installed:
    """A folder in which these services were started; nothing answers on their ports."""
    (folder / "pids").mkdir()
    (folder / "logs").mkdir()
    place = Installed(folder, ROOT / "tests" / "federation", {"portal": 1, **dict.fromkeys(pids, 1)})
    write_down(place)
    for name, pid in pids.items():
        note(folder / "pids" / f"{name}.json", pid)
        (folder / "logs" / f"{name}.log").write_text(f"2026-01-01T00:00:00 ERROR of {name}\n")
    return place


def test_processes_that_are_stopped_gone_or_not_up_yet_are_told_apart(tmp_path: Path) -> None:
    with sleeping() as stopped, sleeping() as starting, sleeping() as gone:
        place = installed(tmp_path, routing=stopped.pid, intake=starting.pid, reflex=gone.pid)
        stopped.send_signal(signal.SIGSTOP)
        # The signal is taken only when the process gets its turn.
        os.waitid(os.P_PID, stopped.pid, os.WSTOPPED | os.WNOWAIT)
        gone.kill()
        gone.wait()
        look = look_at(place)
    found = {f.where: f for f in look.findings}
    assert f"kill -CONT {stopped.pid}" in found["routing"].words
    assert found["intake"].kind == "service_starting"
    assert (found["reflex"].kind, found["reflex"].last_error) == ("service_down", "2026-01-01T00:00:00 ERROR of reflex")
    assert (found["kafka"].kind, found["postgres"].kind) == ("kafka_down", "postgres_down")
    assert [f.where for f in look.findings][:2] == ["postgres", "kafka"]
    assert {p.name: p.state for p in look.processes} == {
        "kafka": "ended", "postgres": "ended", "routing": "stopped", "intake": "starting", "reflex": "ended",
    }  # fmt: skip


def test_a_service_that_ended_over_its_federation_is_told_so(tmp_path: Path) -> None:
    place = installed(tmp_path, reflex=os.getpid(), routing=os.getpid())
    (tmp_path / "pids" / "routing.json").write_text("{}")
    words = "common.federation.country.FederationError: /srv/federation.yaml:3: no region"
    (tmp_path / "logs" / "routing.log").write_text(f"Traceback\n{words}\n")
    found = next(f for f in look_at(place).findings if f.where == "routing")
    assert (found.kind, found.last_error) == ("federation_invalid", words)


def test_programs_get_everything_as_json_and_the_exit_code_says_that_it_is_not_well(tmp_path: Path) -> None:
    installed(tmp_path, routing=os.getpid())
    result = CliRunner().invoke(app, ["status", "--json"], env={"OTKLIK_FOLDER": str(tmp_path)})
    found = json.loads(result.stdout)
    assert (result.exit_code, found["well"], found["cases"]) == (1, False, None)
    first = found["findings"][0]
    assert (first["kind"], first["runbook"]) == ("postgres_down", "deploy/runbooks/servers.md")
