"""A CSV file as dictionaries, whatever its compression, encoding and separator; broken rows are named, never merged."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

MAX_FIELD = 16 * 1024 * 1024
MAX_LINES = 500
"""Of one row: a text of more lines is a quote that nobody closed."""
MANY_COLUMNS = 5
"""In a file with so many columns, a line inside a text that has a field for each of them is a row and no text."""
GZIP = b"\x1f\x8b"
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""What no database column and no header takes."""
SEPARATORS = ",;\t|"
UNCLOSED = "a quote that is not closed"
MISPLACED = "a quote out of place"


class LogError(ValueError):
    """A log cannot be read; names the file and what is wrong with it."""


class CsvFile:
    """Column names, then rows. Raises LogError where the file cannot be read at all.

    A quote that is not closed would make one text of all rows up to the next quote: such a line goes to `broken`, and
    reading goes on with the one after it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        text, remark = _text_of(path)
        self.remarks = [remark] if remark else []
        self.broken: list[tuple[int, str]] = []
        """Lines that hold no readable row, and why; complete when the rows were read."""
        self._lines = list(io.StringIO(text, newline=""))
        first = self._lines[0] if self._lines else ""
        self._separator = max(SEPARATORS, key=lambda s: (first.count(s), -SEPARATORS.index(s)))
        csv.field_size_limit(MAX_FIELD)
        self._begin = 0
        self.columns: tuple[str, ...] = ()
        for after, _, values in self._records(0):
            self._begin = after
            self.columns = tuple(CONTROL.sub("", name).strip() for name in values)
            break
        if self.broken:
            raise LogError(f"{path}, line 1: the column names hold {self.broken[0][1]}")

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Each row by column name, with the number of its first line, counted from 1.

        Values are without control characters and without blanks at the ends.
        """
        for _, line, values in self._records(self._begin):
            if values:
                pairs = zip(self.columns, values, strict=False)
                yield line + 1, {name: CONTROL.sub("", value).strip() for name, value in pairs}

    def _records(self, begin: int) -> Iterator[tuple[int, int, list[str]]]:
        """(index of the line after the record, index of its first line, its values), from the line `begin` on."""
        start = begin
        while start < len(self._lines):
            feed = _Feed(self._lines, start)
            reader = csv.reader(feed, delimiter=self._separator, strict=True)
            why = None
            while why is None:
                start = feed.at
                feed.record_begins()
                try:
                    values = next(reader, None)
                except csv.Error:
                    why = UNCLOSED if feed.at - start > 1 or feed.exhausted else MISPLACED
                except _TooManyLines:
                    why = UNCLOSED
                else:
                    if values is None:
                        return
                    if feed.at - start > 1 and self._swallows(values, self._lines[start : feed.at]):
                        why = UNCLOSED
                    else:
                        yield feed.at, start, values
            self.broken.append((start + 1, why))
            start += 1

    def _swallows(self, values: list[str], lines: list[str]) -> bool:
        """Whether a row of several lines holds lines that are rows of their own."""
        columns = len(self.columns)
        if columns < MANY_COLUMNS and len(values) == columns:
            return False
        # The last line closes the text, so there a single quote is as it should be.
        inner = [*lines[1:-1], *(lines[-1:] if lines[-1].count('"') % 2 == 0 else [])]
        plain = csv.reader(inner, delimiter=self._separator)
        return any(len(fields) >= max(columns, 2) for fields in plain)


class _TooManyLines(Exception):
    """A record goes on for longer than any text does."""


class _Feed:
    """Lines for a reader, with the place it stands at."""

    def __init__(self, lines: list[str], at: int) -> None:
        self._lines = lines
        self.at = at
        self.exhausted = False
        self._most = at + MAX_LINES

    def record_begins(self) -> None:
        self._most = self.at + MAX_LINES

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.at >= len(self._lines):
            self.exhausted = True
            raise StopIteration
        if self.at >= self._most:
            raise _TooManyLines
        line = self._lines[self.at]
        self.at += 1
        return line


def _text_of(path: Path) -> tuple[str, str | None]:
    try:
        raw = path.read_bytes()
        if raw.startswith(GZIP) or path.suffix == ".gz":
            raw = gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise LogError(f"{path} cannot be read: {error}") from error
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace"), None
    try:
        return raw.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace"), "it is not UTF-8 and was read as Windows-1252"
