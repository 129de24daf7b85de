"""The command line's table of commands."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest
from otklik.main import COMMANDS, app, load
from typer.testing import CliRunner


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_of_each_command_what_the_command_says_of_itself(name: str) -> None:
    command = load(name)
    assert inspect.cleandoc(command.help).split("\n")[0] == COMMANDS[name][1]


def test_help_names_every_command_and_imports_none() -> None:
    code = (
        "import sys; from otklik.main import app; sys.argv = ['otklik', '--help']\n"
        "try: app()\n"
        "except SystemExit: pass\n"
        "print([m for m in sys.modules if m in ('common', 'httpx', 'aiokafka', 'embedded', 'world')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
    assert all(name in done.stdout for name in COMMANDS)


def test_an_unknown_command_is_refused_in_words() -> None:
    found = CliRunner().invoke(app, ["upp"])
    assert found.exit_code == 2
    assert "No such command 'upp'" in found.output
