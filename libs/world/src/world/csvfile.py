"""A CSV file as dictionaries, whatever its compression, encoding and separator."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

MOST_FIELD = 16 * 1024 * 1024
GZIP = b"\x1f\x8b"
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""What no database column and no header takes."""
SEPARATORS = ",;\t|"


class LogError(ValueError):
    """A log cannot be read; names the file and what is wrong with it."""


def records(path: Path) -> tuple[Iterator[dict[str, str]], tuple[str, ...], str | None]:
    """The rows by column name, the columns, and a remark where the text had to be guessed. Raises LogError.

    Column names are lower case without spaces around; values are stripped of spaces and control characters.
    """
    text, remark = _text_of(path)
    first = text.partition("\n")[0]
    separator = max(SEPARATORS, key=lambda s: (first.count(s), -SEPARATORS.index(s)))
    csv.field_size_limit(MOST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        columns = tuple(name.strip().lower() for name in next(reader, ()))
    except csv.Error as error:
        raise LogError(f"{path} is not CSV: {error}") from error
    return _rows(path, reader, columns), columns, remark


def _rows(path: Path, reader: Iterator[list[str]], columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    number = 1
    try:
        for values in reader:
            number += 1
            if values:
                yield {name: CONTROL.sub("", value).strip() for name, value in zip(columns, values, strict=False)}
    except csv.Error as error:
        raise LogError(f"{path}, row {number + 1} is not CSV: {error}") from error


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
