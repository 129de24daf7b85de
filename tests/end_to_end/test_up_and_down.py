"""`otklik up` and `otklik down`: one that looks after a folder, and what it leaves when it is killed."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import asyncpg
import httpx
import psutil
import pytest
from embedded.kafka_server import KafkaServer
from embedded.processes import running
from embedded.stack import start

from tests.conftest import ROOT
from tests.server_folder import new_server_folder

PORT = 9300
PATIENCE = 240.0
pytestmark = pytest.mark.xdist_group("installation")


@pytest.fixture
def folder() -> Iterator[Path]:
    made = new_server_folder("otklik-up-")
    yield made
    otklik("down", "--folder", str(made)).communicate(timeout=PATIENCE)
    assert not of(made)
    shutil.rmtree(made)


def otklik(*arguments: str, output: IO[str] | int = subprocess.PIPE) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "otklik.main", *arguments]
    return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, text=True, cwd=ROOT)


def up(folder: Path, *more: str, output: IO[str] | int = subprocess.PIPE) -> subprocess.Popen[str]:
    federation = str(ROOT / "tests" / "federation")
    arguments = ("--folder", str(folder), "--federation", federation, "--port", str(PORT), *more)
    return otklik("up", *arguments, output=output)


def status(folder: Path) -> tuple[int, str]:
    """Exit code of `otklik status`, and its words on one line."""
    asked = otklik("status", "--folder", str(folder), "--patience", "10")
    said, _ = asked.communicate(timeout=PATIENCE)
    return asked.returncode, " ".join(said.split())


def of(folder: Path) -> list[psutil.Process]:
    """Every process of the installation: its servers by their arguments, its services by their pid files."""
    found = {}
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and any(str(folder) in part for part in process.cmdline()):
                found[process.pid] = process
        except psutil.Error:
            continue
    for pid in services(folder).values():
        if psutil.pid_exists(pid):
            found[pid] = psutil.Process(pid)
    return list(found.values())


def services(folder: Path) -> dict[str, int]:
    return {f.stem: json.loads(f.read_text())["pid"] for f in (folder / "pids").glob("*.json")}


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come about"
        time.sleep(0.05)


def until_status(folder: Path, code: int, *words: str) -> None:
    """Until `otklik status` ends so and says so: a service on a busy machine may for a moment be told as unready."""
    told = (-1, "")

    def says_so() -> bool:
        nonlocal told
        told = status(folder)
        return told[0] == code and all(one in told[1] for one in words)

    try:
        until(says_so)
    except AssertionError as error:
        raise AssertionError(f"status says {told}") from error


def answer_of(folder: Path, service: str, path: str) -> httpx.Response:
    ports = json.loads((folder / "installation.json").read_text())["ports"]
    return httpx.get(f"http://127.0.0.1:{ports[service]}{path}", timeout=60)


def add_dead_letters(folder: Path, service: str, topic: str, number: int) -> None:
    """As if so many records of a topic could not have been handled."""

    async def add() -> None:
        db = await asyncpg.connect(start(folder).database_url(service))
        try:
            await db.execute(
                'INSERT INTO dead_letter (id, topic, partition, "offset", key, headers, body, reason, parks_key)'
                " SELECT $1 || n, $1, 0, n, '', '[]', '', 'broken', false FROM generate_series(1, $2::int) AS n",
                topic,
                number,
            )
        finally:
            await db.close()

    asyncio.run(add())


def check_that_readiness_answers_while_kafka_stands_still(folder: Path) -> None:
    kafka = running(KafkaServer(folder).pid_file)
    assert kafka is not None
    kafka.suspend()
    try:
        until(lambda: all(answer_of(folder, n, "/health/ready").status_code == 503 for n in ("routing", "portal")))
        words = f"kafka: its process is stopped by a signal: `kill -CONT {kafka.pid}`"
        every = ", ".join(sorted(name for name in services(folder) if name not in ("clock", "exporter")))
        until_status(folder, 1, words, f"stops {every}", "runbook deploy/runbooks/servers.md")
    finally:
        kafka.resume()
    until_status(folder, 0)


def check_that_a_channel_is_laid_out_and_checked(folder: Path, at: tuple[str, str]) -> None:
    into = folder / "carrier"
    made = otklik("channel", "new", "carrier", "--into", str(into), "--language", "go", *at)
    said, _ = made.communicate(timeout=PATIENCE)
    access = into / "channel.env"
    assert access.stat().st_mode & 0o777 == 0o600, said
    variables = dict(line.split("=", 1) for line in access.read_text().splitlines() if "=" in line)
    assert variables["OTKLIK_KAFKA_PASSWORD"].strip("'") not in said
    assert {"EXAMPLE_CATEGORY", "EXAMPLE_LAT", "OTKLIK_ATTACHMENTS_URL"} <= variables.keys()
    checking = otklik("channel", "check", "pigeon-post", "--json", "--patience", "86400", *at)
    told, _ = checking.communicate(timeout=PATIENCE)
    result = json.loads(told.splitlines()[-1])
    assert (checking.returncode, result["conforms"], result["findings"]) == (0, True, []), told
    assert result["counts"]["notices without a receipt"] >= 1


def check_that_a_channel_works_as_printed(folder: Path) -> None:
    at = ("--folder", str(folder))
    added, _ = otklik("channel", "add", "pigeon-post", *at).communicate(timeout=PATIENCE)
    program = subprocess.Popen(
        [sys.executable, "-c", added[added.index("# pip") :]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert program.stdout is not None
        line = program.stdout.readline()
    finally:
        program.kill()
        program.communicate()
    assert '"notice":"registered"' in line, added + line

    def watched() -> list[dict[str, str]]:
        words, _ = otklik("channel", "watch", "pigeon-post", "--from-beginning", "--exit", "--json", *at).communicate(
            timeout=PATIENCE
        )
        assert all(one.startswith("{") for one in words.splitlines()), words
        return [json.loads(one) for one in words.splitlines()]

    seen = watched()
    assert sorted(one["what"] for one in seen) == ["accepted", "notice"]

    def placed() -> bool:
        page = answer_of(folder, "portal", f"/api/cases/{seen[0]['reference']}")
        return page.status_code == 200 and bool(page.json()["case"]["region"])

    check_that_a_channel_is_laid_out_and_checked(folder, at)
    until(placed)
    case = answer_of(folder, "portal", f"/api/cases/{seen[0]['reference']}").json()
    assert case["case"]["state"] != "triage"
    said, _ = otklik("partitions", *at).communicate(timeout=PATIENCE)
    assert "every topic has as many partitions as the federation says" in said


def check_that_dead_letters_keep_nothing_from_starting(folder: Path) -> None:
    add_dead_letters(folder, "intake", "channel.web.inbound", 5_000)
    add_dead_letters(folder, "routing", "intake.messages", 5_000)
    again = up(folder, "--detach")
    said, _ = again.communicate(timeout=PATIENCE)
    assert again.returncode == 0, said
    words = " ".join(said.split())
    assert "intake: 5000 dead letters are open of channel.web.inbound" in words
    assert "routing: 5000 dead letters are open of intake.messages" in words
    # What outsiders brought is a warning alone.
    until(lambda: answer_of(folder, "intake", "/health/ready").status_code == 200)
    assert answer_of(folder, "routing", "/health/ready").status_code == 503


def test_what_a_killed_supervisor_left_is_adopted_dead_letters_or_not_and_a_second_one_is_refused(folder: Path) -> None:
    first = up(folder, "--detach")
    said, _ = first.communicate(timeout=PATIENCE)
    assert first.returncode == 0, said
    before = services(folder)
    until_status(folder, 0, "nobody looks after this folder")
    check_that_a_channel_works_as_printed(folder)
    check_that_readiness_answers_while_kafka_stands_still(folder)
    check_that_dead_letters_keep_nothing_from_starting(folder)
    assert services(folder) == before
    until_status(folder, 1, "intake: 5,000 open dead letters")

    second = up(folder)
    until(lambda: (folder / "supervisor.json").exists() or second.poll() is not None)
    second.send_signal(signal.SIGKILL)
    second.communicate()
    assert services(folder) == before
    until_status(folder, 1, "supervisor: has ended without a word")

    third = up(folder)
    until(lambda: json.loads((folder / "supervisor.json").read_text())["pid"] == third.pid)
    refused = up(folder)
    words, _ = refused.communicate(timeout=PATIENCE)
    assert refused.returncode == 1
    assert f"process {third.pid} already runs" in words.replace("\n", " ")
    assert services(folder) == before

    down = otklik("down", "--folder", str(folder))
    told, _ = down.communicate(timeout=PATIENCE)
    assert down.returncode == 0, told
    third.communicate(timeout=PATIENCE)
    assert third.returncode == 0
    assert not of(folder)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_services_start_leaves_nothing(folder: Path, how: signal.Signals) -> None:
    process = up(folder)
    until(lambda: len(services(folder)) >= 3 or process.poll() is not None)
    process.send_signal(how)
    said, _ = process.communicate(timeout=PATIENCE)
    assert not of(folder), said
