"""What documents name is there: their links lead somewhere, and a path that they give is a file of the repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "deploy/**/*.md", "libs/*/*.md", "services/**/*.md", "tests/**/*.md")
    for path in ROOT.glob(pattern)
)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
PATH = re.compile(r"`((?:libs|services|tests|docs|deploy)/[A-Za-z0-9_./-]+)`")
MODULE = re.compile(r"`([A-Za-z0-9_/]+\.(?:py|html|sql|js))`")
"""A file by the end of its path."""
SAMPLES = frozenset(
    {
        "services/reflex/src/reflex/loops/reopened/loop.py",
        "services/reflex/src/reflex/loops/reopened/__init__.py",
        "services/portal/src/portal/loop_pages/reopened.py",
    }
)
"""Files of the loop that a page makes up."""


@pytest.fixture(scope="module")
def endings() -> frozenset[str]:
    """Every end of the path of every file under version control that begins with a whole name."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return frozenset("/".join(file.split("/")[-n:]) for file in files for n in range(1, file.count("/") + 2))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(document: Path) -> None:
    missing = [link for link in LINK.findall(document.read_text()) if not (document.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_paths_exist(document: Path) -> None:
    named = set(PATH.findall(document.read_text())) - SAMPLES
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_modules_exist(document: Path, endings: frozenset[str]) -> None:
    assert sorted(set(MODULE.findall(document.read_text())) - SAMPLES - endings) == []
