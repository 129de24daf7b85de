"""Server processes: started apart from the terminal, known by id and start time, ended in order."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from embedded.errors import EmbeddedError

STOP_PATIENCE_SECONDS = 20.0


def running(pid_file: Path) -> psutil.Process | None:
    """The process a pid file names, if that very process still runs: a recycled id has another start time."""
    try:
        held = json.loads(pid_file.read_text())
        process = psutil.Process(held["pid"])
        same = abs(process.create_time() - held["started"]) < 1.0
    except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
        return None
    return process if same and process.status() != psutil.STATUS_ZOMBIE else None


def spawn(
    command: Sequence[str],
    pid_file: Path,
    log_file: Path,
    *,
    env: dict[str, str] | None = None,
    user: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that the terminal's Ctrl-C reaches only us."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("ab") as log:
        child = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, user=user,
            group=user, extra_groups=None if user is None else [], env=env,
        )  # fmt: skip
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    pid_file.write_text(json.dumps({"pid": child.pid, "started": psutil.Process(child.pid).create_time()}))
    return child


def end(pid_file: Path, how: signal.Signals = signal.SIGTERM) -> None:
    """End the process of a pid file and wait until it is gone; kills it when it does not listen."""
    process = running(pid_file)
    if process is not None:
        children = process.children(recursive=True)
        process.send_signal(how)
        try:
            process.wait(STOP_PATIENCE_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(5)
        _, left = psutil.wait_procs(children, 5)
        for child in left:
            child.kill()
        psutil.wait_procs(left, 5)
    pid_file.unlink(missing_ok=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


def wait_until(ready: Callable[[], bool], alive: Callable[[], bool], what: str, log_file: Path, seconds: float) -> None:
    """Poll until ready; raises EmbeddedError with the log's tail when it dies or takes too long."""
    deadline = time.monotonic() + seconds
    while not ready():
        dead = not alive()
        if dead or time.monotonic() > deadline:
            tail = "\n".join(log_file.read_text(errors="replace").splitlines()[-15:]) if log_file.exists() else ""
            how = "ended at once" if dead else f"was not ready within {seconds:.0f} s"
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

    return pwd.getpwnam("nobody").pw_uid
