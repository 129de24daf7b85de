"""Help of the command line: of every command, without importing what the command does."""

from __future__ import annotations

import subprocess
import sys

import pytest
from otklik.main import app
from typer.testing import CliRunner

COMMANDS = (
    "", "up", "demo", "replay", "down", "status", "why", "trace", "sign-in", "dlq", "dlq list", "dlq show",
    "dlq replay", "dlq skip", "clock", "channel", "channel new", "channel add", "channel list", "channel rotate",
    "channel check", "channel disable", "channel enable", "channel remove", "channel watch", "partitions", "rules",
    "rules check", "rules diff", "rules explain", "rules simulate", "rules history", "rules export", "federation",
    "federation check", "bench",
)  # fmt: skip
HEAVY = ("common", "httpx", "aiokafka", "embedded", "world", "pydantic", "rich")
HELP_OF_ALL = f"""
import sys
from otklik.main import app
for command in {COMMANDS!r}:
    try:
        app([*command.split(), "--help"], prog_name="otklik")
    except SystemExit as ended:
        assert ended.code in (None, 0), command
print([m for m in sys.modules if m in {HEAVY!r}])
"""


def test_help_of_every_command_imports_nothing_that_commands_need() -> None:
    done = subprocess.run([sys.executable, "-c", HELP_OF_ALL], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
    assert all(f"Usage: otklik {command}".strip() in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c not in ("", "dlq", "channel", "rules", "federation")])
def test_every_command_that_asks_or_runs_something_takes_the_folder_or_a_federation(command: str) -> None:
    told = CliRunner().invoke(app, [*command.split(), "--help"]).output.lower()
    assert "--folder" in told or "folder" in told


def test_an_unknown_command_is_refused_in_words() -> None:
    found = CliRunner().invoke(app, ["upp"])
    assert found.exit_code == 2
    assert "No such command 'upp'" in found.output
