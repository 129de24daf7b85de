"""Processes for which nobody waits give way to the others."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
from embedded.processes import end, spawn


def test_a_process_with_niceness_runs_behind_ours(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid.json"
    command = [sys.executable, "-c", "import sys; sys.stdin.read(); import time; time.sleep(600)"]
    child = spawn(command, pid_file, tmp_path / "log", niceness=5)
    try:
        assert psutil.Process(child.pid).nice() == psutil.Process().nice() + 5
        session = Path(f"/proc/{child.pid}/autogroup")
        if session.exists():
            assert session.read_text().endswith(f" nice {psutil.Process().nice() + 5}\n")
    finally:
        end(pid_file)
