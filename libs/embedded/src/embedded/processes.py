"""Server processes: started apart from the terminal, known by id and start time, ended in order."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from embedded.errors import EmbeddedError

START_PATIENCE_SECONDS = 180.0
STOP_PATIENCE_SECONDS = 20.0
OWN_PORTS = (20_000, 32_000)


def running(pid_file: Path) -> psutil.Process | None:
    """The process a pid file names, if that very process still runs: a recycled id has another start time."""
    try:
        held = json.loads(pid_file.read_text())
        process = psutil.Process(held["pid"])
        same = abs(process.create_time() - held["started"]) < 1.0
        zombie = process.status() == psutil.STATUS_ZOMBIE
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    return process if same and not zombie else None


def started_as(pid_file: Path, command: Sequence[str], env: Mapping[str, str]) -> bool:
    """Whether the process of a pid file was started with just this command and environment."""
    try:
        return bool(json.loads(pid_file.read_text())["fingerprint"] == _fingerprint(command, env))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _fingerprint(command: Sequence[str], env: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps([list(command), sorted(env.items())]).encode()).hexdigest()


def leftovers(program: str, argument: str) -> list[psutil.Process]:
    """Running processes of a program that were given exactly this argument, such as the path of our settings file."""
    found = []
    for process in psutil.process_iter():
        try:
            if (
                process.name().startswith(program)
                and argument in process.cmdline()[1:]
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                found.append(process)
        except psutil.Error:
            continue
    return found


def end_leftovers(program: str, argument: str, how: signal.Signals = signal.SIGTERM) -> None:
    """End processes of a starter that died before it could note their ids."""
    for process in leftovers(program, argument):
        end_process(process, how)


@contextmanager
def signals_held() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait until the block is left: nothing is begun that nobody knows of."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {n: signal.signal(n, lambda number, _: came.append(number)) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
        for number in dict.fromkeys(came):
            signal.raise_signal(number)


def spawn(
    command: Sequence[str],
    pid_file: Path,
    log_file: Path,
    *,
    env: dict[str, str] | None = None,
    user: int | None = None,
    fingerprint: Mapping[str, str] | None = None,
    niceness: int = 0,
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that the terminal's Ctrl-C reaches only us.

    `fingerprint` is the part of the environment by which `started_as` tells this process from one started otherwise.
    `niceness` is added to ours: a positive one gives way to others.
    """
    log_file.parent.mkdir(parents=True, exist_ok=True)
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("ab") as log, signals_held():
        child = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, user=user,
            group=user, extra_groups=None if user is None else [], env=env,
        )  # fmt: skip
        try:
            note(pid_file, child.pid, _fingerprint(command, fingerprint or {}))
        except OSError:
            # Nobody would know of it: it must not run.
            child.kill()
            child.wait()
            raise
    if niceness:
        _give_way(child.pid, psutil.Process().nice() + niceness)
    return child


def _give_way(pid: int, niceness: int) -> None:
    """For a process that leads a session: where Linux groups processes by session, it shares the processor between
    sessions by the niceness of each and looks at that of a process only inside its own."""
    # It may have ended already; who waits for it will see that.
    with contextlib.suppress(psutil.Error, OSError):
        psutil.Process(pid).nice(niceness)
        session = Path(f"/proc/{pid}/autogroup")
        if session.exists():
            session.write_text(str(niceness))


def note(pid_file: Path, pid: int, fingerprint: str = "") -> None:
    """Write a pid file that `running` understands."""
    held = {"pid": pid, "started": psutil.Process(pid).create_time(), "fingerprint": fingerprint}
    part = pid_file.with_suffix(".part")
    part.write_text(json.dumps(held))
    part.replace(pid_file)


def end(pid_file: Path, how: signal.Signals = signal.SIGTERM) -> None:
    """End the process of a pid file and wait until it is gone; kills it when it does not listen."""
    process = running(pid_file)
    if process is not None:
        end_process(process, how)
    pid_file.unlink(missing_ok=True)


def end_process(process: psutil.Process, how: signal.Signals) -> None:
    """End a process and its children, and wait until they are gone; kills what does not listen."""
    with contextlib.suppress(psutil.NoSuchProcess):
        children = process.children(recursive=True)
        process.send_signal(how)
        try:
            process.wait(STOP_PATIENCE_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(5)
        _, left = psutil.wait_procs(children, 5)
        for child in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        psutil.wait_procs(left, 5)


def free_port() -> int:
    """A port nobody listens on, below those that the system gives to outgoing connections: it will be ours again
    after a restart.
    """
    for port in random.SystemRandom().sample(range(*OWN_PORTS), 200):
        try:
            check_port(port, "")
        except EmbeddedError:
            continue
        return port
    raise EmbeddedError(f"no port between {OWN_PORTS[0]} and {OWN_PORTS[1]} is free")


def check_port(port: int, for_what: str) -> None:
    """Raises EmbeddedError when somebody else listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise EmbeddedError(
                f"port {port} for {for_what} is in use: end the program that holds it, or give another port"
            ) from error


def wait_until(ready: Callable[[], bool], alive: Callable[[], bool], what: str, log_file: Path) -> None:
    """Poll until ready; raises EmbeddedError with the log's tail when it dies or takes too long."""
    deadline = time.monotonic() + START_PATIENCE_SECONDS
    while not ready():
        dead = not alive()
        if dead or time.monotonic() > deadline:
            tail = "\n".join(log_file.read_text(errors="replace").splitlines()[-15:]) if log_file.exists() else ""
            how = "ended at once" if dead else f"was not ready within {START_PATIENCE_SECONDS:.0f} s"
            raise EmbeddedError(f"{what} {how}; the end of {log_file}:\n{tail}")
        time.sleep(0.05)


def connects(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 0.5):
            return True
    except OSError:
        return False


def unprivileged_user() -> int | None:
    """The user that PostgreSQL runs as when we are root, which it refuses; None when we are not root."""
    if os.geteuid() != 0:
        return None
    import pwd

    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError as error:
        raise EmbeddedError(
            "PostgreSQL does not run as root and there is no user 'nobody' to run it as: add one, or do not be root"
        ) from error
