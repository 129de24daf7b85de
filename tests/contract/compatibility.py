"""May a schema follow another under the same event type? An optional field more is all that may change."""

from __future__ import annotations

import json
from typing import Any

from jsoncompat import check_compat

Schema = dict[str, Any]


def broken(old: Schema, new: Schema) -> list[str]:
    """What would go wrong between the two; empty when `new` may follow `old`.

    A model closed to unknown fields shows whether new readers take every old record; the model as it is, open,
    whether old readers take every new one.
    """
    found = []
    if not _compatible(_closed(old), _closed(new), "deserializer"):
        found.append("a new reader would refuse records that were published")
    if not _compatible(old, new, "serializer"):
        found.append("an old reader would refuse new records")
    return found


def _compatible(old: Schema, new: Schema, role: str) -> bool:
    plain = [json.dumps(_formats_as_words({k: v for k, v in s.items() if k != "$id"})) for s in (old, new)]
    return bool(check_compat(*plain, role))


def _formats_as_words(node: Any) -> Any:
    """A copy in which a text of some format is one certain word: the check itself does not compare formats."""
    if isinstance(node, list):
        return [_formats_as_words(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") == "string" and isinstance(node.get("format"), str):
        return {"const": f"a text of format {node['format']}"}
    return {key: _formats_as_words(value) for key, value in node.items()}


def _closed(node: Any) -> Any:
    """A copy in which no object takes a field that it does not name."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {key: _closed(value) for key, value in node.items()}
    if isinstance(node.get("properties"), dict) and node.get("type") == "object":
        copy["additionalProperties"] = False
    return copy
