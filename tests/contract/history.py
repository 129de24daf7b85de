"""The contracts as they were: the commit that a change is measured against, and what its folders held."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
BASE_VARIABLE = "OTKLIK_CONTRACT_BASE"
SCHEMAS = "libs/common/schemas"


class NoBase(Exception):
    """There is nothing to compare with; says why."""


def base_commit() -> str:
    """The merge base with main; on main itself what was before the last change of the contracts.

    OTKLIK_CONTRACT_BASE names another. Raises NoBase.
    """
    named = os.environ.get(BASE_VARIABLE)
    if named:
        return _git("rev-parse", "--verify", f"{named}^{{commit}}")
    head = _git("rev-parse", "HEAD")
    mains = [ref for ref in ("origin/main", "main") if _known(ref)]
    if not mains:
        raise NoBase(f"there is no main here; name a commit to compare with in {BASE_VARIABLE}")
    base = _git("merge-base", "HEAD", mains[0])
    if base != head:
        return base
    changed = _git("log", "-1", "--format=%H", "--", SCHEMAS)
    return _git("rev-parse", "--verify", f"{changed or head}^")


def files_at(commit: str, folder: str) -> dict[str, str]:
    """Path inside the repository -> text, of every file that a commit has under a folder. Raises NoBase."""
    names = _git("ls-tree", "-r", "--name-only", commit, "--", folder).splitlines()
    return {name: _git("show", f"{commit}:{name}", strip=False) for name in names}


def _known(ref: str) -> bool:
    done = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "--verify", "-q", ref], capture_output=True, check=False
    )
    return done.returncode == 0


def _git(*arguments: str, strip: bool = True) -> str:
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        words = getattr(error, "stderr", "") or str(error)
        raise NoBase(f"git {arguments[0]} does not tell: {words.strip()}") from error
    return done.stdout.strip() if strip else done.stdout
