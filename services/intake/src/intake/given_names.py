"""The list of given names that lies beside this file."""

from __future__ import annotations

from pathlib import Path

from intake.english_names import GivenNames

FILE = Path(__file__).with_name("given_names.txt")


def given_names() -> GivenNames:
    """Its two parts: each begins with a remark."""
    parts: list[set[str]] = []
    remark = False
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            if not remark:
                parts.append(set())
        else:
            parts[-1] |= set(line.split())
        remark = line.startswith("#")
    sure, common = parts
    return GivenNames(frozenset(sure), frozenset(common))
