"""Paragraphs of `format=flowed` (RFC 3676): lines that were broken for the way are joined again. Pure."""

from __future__ import annotations

SIGNATURE = "-- "


def unflowed(text: str, *, delete_blank: bool = False) -> str:
    """`delete_blank`: the blank that marks a broken line is not part of the words."""
    found: list[str] = []
    open_depth: int | None = None
    for line in text.replace("\r\n", "\n").split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        words = line[depth:].removeprefix(" ")
        flows = words.endswith(" ") and words != SIGNATURE
        kept = words[:-1] if flows and delete_blank else words
        if open_depth == depth and words != SIGNATURE:
            found[-1] += kept
        else:
            found.append((">" * depth + " " if depth else "") + kept)
        open_depth = depth if flows else None
    return "\n".join(found)
