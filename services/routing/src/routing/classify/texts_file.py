"""Labelled texts from a file of comma-separated values."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

from routing.classify.training import Labelled

SEPARATORS = (",", ";", "\t", "|")
LONGEST_CELL = 4_000_000


class UnreadableTexts(ValueError):
    """The file has no labelled texts; the message says what is wrong."""


def read_texts(path: Path, text: str, label: str) -> list[Labelled]:
    """The rows of two columns; rows in which one of them is empty are left out. Raises UnreadableTexts and OSError."""
    raw = path.read_bytes()
    try:
        content = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig")
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as error:
        raise UnreadableTexts(f"{path} is not text in UTF-8: {error}") from error
    csv.field_size_limit(LONGEST_CELL)
    first = content.split("\n", 1)[0]
    separator = max(SEPARATORS, key=first.count)
    rows = csv.DictReader(io.StringIO(content, newline=""), delimiter=separator)
    try:
        columns = rows.fieldnames or ()
        missing = [name for name in (text, label) if name not in columns]
        if missing:
            raise UnreadableTexts(f"{path} has no column {missing[0]!r}; it has {', '.join(map(repr, columns))}")
        found = [Labelled((row[text] or "").strip(), (row[label] or "").strip()) for row in rows]
    except csv.Error as error:
        raise UnreadableTexts(f"{path}, line {rows.line_num}: {error}") from error
    labelled = [row for row in found if row.text and row.category]
    if not labelled:
        raise UnreadableTexts(f"{path} has no row with both a text and a label")
    return labelled
