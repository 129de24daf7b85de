"""Servers on a bare machine, treated roughly: each start ends in running servers or in words, and leaves no orphan."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest
from embedded.errors import EmbeddedError
from embedded.jars import ensure_jars, locked
from embedded.java_cache import NAME, class_path, use
from embedded.processes import running, signals_held, spawn
from embedded.stack import start, status, stop

from tests.server_folder import JARS, new_server_folder

PATIENCE = 240.0
PROGRAMS = {"initialising": "initdb", "formatting": "kafka.tools.StorageTool", "waiting": "kafka.Kafka"}
"""By the phase of a start in which it runs."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for servers, with the shared jars; whatever runs under it is ended.

    Not under pytest's own folder, which every session closes to the user that PostgreSQL runs as.
    """
    made = new_server_folder("otklik-rough-")
    yield made
    stop(made)
    assert_nothing_runs(made)
    shutil.rmtree(made)


def under(folder: Path) -> list[psutil.Process]:
    """Every process that names the folder in its command line, but ourselves."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and any(str(folder) in part for part in process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def assert_nothing_runs(folder: Path) -> None:
    until(lambda: not under(folder))


def until(condition: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "the condition did not come about"
        time.sleep(0.02)


def starter(folder: Path, *more: str, **env: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "embedded", "start", "--folder", str(folder), *more]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **env}
    )


def without_network() -> dict[str, str]:
    """A proxy where nobody listens, and an empty Maven cache: whoever goes out fails."""
    return {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}


def begin_anew(folder: Path) -> None:
    """As if nothing had been started there."""
    stop(folder)
    for name in ("kafka", "postgres"):
        shutil.rmtree(folder / name, ignore_errors=True)


def runs_or_ended(folder: Path, program: str, child: subprocess.Popen[str]) -> bool:
    return runs(folder, program) or child.poll() is not None


def ended_in_phase(folder: Path, program: str, how: signal.Signals) -> str:
    """Errors of a start that got a signal while a program ran; one that came too late for it is repeated."""
    while True:
        child = starter(folder)
        until(partial(runs_or_ended, folder, program, child))
        child.send_signal(how)
        _, errors = child.communicate(timeout=PATIENCE)
        if child.returncode != 0:
            return errors
        begin_anew(folder)


def command_lines_of_a_start(folder: Path) -> set[str]:
    """Of all that was seen to run. A start in which the formatting of Kafka's folder was not seen is repeated."""
    while True:
        lines = set()
        beginning = starter(folder)
        while beginning.poll() is None:
            with contextlib.suppress(psutil.Error):
                lines |= {" ".join(process.cmdline()) for process in under(folder)}
        _, errors = beginning.communicate()
        assert beginning.returncode == 0, errors
        if any("kafka.tools.StorageTool" in line for line in lines):
            return lines
        begin_anew(folder)


def test_a_start_a_second_start_without_network_status_and_stop(folder: Path) -> None:
    lines = command_lines_of_a_start(folder)
    secrets = json.loads((folder / "passwords.json").read_text()).values()
    assert not [line for line in lines if any(secret in line for secret in secrets)]
    first = start(folder)
    assert status(folder) == {"kafka": True, "postgres": True}
    assert start(folder) == first
    stop(folder)
    assert status(folder) == {"kafka": False, "postgres": False}
    again = starter(folder, **without_network())
    _, errors = again.communicate(timeout=PATIENCE)
    assert again.returncode == 0, errors
    assert status(folder) == {"kafka": True, "postgres": True}


@pytest.mark.parametrize(
    ("phase", "how"),
    [("initialising", signal.SIGTERM), ("formatting", signal.SIGINT), ("waiting", signal.SIGTERM)],
)
def test_an_interrupted_start_leaves_no_process_and_the_next_start_works(
    folder: Path, phase: str, how: signal.Signals
) -> None:
    assert "interrupted" in ended_in_phase(folder, PROGRAMS[phase], how)
    assert_nothing_runs(folder)
    start(folder)
    assert status(folder) == {"kafka": True, "postgres": True}


@pytest.mark.parametrize("phase", ["formatting", "waiting"])
def test_a_starter_that_is_killed_is_followed_by_a_start_that_works(folder: Path, phase: str) -> None:
    ended_in_phase(folder, PROGRAMS[phase], signal.SIGKILL)
    start(folder)
    assert status(folder) == {"kafka": True, "postgres": True}


def test_servers_whose_pid_files_are_lost_are_found_and_replaced(folder: Path) -> None:
    start(folder)
    before = {p.pid for p in under(folder)}
    for name in ("kafka", "postgres"):
        (folder / name / "pid.json").write_text("{")
    start(folder)
    assert status(folder) == {"kafka": True, "postgres": True}
    assert not before & {p.pid for p in under(folder)}


def test_a_pid_file_of_a_recycled_id_is_not_believed(folder: Path) -> None:
    bystander = subprocess.Popen(["sleep", "600"])
    try:
        for name in ("kafka", "postgres"):
            (folder / name).mkdir()
            note = {"pid": bystander.pid, "started": psutil.Process(bystander.pid).create_time() - 5_000}
            (folder / name / "pid.json").write_text(json.dumps(note))
        start(folder)
        stop(folder)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_both_servers_killed_at_once_come_back_with_their_data(folder: Path) -> None:
    start(folder)
    for process in under(folder):
        process.kill()
    until(lambda: not any(status(folder).values()))
    start(folder)
    assert status(folder) == {"kafka": True, "postgres": True}


