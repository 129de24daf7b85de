"""Tables as older releases hold them, in today's form: releases never change, what a table says may grow."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

DIRECTIVE_MINUTES = "480"
"""What a region had to answer a directive before the table said it: one working day."""
PLACING_MINUTES = "480"
"""Within what a case that nobody holds had to be placed before the table said it: one working day."""

COLUMNS: dict[str, Mapping[str, str]] = {
    "escalation": {"directive_minutes": DIRECTIVE_MINUTES},
    "classification": {"if_missing": '"triage"'},
    "triage": {"several": "false", "text_place": '"shown"'},
    "conversation": {"wait_minutes": "60"},
    "duplicates": {"ask_citizen": "false"},
    "trial": {"cases_beside": "0"},
    "warnings": {"tell_citizens": "false", "told_at_most": "0", "tell_end": "false"},
}
"""Output columns that older forms of a table lack, each with the cell that stands for it in their rows."""

INPUTS: dict[str, tuple[str, ...]] = {"conversation": ("minutes",), "trial": ("cases_a_day",)}
"""Input columns that older forms of a table lack: their rows hold whatever these are."""

ROWS: dict[str, tuple[Mapping[str, str], ...]] = {
    "escalation": (
        {
            "_id": "not-placed", "level": "0", "priority": "", "after_minutes": PLACING_MINUTES, "to": '"triage"',
            "directive": "false", "directive_minutes": DIRECTIVE_MINUTES,
        },
    )
}  # fmt: skip
"""Rows that stand at the end of older forms of a table."""


def in_todays_form(table: str, content: dict[str, Any]) -> dict[str, Any]:
    """The content of a decision table node with what it lacks; the same object when it lacks nothing."""
    named = {c["field"] for c in content.get("outputs", [])}
    missing = {name: cell for name, cell in COLUMNS.get(table, {}).items() if name not in named}
    asked = {c["field"] for c in content.get("inputs", [])}
    unasked = [name for name in INPUTS.get(table, ()) if name not in asked]
    if not missing and not unasked:
        return content
    grown = copy.deepcopy(content)
    grown["inputs"] = [*grown.get("inputs", []), *({"id": f"in_{n}", "name": n, "field": n} for n in unasked)]
    for rule in grown.setdefault("rules", []):
        rule.update({f"in_{name}": "" for name in unasked})
    if not missing:
        return grown
    added = [{"id": f"out_{name}", "name": name, "field": name} for name in missing]
    grown["outputs"] = [*grown.get("outputs", []), *added]
    for rule in grown["rules"]:
        rule.update({f"out_{name}": cell for name, cell in missing.items()})
    keys = {c["field"]: c["id"] for c in [*grown.get("inputs", []), *grown["outputs"]]}
    held = {str(rule.get("_id")) for rule in grown["rules"]}
    for row in ROWS.get(table, ()):
        if row["_id"] not in held:
            grown["rules"].append({keys.get(name, name): cell for name, cell in row.items()})
    return grown
