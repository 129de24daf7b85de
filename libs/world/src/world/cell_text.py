"""Texts as a cell of a decision table holds them."""

from __future__ import annotations

import json


def text_cell(*values: str) -> str:
    """A cell that holds these texts."""
    return ",".join(json.dumps(v, ensure_ascii=False) for v in dict.fromkeys(values))
