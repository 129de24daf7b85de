"""Long texts in parts that a messenger takes. Pure."""

from __future__ import annotations


def parts(text: str, limit: int) -> list[str]:
    """Parts of at most so many UTF-16 units, as messengers count; cut at line ends or blanks if there are any."""
    found = []
    while text and _units(text) > limit:
        end = _fitting(text, limit)
        cut = max(text.rfind("\n", 0, end), text.rfind(" ", 0, end))
        end = cut if cut > end // 2 else end
        found.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*found, text] if text or not found else found


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _fitting(text: str, limit: int) -> int:
    """How many characters fit."""
    return len(text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore"))