def test_half_written_data_folders_are_made_anew(folder: Path) -> None:
    for name in ("kafka", "postgres"):
        (folder / name / "data").mkdir(parents=True)
        (folder / name / "data" / "half").write_text("written")
    start(folder)
    assert status(folder) == {"kafka": True, "postgres": True}


@pytest.mark.parametrize(("server", "lost"), [("kafka", "data/meta.properties"), ("postgres", "data/PG_VERSION")])
def test_a_data_folder_that_lost_its_head_is_not_overwritten_but_told(folder: Path, server: str, lost: str) -> None:
    start(folder)
    stop(folder)
    (folder / server / lost).unlink()
    with pytest.raises(EmbeddedError, match="has lost its"):
        start(folder)


def test_lost_passwords_are_told(folder: Path) -> None:
    start(folder)
    stop(folder)
    (folder / "passwords.json").rename(folder / "kept")
    with pytest.raises(EmbeddedError, match=r"passwords\.json is gone"):
        start(folder)
    (folder / "passwords.json").write_text("{")
    with pytest.raises(EmbeddedError, match="damaged"):
        start(folder)


@pytest.mark.parametrize("server", ["kafka", "postgres"])
def test_a_port_in_use_is_told_and_nothing_is_left_running(folder: Path, server: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(EmbeddedError, match=f"port {port} .* is in use"):
            start(folder, kafka_port=port if server == "kafka" else None,
                  postgres_port=port if server == "postgres" else None)  # fmt: skip
    assert_nothing_runs(folder)


def test_two_starts_at_once_give_one_pair_of_servers(folder: Path) -> None:
    both = [starter(folder), starter(folder)]
    said = [child.communicate(timeout=PATIENCE) for child in both]
    assert [child.returncode for child in both] == [0, 0], said
    assert said[0][0].splitlines()[-1] == said[1][0].splitlines()[-1]


def test_a_path_with_spaces_and_letters_of_any_script_works(folder: Path) -> None:
    inner = folder / "Отклик and its data"
    inner.mkdir()
    (inner / "jars").symlink_to(JARS)
    try:
        start(inner)
        assert status(inner) == {"kafka": True, "postgres": True}
    finally:
        stop(inner)


@pytest.mark.parametrize("name", ["with:colon", "with,comma"])
def test_a_path_that_kafka_cannot_take_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(EmbeddedError, match="which Kafka cannot take"):
        start(tmp_path / name)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EmbeddedError, match="cannot be written"):
        start(tmp_path / "file" / "folder")


def test_a_truncated_jar_is_fetched_again(tmp_path: Path) -> None:
    ensure_jars(JARS.parent)
    shutil.copytree(JARS, tmp_path / "jars")
    _, artifact, version, _ = locked()[0]
    jar = tmp_path / "jars" / f"{artifact}-{version}.jar"
    whole = jar.read_bytes()
    jar.write_bytes(whole[:1000])
    ensure_jars(tmp_path)
    assert jar.read_bytes() == whole


def test_all_who_share_jars_share_javas_cache_of_classes_where_there_is_one(tmp_path: Path) -> None:
    jars, (first, second) = tmp_path / "shared", (tmp_path / "first", tmp_path / "second")
    jars.mkdir()
    (jars / "a.jar").touch()
    for folder in (first, second):
        folder.mkdir()
        (folder / "jars").symlink_to(jars)
    assert class_path(first / "jars") == class_path(second / "jars") == str(jars / "a.jar")
    assert use(first / "jars") == []
    (jars / NAME).touch()
    assert use(first / "jars") == use(second / "jars") == [f"-XX:AOTCache={jars / NAME}"]


def test_signals_wait_while_a_process_is_begun_and_noted() -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: came.append(number))
    try:
        with signals_held():
            os.kill(os.getpid(), signal.SIGTERM)
            assert came == []
        assert came == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_process_that_ended_does_not_count_as_running(tmp_path: Path) -> None:
    child = spawn([sys.executable, "-c", ""], tmp_path / "pid.json", tmp_path / "log")
    child.wait()
    assert running(tmp_path / "pid.json") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_user_other_than_root_can_start_and_stop_it() -> None:
    """By an interpreter of the same version that this user can reach; the suite itself tests root."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    interpreter = shutil.which(name, path="/usr/local/bin:/usr/bin")
    if interpreter is None:
        pytest.skip(f"no {name} in /usr/bin that another user can reach")
    ensure_jars(JARS.parent)
    folder = Path(tempfile.mkdtemp(prefix="otklik-nobody-"))
    try:
        shutil.copytree(JARS, folder / "jars")
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, "nobody", "nogroup")
        env = {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "PATH": os.environ["PATH"]}
        for action in ("start", "stop"):
            done = subprocess.run(
                [interpreter, "-m", "embedded", action, "--folder", str(folder)], user="nobody", group="nogroup",
                extra_groups=[], env=env, cwd="/", capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            if action == "start":
                assert {p.username() for p in under(folder)} == {"nobody"}
    finally:
        stop(folder)
        assert_nothing_runs(folder)
        shutil.rmtree(folder)


def runs(folder: Path, program: str) -> bool:
    """Whether a program runs there, by a word of its command line; processes may end while they are looked at."""
    for process in under(folder):
        with contextlib.suppress(psutil.Error):
            if any(part == program or part.endswith(f"/{program}") for part in process.cmdline()):
                return True
    return False
