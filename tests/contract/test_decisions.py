"""Decision modules, as .importlinter lists them: all of them are there, and none asks what time it is or for chance."""

from __future__ import annotations

import ast
import configparser
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("libs/*/src"), *ROOT.glob("services/*/src")])

FORBIDDEN = frozenset(
    {
        "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
        "time.time", "time.time_ns",
        "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.localtime", "time.gmtime", "uuid.uuid1",
        "uuid.uuid4", "os.urandom", "os.environ", "os.getenv", "random.random", "random.choice", "random.randint",
    }
)  # fmt: skip
"""The wall clock, chance and the environment: what a decision must be given."""


def listed() -> list[str]:
    found = configparser.ConfigParser()
    found.read(ROOT / ".importlinter")
    return found["importlinter:contract:pure"]["source_modules"].split()


def files_of(module: str) -> list[Path]:
    """The module's file, or every file of the package."""
    parts = module.split(".")
    for source in SOURCES:
        path = source.joinpath(*parts)
        if path.is_dir():
            return sorted(path.rglob("*.py"))
        if path.with_suffix(".py").is_file():
            return [path.with_suffix(".py")]
    raise AssertionError(f".importlinter lists {module}, which is not there")


def asked_for(text: str) -> Iterator[tuple[int, str]]:
    """What is forbidden and used, with its line, under whatever name it was imported."""
    tree = ast.parse(text)
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            said = ast.unparse(node)
            head, dot, tail = said.partition(".")
            if f"{names.get(head, head)}{dot}{tail}" in FORBIDDEN:
                yield node.lineno, said


@pytest.mark.parametrize("module", listed())
def test_a_decision_is_given_the_time_and_never_looks_at_a_clock(module: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {said}"
        for path in files_of(module)
        for line, said in asked_for(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime\nx = datetime.now()",
        "import datetime as d\nx = d.datetime.now()",
        "import time\nx = time.time()",
        "from time import monotonic as now\nx = now()",
        "from datetime import date\nx = date.today()",
        "import uuid\nx = uuid.uuid4()",
    ],
)
def test_a_clock_or_chance_is_found_under_any_name(text: str) -> None:
    assert [line for line, _ in asked_for(text)] == [2]


def test_every_service_that_decides_lists_its_domain() -> None:
    domains = {f"{p.parent.name}.domain" for p in ROOT.glob("services/*/src/*/domain.py")}
    assert domains <= set(listed())
